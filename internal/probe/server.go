package probe

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

const closeServer = "let nobody reach the server but the gateway, and look again from there with --from-outside"

// atServers are the checks of the server's own addresses.
func atServers(s *session) []check {
	if len(s.servers) == 0 {
		return []check{{"server/reach", func(*session, context.Context) finding {
			return unknown("no address of the server is known")
		}}}
	}
	var checks []check
	for _, server := range s.servers {
		at := &reached{place: server}
		checks = append(checks, check{"server/reach", at.reach}, check{"server/anonymous", at.anonymous})
		if s.realm() != "" {
			checks = append(checks, check{"server/default", at.sibling("default")}, check{"server/saml2-entity-descriptor", at.sibling("saml2-entity-descriptor")}, check{"server/install", at.install})
		}
	}
	return checks
}

// reached is an address of the server, and what came of trying to reach it.
type reached struct {
	place
	open    bool
	verdict Verdict
}

// reach: that this machine reaches the server is right on the gateway's machine
// and wrong where apps are. Which of them this is, only the operator knows.
func (r *reached) reach(s *session, ctx context.Context) finding {
	a := s.caller.do(ctx, r.place, call{method: http.MethodGet, path: s.Path})
	r.open, r.verdict = a.err == nil, Pass
	switch {
	case !r.open && s.Outside:
		return pass(r.name + ": " + a.String())
	case !r.open:
		return unknown(r.name + ": " + a.String())
	}
	if s.inside == nil {
		s.inside = &r.place
	}
	switch {
	case s.Outside:
		r.verdict = Fail
		return failed(r.name+" answers here, where apps are", "let nobody reach the server but the gateway")
	case r.loopback():
		return pass(r.name + " answers, which only this machine reaches")
	}
	r.verdict = Warn
	return warn(r.name+" answers this machine", closeServer)
}

// anonymous: whoever is in the server's network could register.
func (r *reached) anonymous(s *session, ctx context.Context) finding {
	if !r.open {
		return finding{}
	}
	paths := []string{s.Path}
	if s.realm() != "" {
		paths = append(paths, s.provider("default"))
	}
	var seen []string
	for _, path := range paths {
		a, made := s.registerAround(ctx, r.place, path, "")
		if made != nil {
			return failed("clients are registered without a token: "+a.String(), "close anonymous registration: for Keycloak, the policy Trusted Hosts of the kind anonymous")
		}
		seen = append(seen, a.String())
	}
	if len(seen) == 2 && seen[0] == seen[1] {
		seen = seen[:1]
	}
	return pass(strings.Join(seen, "; "))
}

// sibling tells what a token of the server's can do at another provider. It is
// what the lock is for; it is as bad as that the server is reached.
func (r *reached) sibling(provider string) func(*session, context.Context) finding {
	return func(s *session, ctx context.Context) finding {
		switch {
		case !r.open:
			return finding{}
		case s.ServerToken == "":
			return unknown("no token of the server's is there to try it with")
		}
		a, made := s.registerAround(ctx, r.place, s.provider(provider), s.ServerToken)
		if made == nil {
			return pass(a.String())
		}
		return r.asBad(a.String() + ": the token makes clients here" + powers(a))
	}
}

// install shows a client's secret to whoever has its registration access token.
func (r *reached) install(s *session, ctx context.Context) finding {
	switch {
	case !r.open:
		return finding{}
	case s.client == nil || s.client.token == "":
		return unknown(noClient)
	}
	a := s.caller.do(ctx, r.place, call{
		method: http.MethodGet, path: s.provider("install") + "/" + url.PathEscape(s.client.id), token: s.client.token,
	})
	if a.status == http.StatusOK {
		return r.asBad("200: shows a client's settings to its registration access token")
	}
	return pass(a.String())
}

func (r *reached) asBad(seen string) finding {
	switch r.verdict {
	case Pass:
		return pass(seen + "; nobody reaches it but this machine")
	case Fail:
		return failed(seen, useAllowList)
	default:
		return warn(seen, closeServer)
	}
}
