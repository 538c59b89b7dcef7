package probe

import (
	"context"
	"net/http"
	"strings"
)

// ending changes that client and takes it away.
var ending = []check{
	{"gateway/update", gatewayUpdate},
	{"gateway/delete", gatewayDelete},
}

func gatewayUpdate(s *session, ctx context.Context) finding {
	if s.client == nil || s.Management == "off" {
		return finding{}
	}
	changed := s.asked.Clone()
	changed.Set("client_id", s.client.id)
	changed.Set("client_name", s.client.name+" updated")
	before := s.client.token
	a := s.caller.do(ctx, s.public, call{
		method: http.MethodPut, path: s.configuration(s.client.id), token: before, body: changed.Encode(),
	})
	switch {
	case s.Management == "read" && a.status == http.StatusMethodNotAllowed:
		return pass("405: management is read")
	case s.Management == "read":
		return failed(a.String()+", although management is read", otherConfiguration)
	case a.status != http.StatusOK:
		return failed(a.String(), "a client cannot update its registration: see the gateway's log")
	}
	s.renew(s.client, a)
	if wrong := s.differences(changed, a); len(wrong) > 0 {
		return failed(strings.Join(wrong, "; "), "see the gateway's log")
	}
	if s.client.token == before {
		return pass("200, with the same registration access token")
	}
	old := s.caller.do(ctx, s.public, call{method: http.MethodGet, path: s.configuration(s.client.id), token: before})
	if old.status/100 == 2 {
		return warn("200 with a new registration access token, and the old one still works", "see the server's settings")
	}
	return pass("200, with a new registration access token; the old one: " + old.code())
}

func gatewayDelete(s *session, ctx context.Context) finding {
	if s.client == nil || s.Management == "off" {
		return finding{}
	}
	what := call{method: http.MethodDelete, path: s.configuration(s.client.id), token: s.client.token}
	a := s.caller.do(ctx, s.public, what)
	switch {
	case s.Management == "read" && a.status == http.StatusMethodNotAllowed:
		return pass("405: management is read")
	case a.status != http.StatusNoContent:
		return failed(a.String(), "a client cannot delete its registration: see the gateway's log")
	}
	s.forget(s.client)
	what.method = http.MethodGet
	again := s.caller.do(ctx, s.public, what)
	if again.status != http.StatusUnauthorized {
		return failed("204, and then reading it: "+again.String(), "RFC 7592 section 2.1 has 401 for a client that is gone")
	}
	return pass("204, and then reading it: " + again.code())
}
