package contract

import (
	"slices"
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/upstream"
)

// server is an authorization server with one realm to register clients in.
type server interface {
	// version names the server and its version.
	version() string

	// has tells whether the server has a quirk of the dialect's table. A case may
	// ask for those that are not made up for: callers see them, and
	// docs/compatibility.md has them.
	has(quirk string) bool

	// lacks are the cases that have nothing to ask of this server, and why.
	lacks() map[string]string

	// registrationPath is the path of its registration API.
	registrationPath() string

	// configuration is what a gateway in front of it has to say: the dialect, if it
	// has to be named; a credential of the gateway's own; and handlers for what only
	// this kind of server has.
	configuration(t *testing.T, seenAs string) (dialect, credential, handlers string)

	// address is where it listens: host and port.
	address() string

	// caddyfile is the site of a server that runs in the gateway's own Caddy; ""
	// for a server of its own.
	caddyfile() string

	// initialAccessToken mints a token for count registrations that never
	// expires. Its issuer is what the server takes itself to be for somebody who
	// comes through the address seenAs.
	initialAccessToken(t *testing.T, seenAs string, count int) string

	// serviceAccountToken is an access token of the service account registrar,
	// with the issuer as above.
	serviceAccountToken(t *testing.T, seenAs string) string

	// stored is what the server holds of a client, as it says itself and not as
	// the gateway tells it; false if it holds none. The registration access
	// token is for servers that tell it to nobody else.
	stored(t *testing.T, seenAs, clientID, registrationAccessToken string) (record, bool)
}

// record is what decides about a client's power, in one form for all servers.
type record struct {
	Name           string
	Authentication string   // none, secret or key
	Grants         []string // sorted
	Scopes         []string // sorted: what the client may ask for, without openid, which nobody has to register
	RedirectURIs   []string // sorted
}

// recordOf reads a registration as the server holds it; false if it is none.
func recordOf(registration map[string]any) (record, bool) {
	if text(registration, "client_id") == "" {
		return record{}, false
	}
	r := record{
		Name:           text(registration, "client_name"),
		Authentication: "secret",
		Grants:         list(registration, "grant_types"),
		Scopes:         strings.Fields(text(registration, "scope")),
		RedirectURIs:   list(registration, "redirect_uris"),
	}
	switch text(registration, "token_endpoint_auth_method") {
	case "none":
		r.Authentication = "none"
	case "private_key_jwt":
		r.Authentication = "key"
	}
	r.Scopes = slices.DeleteFunc(r.Scopes, func(scope string) bool { return scope == "openid" })
	slices.Sort(r.Grants)
	slices.Sort(r.Scopes)
	slices.Sort(r.RedirectURIs)
	return r, true
}

// keycloakConfiguration is what Keycloak and the sandbox have in common.
func keycloakConfiguration(seenAs string) (dialect, credential, handlers string) {
	return "", `upstream_credential client_credentials {
		token_endpoint ` + seenAs + tokenEndpoint + `
		client_id ` + registrar + `
		client_secret {env.CONTRACT_REGISTRAR_SECRET}
	}`, keycloakVariants
}

// keycloakHas tells whether a version of Keycloak has a quirk.
func keycloakHas(version, quirk string) bool {
	dialect, err := upstream.Named("keycloak")
	if err != nil {
		panic(err)
	}
	for _, q := range dialect.Quirks {
		if q.Name == quirk {
			return q.Versions.Contains(version)
		}
	}
	panic("no quirk " + quirk)
}

// setup is one way in which a server learns its own address.
type setup struct {
	name         string
	pinned       bool // it is told the gateway's address
	proxyHeaders bool // it believes X-Forwarded-*
}

var setups = []setup{
	{name: "hostname pinned", pinned: true},
	{name: "proxy headers", proxyHeaders: true},
	neither,
}

var neither = setup{name: "neither"}

// start makes a server that is reached through the gateway at gatewayURL.
type start func(t *testing.T, s setup, gatewayURL string) server

// The realm and its service account, which may create clients.
const (
	realm           = "fhir"
	realmPath       = "/realms/" + realm
	registrationAPI = realmPath + "/clients-registrations/openid-connect"
	tokenEndpoint   = realmPath + "/protocol/openid-connect/token"

	registrar       = "registrar"
	registrarSecret = "d41a7c5ce0f64a30-registrar"
)

// realmScopes are the realm's optional scopes beside Keycloak's own. The names
// in the second line are those that Kodjin's callers expect besides.
var realmScopes = []string{
	"fhirUser", "launch", "launch/patient", "patient/*.read", "patient/*.rs", "patient/Observation.rs", "system/*.read", "system/*.rs", "user/*.rs",
	"user/*.read", "online_access",
}
