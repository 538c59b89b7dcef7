package probe

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

const useAllowList = "expose the server by an allow-list of paths: README, \"In front of your own Keycloak\""

// around are the checks that the public host has no way around the gateway.
func around(s *session) []check {
	var checks []check
	if s.Path != s.gatewayPath() {
		checks = append(checks, publicProvider("public/"+keycloakProvider, s.Path))
	}
	for _, provider := range s.siblings() {
		if provider != "install" { // which registers nothing
			checks = append(checks, publicProvider("public/"+provider, s.provider(provider)))
		}
	}
	checks = append(checks, check{"public/client", publicClient})
	if s.realm() != "" {
		checks = append(checks, check{"public/detours", detours})
	}
	return checks
}

// publicProvider tries to register at the server's own endpoint through the public
// host: with no token, and with one.
func publicProvider(name, path string) check {
	return check{name, func(s *session, ctx context.Context) finding {
		var last, server answer
		for _, token := range s.tokens() {
			a, made := s.registerAround(ctx, s.public, path, token)
			switch {
			case made != nil && token == "":
				return failed(a.String()+": anybody registers clients here", useAllowList)
			case made != nil:
				return failed(fmt.Sprintf("%s: the token registers clients here%s", a, powers(a)), useAllowList)
			case s.isServer(ctx, a):
				server = a
			}
			last = a
		}
		if server.status != 0 {
			return failed("the server answers: "+server.String(), useAllowList)
		}
		return pass(s.closed(ctx, last))
	}}
}

// tokens are what is tried around the gateway: none, and the server's own if there
// is one.
func (s *session) tokens() []string {
	if s.ServerToken == "" {
		return []string{""}
	}
	return []string{"", s.ServerToken}
}

// registerAround asks a provider of the server's for a client. What is asked for
// is little, except of "default": there it is what makes that one dangerous.
func (s *session) registerAround(ctx context.Context, at place, path, token string) (answer, *client) {
	name := s.name()
	what := call{path: path, token: token}
	id := strings.ReplaceAll(name, " ", "-")
	switch {
	case strings.Contains(path, "saml2"):
		what.media, what.body, what.chosenID = "application/xml", samlEntity(id), id
	case strings.Contains(path, "default"):
		what.chosenID = id
		what.body = registration.New(
			registration.Member{Name: "clientId", Value: id}, registration.Member{Name: "name", Value: name},
			registration.Member{Name: "serviceAccountsEnabled", Value: true}, registration.Member{Name: "fullScopeAllowed", Value: true},
		).Encode()
	default:
		m := registration.New(registration.Member{Name: "client_name", Value: name})
		m.SetStrings("redirect_uris", []string{redirectURI})
		m.SetStrings("grant_types", []string{"authorization_code"})
		what.body = m.Encode()
	}
	return s.register(ctx, at, name, what)
}

// samlEntity is a SAML client. The id is letters, digits and hyphens.
func samlEntity(id string) []byte {
	return []byte(`<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="` + id + `">` +
		`<SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">` +
		`<AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="` + redirectURI + `" index="1"/>` +
		`</SPSSODescriptor></EntityDescriptor>`)
}

// powers are what a client of the provider "default" was given beyond what any
// registration can name.
func powers(a answer) string {
	var given []string
	for _, power := range []struct{ setting, name string }{
		{"serviceAccountsEnabled", "a service account"}, {"fullScopeAllowed", "full scope"},
	} {
		if value, _ := a.document.Get(power.setting); value == true && a.text("protocol") != "saml" {
			given = append(given, power.name)
		}
	}
	if len(given) == 0 {
		return ""
	}
	return ", with " + strings.Join(given, " and ")
}

// publicClient reads the gateway's client at the server's own addresses.
func publicClient(s *session, ctx context.Context) finding {
	if s.client == nil || s.client.token == "" {
		return unknown(noClient)
	}
	segment := "/" + url.PathEscape(s.client.id)
	paths := []string{s.Path}
	for _, provider := range s.siblings() {
		paths = append(paths, s.provider(provider))
	}
	var seen answer
	for _, path := range paths {
		if path == s.gatewayPath() {
			continue
		}
		a := s.caller.do(ctx, s.public, call{method: http.MethodGet, path: path + segment, token: s.client.token})
		switch {
		case a.status == http.StatusOK && a.document != nil && a.document.Len() > 0:
			return failed("the server shows a client at "+path, useAllowList)
		case s.isServer(ctx, a):
			return failed("the server answers at "+path+": "+a.String(), useAllowList)
		}
		seen = a
	}
	return pass(s.closed(ctx, seen))
}

// nothing is the public host's answer at an address where nothing can be.
func (s *session) nothing(ctx context.Context) answer {
	if s.control == nil {
		a := s.caller.do(ctx, s.public, call{method: http.MethodPost, path: "/" + s.label + "/nothing-here", body: []byte("{}")})
		s.control = &a
	}
	return *s.control
}

// isServer tells that a registration API answered, and not somebody in front of
// it: with an OAuth error, other than at an address where there is nothing.
func (s *session) isServer(ctx context.Context, a answer) bool {
	if a.document == nil || a.text("error") == "" {
		return false
	}
	nothing := s.nothing(ctx)
	return a.status != nothing.status || !bytes.Equal(a.body, nothing.body)
}

// closed says in words that nobody answers.
func (s *session) closed(ctx context.Context, a answer) string {
	nothing := s.nothing(ctx)
	if a.err == nil && a.status == nothing.status && bytes.Equal(a.body, nothing.body) {
		return a.String() + ", as where there is nothing"
	}
	return a.String()
}
