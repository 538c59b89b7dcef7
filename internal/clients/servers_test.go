package clients

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	_ "github.com/caddyserver/caddy/v2/modules/standard"

	_ "github.com/caddy-smart/smartregistration"
	"github.com/caddy-smart/smartregistration/internal/keycloaktest"
)

const realmName = "fhir"

// place is where a client registers: Keycloak by itself, or the gateway.
type place struct {
	url   string
	realm *keycloaktest.Realm // as somebody sees it who comes through url
}

func (p place) issuer() string { return p.url + p.realm.Path() }

// initialAccessToken is good for one registration.
func (p place) initialAccessToken(t *testing.T) string {
	t.Helper()
	token, err := p.realm.InitialAccessToken(t.Context(), 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// site is the gateway, as docs/clients.md shows it.
const site = `{
	admin off
	auto_https off
}
(gateway) {
	upstream KEYCLOAK
	upstream_path /realms/fhir/clients-registrations/openid-connect
	initial_access_token {
		passthrough
	}
	scopes {
		default launch/patient openid fhirUser patient/*.rs
		allow launch/patient openid fhirUser offline_access patient/*.rs system/*.rs
	}
}
GATEWAY {
	bind 127.0.0.1
	smart_discovery {
		registration_endpoint GATEWAY/register
	}
	smart_registration {
		import gateway
		cors https://portal.example.org
	}

	# For kcreg.sh, which knows Keycloak's own paths and no other.
	@kcreg_delete {
		method DELETE
		path_regexp id ^/realms/fhir/clients-registrations/default/([^/]+)$
	}
	rewrite @kcreg_delete /realms/fhir/clients-registrations/openid-connect/{re.id.1}
	smart_registration {
		path /realms/fhir/clients-registrations/openid-connect
		import gateway
	}

	@keycloak path /realms/fhir/protocol/* /realms/fhir/.well-known/*
	reverse_proxy @keycloak KEYCLOAK
}
`

// start runs a Keycloak and a gateway in front of it, for the whole test.
func start(t *testing.T) (server *keycloaktest.Server, alone, gateway place) {
	t.Helper()
	server = keycloaktest.Run(t, keycloaktest.Options{})
	realm, err := server.NewRealm(t.Context(), realmName, keycloaktest.SMARTScopes)
	if err != nil {
		t.Fatal(err)
	}
	alone = place{url: server.URL(), realm: realm}
	gateway.url = "http://" + keycloaktest.FreeAddress(t)
	if gateway.realm, err = realm.SeenAs(gateway.url); err != nil {
		t.Fatal(err)
	}
	load(t, strings.NewReplacer(
		"GATEWAY", gateway.url, "KEYCLOAK", strings.TrimPrefix(server.URL(), "http://"),
	).Replace(site))
	return server, alone, gateway
}

// load runs a Caddyfile. A process has only one Caddy.
func load(t *testing.T, caddyfile string) {
	t.Helper()
	adapted, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(caddyfile), nil)
	if err != nil {
		t.Fatal(err)
	}
	var config map[string]any
	if err := json.Unmarshal(adapted, &config); err != nil {
		t.Fatal(err)
	}
	config["logging"] = map[string]any{"logs": map[string]any{"default": map[string]any{"level": "ERROR"}}}
	quiet, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := caddy.Load(quiet, true); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := caddy.Stop(); err != nil {
			t.Error(err)
		}
	})
}
