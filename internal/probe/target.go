package probe

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/internal/upstream"
)

// Target is what is probed, and with what.
type Target struct {
	// Gateway is the public URL of the registration endpoint, such as
	// https://auth.example.org/register. Required.
	Gateway string
	// ConnectTo is where to connect to in place of Gateway's host, host:port.
	// Default: where its name leads.
	ConnectTo string
	// Servers are URLs at which the authorization server listens, without a path.
	// Default: none, and much of the server stays unknown.
	Servers []string
	// Host is the Host header that the gateway sends to the server. Default: the
	// gateway's own.
	Host string
	// Path is that of the server's registration API. Required.
	Path string
	// Dialect is the gateway's. Required.
	Dialect *upstream.Dialect
	// Management is which operations the gateway has: full, read or off. Required.
	Management string
	// Success is the status of a registration through the gateway. Required.
	Success int
	// Open says that the gateway asks for no token.
	Open bool
	// Relaxed are the built-in rules and grant types that the operator let go.
	Relaxed []string

	// Token is an initial access token for the gateway. Required unless Open.
	Token string
	// ServerToken is one that the server itself takes. Default: none, and what it
	// would do with one stays unknown.
	ServerToken string
	// AdminToken is an access token for Keycloak's admin API, with view-clients, and
	// manage-clients to delete what a client's own token cannot. Default: none
	AdminToken string
	// Metadata is the document that is registered through the gateway. Its
	// client_name is replaced. Default: a small web app
	Metadata *registration.Metadata
	// Discovery are URLs of more documents that should name the gateway.
	Discovery []string
	// Interrupted is told what there is to clean up, before that begins, where the
	// context ended first: who ends the process now has at least been told.
	// Default: nobody is
	Interrupted func([]Left)
	// Outside says that this machine stands where apps do: that it reaches the
	// server is then a failure.
	Outside bool
}

// place is where requests go to.
type place struct {
	name string // for a report
	base string // scheme and host
	// host is the Host header, and proto the scheme, under which the server is
	// known outside. "" for the base's.
	host, proto string
}

// Validate returns an error for an address that cannot be asked.
func (t *Target) Validate() error {
	_, _, err := t.places()
	return err
}

// places are the public host, and the server's own addresses.
func (t *Target) places() (public place, servers []place, err error) {
	gateway, err := httpURL(t.Gateway)
	if err != nil {
		return place{}, nil, fmt.Errorf("the gateway's address: %w", err)
	}
	public = place{name: gateway.Scheme + "://" + gateway.Host, base: gateway.Scheme + "://" + gateway.Host}
	for _, address := range t.Servers {
		server, err := httpURL(address)
		if err != nil {
			return place{}, nil, fmt.Errorf("the server's address: %w", err)
		}
		base := server.Scheme + "://" + server.Host
		host := t.Host
		if host == "" {
			host = gateway.Host
		}
		servers = append(servers, place{name: base, base: base, host: host, proto: gateway.Scheme})
	}
	return public, servers, nil
}

func httpURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == "":
		return u, nil
	case strings.Contains(s, "@"): // and so perhaps a password
		return nil, errors.New("it must be an absolute http or https URL without user and query")
	}
	return nil, fmt.Errorf("%q is not an absolute http or https URL without query", s)
}

// keycloakProvider is what Keycloak's registration path ends in.
const keycloakProvider = "openid-connect"

// siblings are the other providers of Keycloak's registration API, which take the
// same tokens and know no policy of the gateway's. None where the path is not
// Keycloak's.
func (t *Target) siblings() []string {
	if t.realm() == "" {
		return nil
	}
	return []string{"default", "saml2-entity-descriptor", "install"}
}

// provider is the path of one of Keycloak's providers.
func (t *Target) provider(name string) string { return path.Dir(t.Path) + "/" + name }

// realm is the path of the realm, "" where the path is not Keycloak's.
func (t *Target) realm() string {
	realm, ok := strings.CutSuffix(t.Path, "/clients-registrations/"+keycloakProvider)
	if !ok {
		return ""
	}
	return realm
}

func (t *Target) relaxed(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return slices.Contains(t.Relaxed, name) })
}

// loopback tells whether only this machine reaches a place.
func (p place) loopback() bool {
	u, err := url.Parse(p.base)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || (ip != nil && ip.IsLoopback())
}
