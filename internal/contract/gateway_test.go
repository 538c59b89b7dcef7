package contract

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	_ "github.com/caddyserver/caddy/v2/modules/standard"

	"github.com/caddy-smart/smartregistration"
	"github.com/caddy-smart/smartregistration/internal/keycloaktest"
)

// gateway is a running Caddy in front of a server.
type gateway struct {
	url      string // where callers find it
	server   server
	upstream *recorder
	secrets  *vault
	logFile  string
	client   *http.Client

	// seenAs is the address through which the server sees the gateway's
	// requests come: what tokens for them have to be minted as.
	seenAs string
}

// The variants of the configuration, by the path of their handler.
const (
	plain     = "/register"           // the server's own tokens, everything else by default
	portal    = "/portal/register"    // tokens of a portal, and a credential of the gateway's own
	bearer    = "/bearer/register"    // also access tokens of service accounts
	issued    = "/issued/register"    // the server's own tokens, of one issuer
	strict    = "/strict/register"    // a policy, and scopes that refuse
	wide      = "/wide/register"      // more scopes than the realm has
	open      = "/open/register"      // no token
	unbound   = "/unbound/register"   // updates may go beyond the registration
	vouched   = "/vouched/register"   // they may if the portal vouches for it
	impatient = "/impatient/register" // waits for a second
	readOnly  = "/readonly/register"  // management read
	postOnly  = "/postonly/register"  // management off
)

// variants is the gateway's site. The secrets in it are placeholders, as they
// should be anywhere: Caddy itself logs its configuration at level DEBUG, with
// the placeholders in it and without what they stand for.
const variants = `
(server) {
	upstream UPSTREAM
	upstream_path PATH
	HOST
	DIALECT
}
(credential) {
	CREDENTIAL
}
(passthrough) {
	initial_access_token {
		passthrough
	}
}
(portal) {
	initial_access_token {
		jwt {
			secret {env.CONTRACT_PORTAL_SECRET}
			expiry optional
			claims typ InitialAccessToken
		}
	}
}
GATEWAY {
	smart_registration {
		import server
		import passthrough
	}
	smart_registration {
		path ` + portal + `
		import server
		import credential
		import portal
	}
	OWN
	smart_registration {
		path ` + strict + `
		import server
		import credential
		import portal
		policy {
			client_name essential
			contacts essential
			grant_types subset_of authorization_code refresh_token client_credentials
			token_endpoint_auth_method one_of client_secret_basic private_key_jwt
			software_id value contract
		}
		scopes {
			default launch/patient openid patient/Observation.rs
			allow launch/patient openid fhirUser patient/*.rs
			excess reject
		}
	}
	smart_registration {
		path ` + wide + `
		import server
		import passthrough
		scopes {
			allow launch/patient openid fhirUser offline_access patient/*.rs user/*.rs system/*.rs clinic-admin
			inject always
		}
	}
	smart_registration {
		path ` + open + `
		import server
		import credential
		initial_access_token {
			open
		}
	}
	smart_registration {
		path ` + unbound + `
		import server
		import credential
		import portal
		widening allow
	}
	smart_registration {
		path ` + vouched + `
		import server
		import credential
		import portal
		widening admission
		read_only strict
	}
	smart_registration {
		path ` + impatient + `
		import server
		import passthrough
		timeout 1s
	}
	smart_registration {
		path ` + readOnly + `
		import server
		import passthrough
		management read
	}
	smart_registration {
		path ` + postOnly + `
		import server
		import passthrough
		management off
	}

	@server path ` + realmPath + `/protocol/*
	reverse_proxy @server SERVER
}
`

// keycloakVariants are those that only Keycloak's own tokens have a use for: others
// are opaque.
const keycloakVariants = `
	smart_registration {
		path ` + bearer + `
		import server
		initial_access_token {
			passthrough {
				allow_bearer
			}
		}
	}
	smart_registration {
		path ` + issued + `
		import server
		initial_access_token {
			passthrough SEENAS` + realmPath + `
		}
	}
`

