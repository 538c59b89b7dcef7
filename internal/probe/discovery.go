package probe

import (
	"context"
	"net/http"
	"net/url"
)

// discovery is a kind of document in which apps look up where to register.
type discovery struct {
	name  string
	paths []string // at the public host
}

// discoveries are the checks of those that the public host has, and of those that
// were named.
func discoveries(s *session) []check {
	kinds := []discovery{
		{"smart-configuration", []string{"/.well-known/smart-configuration"}},
		{"openid-configuration", []string{"/.well-known/openid-configuration"}},
		{"oauth-authorization-server", []string{"/.well-known/oauth-authorization-server"}}, // RFC 8414
	}
	if realm := s.realm(); realm != "" {
		kinds[1].paths = append(kinds[1].paths, realm+"/.well-known/openid-configuration")
		kinds[2].paths = append(kinds[2].paths, realm+"/.well-known/oauth-authorization-server", "/.well-known/oauth-authorization-server"+realm)
	}
	checks := make([]check, 0, len(kinds)+len(s.Discovery))
	for _, kind := range kinds {
		checks = append(checks, check{"discovery/" + kind.name, kind.run})
	}
	for _, address := range s.Discovery {
		checks = append(checks, check{"discovery/named", func(s *session, ctx context.Context) finding {
			u, err := httpURL(address)
			if err != nil {
				return failed(err.Error(), "name a URL")
			}
			at := place{base: u.Scheme + "://" + u.Host}
			a := s.caller.do(ctx, at, call{method: http.MethodGet, path: u.EscapedPath()})
			if a.status != http.StatusOK || a.document == nil {
				return failed(address+": "+a.String(), "there is no such document")
			}
			return s.advertised(address, a)
		}})
	}
	return checks
}

// run looks at each address. The first document that does not name the gateway is
// the one to speak of.
func (d discovery) run(s *session, ctx context.Context) finding {
	found := unknown("the public host has none")
	for _, path := range d.paths {
		a := s.caller.do(ctx, s.public, call{method: http.MethodGet, path: path})
		if a.status != http.StatusOK || a.document == nil {
			continue
		}
		if found = s.advertised(path, a); found.verdict != Pass {
			return found
		}
	}
	return found
}

const useDiscovery = "apps that look it up do not find the gateway: smart_discovery, docs/discovery.md"

// advertised tells whether a document names the gateway. Where it names the server,
// that is a closed door and no open one: the rows of public/ say which.
func (s *session) advertised(where string, a answer) finding {
	switch endpoint := a.text("registration_endpoint"); endpoint {
	case "":
		return warn(where+" names no registration_endpoint", useDiscovery)
	case s.Gateway:
		return pass(where + " names the gateway")
	default:
		return warn(where+" names "+endpoint, useDiscovery)
	}
}

// authorizationPath is the path of the authorization endpoint that the public
// host's document names, "" if it is elsewhere.
func (s *session) authorizationPath(ctx context.Context) string {
	a := s.caller.do(ctx, s.public, call{method: http.MethodGet, path: s.realm() + "/.well-known/openid-configuration"})
	endpoint, err := url.Parse(a.text("authorization_endpoint"))
	public, other := url.Parse(s.public.base)
	if err != nil || other != nil || endpoint.Hostname() != public.Hostname() || endpoint.Path == "" {
		return ""
	}
	return endpoint.EscapedPath()
}
