package probe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// registering is a client's way through the gateway, up to where the checks need
// it as it is.
var registering = []check{
	{"gateway/anonymous", gatewayAnonymous},
	{"gateway/register", gatewayRegister},
	{"gateway/answer", gatewayAnswer},
	{"gateway/read", gatewayRead},
	{"gateway/stranger", gatewayStranger},
}

const (
	redirectURI        = "https://client.example.org/callback"
	otherConfiguration = "look whether the gateway runs with this configuration"
	noClient           = "there is no client to try it with: see gateway/register"
)

// app is a small web app, such as any gateway lets through that asks for no more
// than SMART does.
func (s *session) app() *registration.Metadata {
	if s.Metadata != nil {
		m := s.Metadata.Clone()
		m.Set("client_name", s.name())
		return m
	}
	m := registration.New(registration.Member{Name: "client_name", Value: s.name()})
	m.SetStrings("redirect_uris", []string{redirectURI})
	m.SetStrings("grant_types", []string{"authorization_code"})
	m.SetStrings("response_types", []string{"code"})
	m.SetStrings("contacts", []string{"probe@client.example.org"})
	return m
}

// ask registers a document through the gateway.
func (s *session) ask(ctx context.Context, m *registration.Metadata, header http.Header) (answer, *client) {
	return s.register(ctx, s.public, m.String("client_name"), call{
		path: s.gatewayPath(), token: s.Token, body: m.Encode(), header: header,
	})
}

// gatewayAnonymous: nobody registers without a token, and a header that names a
// scheme and nothing else is no token.
func gatewayAnonymous(s *session, ctx context.Context) finding {
	var seen answer
	for _, header := range []http.Header{nil, {"Authorization": {"Bearer "}}} {
		m := s.app()
		a, made := s.register(ctx, s.public, m.String("client_name"), call{path: s.gatewayPath(), body: m.Encode(), header: header})
		switch {
		case made != nil && s.Open:
			return warn("registration is open to anybody: "+a.String(), "ask for a token: initial_access_token in the Caddyfile")
		case made != nil:
			return failed("a client was registered without a token: "+a.String(), otherConfiguration)
		case a.err != nil && !a.sent:
			s.hopeless = errors.New("the gateway could not be reached")
			return failed(a.String(), "is the gateway at this address?")
		case a.status != http.StatusUnauthorized && a.status != http.StatusBadRequest:
			return warn(a.String()+", where 401 was to be expected", "look whether this is the gateway's registration endpoint")
		}
		if header == nil {
			seen = a
		}
	}
	return pass(seen.String())
}

func gatewayRegister(s *session, ctx context.Context) finding {
	if s.Management == "off" && s.AdminToken == "" {
		return unknown("management is off, and there is no token for the admin API: what is registered could not be deleted again")
	}
	s.asked = s.app()
	a, made := s.ask(ctx, s.asked, nil)
	switch {
	case made == nil && (a.err != nil || a.status >= http.StatusInternalServerError):
		s.hopeless = errors.New("no client could be registered")
		return failed(a.String(), "does the gateway reach the server? See its log")
	case made == nil:
		return failed(a.String(), "is the token spent, or does the policy refuse this client? Its own may be given as metadata")
	}
	s.client, s.answered = made, a
	return pass(fmt.Sprintf("%d, client %s", a.status, made.id))
}

// gatewayAnswer holds the answer against RFC 7591 section 3.2.1.
func gatewayAnswer(s *session, _ context.Context) finding {
	if s.client == nil {
		return unknown(noClient)
	}
	wrong := s.differences(s.asked, s.answered)
	if s.answered.status != s.Success {
		wrong = append(wrong, fmt.Sprintf("the status is %d", s.answered.status))
	}
	if !strings.Contains(s.answered.header.Get("Cache-Control"), "no-store") {
		wrong = append(wrong, "it may be stored: no Cache-Control: no-store")
	}
	if uri, want := s.answered.text("registration_client_uri"), s.Gateway+"/"+url.PathEscape(s.client.id); s.Management != "off" && uri != want {
		wrong = append(wrong, "registration_client_uri is "+uri)
	}
	if len(wrong) > 0 {
		return failed(strings.Join(wrong, "; "), "is this the gateway, at its public address (public_url)?")
	}
	return pass("it is as asked, names the gateway and may not be stored")
}