// newGateway starts a server and a Caddy in front of it. Only one can run at a
// time: Caddy is one per process.
func newGateway(t *testing.T, s setup, start start, secrets *vault, logFile string) *gateway {
	t.Helper()
	address := keycloaktest.FreeAddress(t)
	g := &gateway{url: "http://" + address, secrets: secrets, logFile: logFile}
	g.server = start(t, s, g.url)
	t.Logf("%s, %s", g.server.version(), s.name)
	g.upstream = newRecorder(t, g.server.address(), g.server.registrationPath(), secrets)
	transport := &http.Transport{DisableCompression: true}
	g.client = &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	t.Cleanup(transport.CloseIdleConnections)

	// A token is bound to the address under which the server was asked for it:
	// the gateway's, unless the server is only ever shown its own.
	g.seenAs = g.url
	host := ""
	if !s.pinned && !s.proxyHeaders {
		g.seenAs = "http://" + g.server.address()
		host = "upstream_host " + g.server.address()
	}
	t.Setenv("CONTRACT_PORTAL_SECRET", portalSecret)
	t.Setenv("CONTRACT_REGISTRAR_SECRET", registrarSecret)
	g.upstream.host = strings.TrimPrefix(g.seenAs, "http://")
	dialect, credential, own := g.server.configuration(t, g.seenAs)
	g.load(t, strings.NewReplacer(
		"UPSTREAM", g.upstream.address(),
		"PATH", g.server.registrationPath(),
		"HOST", host,
		"DIALECT", dialect,
		"CREDENTIAL", credential,
		"GATEWAY", g.url,
		"SEENAS", g.seenAs,
		"SERVER", g.server.address(),
	).Replace(strings.Replace(variants, "OWN", own, 1)))
	t.Cleanup(func() {
		if err := caddy.Stop(); err != nil {
			t.Error(err)
		}
	})
	return g
}

// load runs a Caddyfile, with the server's own site where it has one: on
// loopback only, without the admin endpoint, and logging everything to the file.
func (g *gateway) load(t *testing.T, caddyfile string) {
	t.Helper()
	adapted, warnings, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(caddyfile+g.server.caddyfile()), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, warning := range warnings {
		if !strings.Contains(warning.Message, "not formatted") {
			t.Error(warning)
		}
	}
	var config map[string]any
	if err := json.Unmarshal(adapted, &config); err != nil {
		t.Fatal(err)
	}
	config["admin"] = map[string]any{"disabled": true, "config": map[string]any{"persist": false}}
	config["logging"] = map[string]any{"logs": map[string]any{"default": map[string]any{
		"level": "DEBUG",
		// Caddy knows the usual headers with secrets in them, and not this one; see
		// the documentation of "widening".
		"encoder": map[string]any{"format": "filter", "wrap": map[string]any{"format": "json"}, "fields": map[string]any{
			"request>headers>" + smartregistration.InitialAccessTokenHeader: map[string]any{"filter": "delete"},
		}},
		"writer": map[string]any{"output": "file", "filename": g.logFile, "roll": false},
	}}}
	for _, server := range config["apps"].(map[string]any)["http"].(map[string]any)["servers"].(map[string]any) {
		server := server.(map[string]any)
		server["logs"] = map[string]any{} // access logs
		for i, address := range server["listen"].([]any) {
			server["listen"].([]any)[i] = "127.0.0.1" + address.(string)
		}
	}
	complete, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := caddy.Load(complete, true); err != nil {
		t.Fatal(err)
	}
}

// initialAccessToken is one of the server's, good for count registrations.
func (g *gateway) initialAccessToken(t *testing.T, count int) string {
	t.Helper()
	token := g.server.initialAccessToken(t, g.seenAs, count)
	g.secrets.keep("an initial access token", token)
	return token
}

// has tells whether the server has a quirk that callers see.
func (g *gateway) has(quirk string) bool { return g.server.has(quirk) }

// stored is what the server holds of a client.
func (g *gateway) stored(t *testing.T, a *answer) record {
	t.Helper()
	r, found := g.server.stored(t, g.seenAs, a.text("client_id"), a.text("registration_access_token"))
	if !found {
		t.Fatalf("the server has no client %s", a.text("client_id"))
	}
	return r
}
