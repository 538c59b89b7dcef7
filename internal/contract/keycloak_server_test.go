package contract

import (
	"slices"
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/keycloaktest"
)

// keycloakServer is a real Keycloak.
type keycloakServer struct {
	server *keycloaktest.Server
	realm  *keycloaktest.Realm
	public map[string]*keycloaktest.Realm // the same, by the address that it is seen as
}

func startKeycloak(version string) start {
	return func(t *testing.T, s setup, gatewayURL string) server {
		t.Helper()
		return newKeycloak(t, keycloaktest.Options{Version: version, ProxyHeaders: s.proxyHeaders}, s, gatewayURL)
	}
}

func newKeycloak(t *testing.T, options keycloaktest.Options, s setup, gatewayURL string) *keycloakServer {
	t.Helper()
	if s.pinned {
		options.Hostname = gatewayURL
	}
	k := &keycloakServer{server: keycloaktest.Run(t, options), public: make(map[string]*keycloaktest.Realm)}
	var err error
	if k.realm, err = k.server.NewRealm(t.Context(), realm, realmScopes); err != nil {
		t.Fatal(err)
	}
	if err := k.realm.ServiceAccount(t.Context(), registrar, registrarSecret, "create-client"); err != nil {
		t.Fatal(err)
	}
	if k.realm.RegistrationPath() != registrationAPI || k.realm.TokenPath() != tokenEndpoint {
		t.Fatalf("paths of the realm: %s, %s", k.realm.RegistrationPath(), k.realm.TokenPath())
	}
	return k
}

func (k *keycloakServer) version() string { return "Keycloak " + k.server.Version() }

func (k *keycloakServer) has(quirk string) bool { return keycloakHas(k.server.Version(), quirk) }

func (*keycloakServer) lacks() map[string]string { return nil }

func (*keycloakServer) registrationPath() string { return registrationAPI }

func (*keycloakServer) configuration(_ *testing.T, seenAs string) (dialect, credential, handlers string) {
	return keycloakConfiguration(seenAs)
}

func (k *keycloakServer) address() string { return strings.TrimPrefix(k.server.URL(), "http://") }

func (*keycloakServer) caddyfile() string { return "" }

// seenAs keeps what it made: each is an administrator who logs in once, which
// takes Keycloak longer than a registration.
func (k *keycloakServer) seenAs(t *testing.T, address string) *keycloaktest.Realm {
	t.Helper()
	if k.public[address] == nil {
		realm, err := k.realm.SeenAs(address)
		if err != nil {
			t.Fatal(err)
		}
		k.public[address] = realm
	}
	return k.public[address]
}

func (k *keycloakServer) initialAccessToken(t *testing.T, seenAs string, count int) string {
	t.Helper()
	token, err := k.seenAs(t, seenAs).InitialAccessToken(t.Context(), count, 0)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (k *keycloakServer) serviceAccountToken(t *testing.T, seenAs string) string {
	t.Helper()
	token, err := k.seenAs(t, seenAs).ServiceAccountToken(t.Context(), registrar, registrarSecret)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// stored asks the admin API, which tells what the registration API hides.
func (k *keycloakServer) stored(t *testing.T, _, clientID, _ string) (record, bool) {
	t.Helper()
	client, found, err := k.realm.Client(t.Context(), clientID)
	if err != nil {
		t.Fatal(err)
	}
	if !found {
		return record{}, false
	}
	r := record{
		Name:           text(client, "name"),
		Authentication: "secret",
		Grants:         grants(client),
		Scopes:         append(list(client, "optionalClientScopes"), list(client, "defaultClientScopes")...),
		RedirectURIs:   list(client, "redirectUris"),
	}
	switch {
	case client["publicClient"] == true:
		r.Authentication = "none"
	case client["clientAuthenticatorType"] == "client-jwt":
		r.Authentication = "key"
	}
	// Keycloak's own, which put sub and the like into tokens and grant nothing.
	r.Scopes = slices.DeleteFunc(r.Scopes, func(scope string) bool { return scope == "basic" || scope == "service_account" })
	slices.Sort(r.Scopes)
	slices.Sort(r.RedirectURIs)
	return r, true
}

// pages are attributes, which the admin API tells.
func (k *keycloakServer) pages(t *testing.T, clientID string) []string {
	t.Helper()
	client, _, err := k.realm.Client(t.Context(), clientID)
	if err != nil {
		t.Fatal(err)
	}
	attributes, _ := client["attributes"].(map[string]any)
	var pages []string
	for _, name := range []string{"logoUri", "policyUri", "tosUri"} {
		if uri := text(attributes, name); uri != "" {
			pages = append(pages, uri)
		}
	}
	return pages
}

func (k *keycloakServer) freeze(t *testing.T) (thaw func()) {
	t.Helper()
	goOn, err := k.server.Freeze()
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := goOn(); err != nil {
			t.Fatal(err)
		}
	}
}

// grants reads off Keycloak's switches which grants a client may use.
func grants(client map[string]any) []string {
	switches := map[string]string{
		"standardFlowEnabled":       "authorization_code",
		"implicitFlowEnabled":       "implicit",
		"directAccessGrantsEnabled": "password",
		"serviceAccountsEnabled":    "client_credentials",
	}
	attributes := map[string]string{
		"oauth2.device.authorization.grant.enabled": "urn:ietf:params:oauth:grant-type:device_code",
		"oidc.ciba.grant.enabled":                   "urn:openid:params:grant-type:ciba",
		"standard.token.exchange.enabled":           "urn:ietf:params:oauth:grant-type:token-exchange",
		"oauth2.jwt.authorization.grant.enabled":    "urn:ietf:params:oauth:grant-type:jwt-bearer",
	}
	var grants []string
	for name, grant := range switches {
		if client[name] == true {
			grants = append(grants, grant)
		}
	}
	set, _ := client["attributes"].(map[string]any)
	for name, grant := range attributes {
		if set[name] == "true" {
			grants = append(grants, grant)
		}
	}
	if set["use.refresh.tokens"] != "false" { // on unless switched off
		grants = append(grants, "refresh_token")
	}
	slices.Sort(grants)
	return grants
}

// Interface guards
var (
	_ server = (*sandboxServer)(nil)
	_ server = (*keycloakServer)(nil)

	_ freezer = (*keycloakServer)(nil)
	_ pages   = (*keycloakServer)(nil)
)