// differences are what an answer says otherwise than was asked, of what a policy
// has no part in.
func (s *session) differences(asked *registration.Metadata, a answer) []string {
	if a.document == nil {
		return []string{"it is no JSON object"}
	}
	var wrong []string
	for _, name := range []string{"client_name", "redirect_uris"} {
		want, there := asked.Get(name)
		if got, _ := a.document.Get(name); there && !registration.Equal(got, want) {
			wrong = append(wrong, name+" is not what was asked for")
		}
	}
	if types, _ := a.document.Strings("response_types"); slices.Contains(types, "none") {
		wrong = append(wrong, "response_types has none")
	}
	if a.document.Has("client_secret") && !a.document.Has("client_secret_expires_at") {
		wrong = append(wrong, "client_secret_expires_at is missing")
	}
	return wrong
}

// configuration is the client's configuration endpoint at the gateway.
func (s *session) configuration(id string) string { return s.gatewayPath() + "/" + url.PathEscape(id) }

func gatewayRead(s *session, ctx context.Context) finding {
	if s.Management == "off" {
		return s.noManagement(ctx)
	}
	if s.client == nil {
		return unknown(noClient)
	}
	a := s.caller.do(ctx, s.public, call{method: http.MethodGet, path: s.configuration(s.client.id), token: s.client.token})
	if a.status != http.StatusOK || a.text("client_id") != s.client.id {
		return failed(a.String(), "a client cannot read its registration: see the gateway's log")
	}
	s.renew(s.client, a)
	if wrong := s.differences(s.asked, a); len(wrong) > 0 {
		return failed(strings.Join(wrong, "; "), "see the gateway's log")
	}
	return pass("200, and the same")
}

// noManagement: there is no client configuration endpoint at all.
func (s *session) noManagement(ctx context.Context) finding {
	a := s.caller.do(ctx, s.public, call{method: http.MethodGet, path: s.configuration("nobody"), token: s.Token})
	if a.status == http.StatusNotFound {
		return pass("404: management is off")
	}
	return failed(a.String()+", although management is off", otherConfiguration)
}

// gatewayStranger: a client that is not there and a token that is not its own are
// refused alike (RFC 7592 section 2.1), so that nobody learns which clients exist.
func gatewayStranger(s *session, ctx context.Context) finding {
	if s.client == nil || s.Management == "off" {
		return finding{}
	}
	another := s.caller.do(ctx, s.public, call{
		method: http.MethodGet, path: s.configuration("00000000-0000-4000-8000-000000000000"), token: s.client.token,
	})
	forged := s.caller.do(ctx, s.public, call{
		method: http.MethodGet, path: s.configuration(s.client.id), token: forge(s.client.token),
	})
	switch {
	case another.err != nil || forged.err != nil:
		return unknown(another.String() + "; " + forged.String())
	case forged.status/100 == 2:
		return failed("the client is shown for a forged token", "this server verifies no registration access token: take it off the network")
	case another.status != forged.status || string(another.body) != string(forged.body):
		return warn(fmt.Sprintf("another client's token: %s; a forged one: %s", another, forged), "an answer tells which clients exist")
	}
	return pass("another client's token and a forged one: " + forged.code())
}

// forge changes a token's signature, and leaves all that can be read of it.
func forge(token string) string {
	if token == "" {
		return "forged"
	}
	letter := "A"
	at := len(token) - 10
	if at < 0 || token[at] == 'A' {
		letter = "B"
	}
	at = max(at, 0)
	return token[:at] + letter + token[at+1:]
}
