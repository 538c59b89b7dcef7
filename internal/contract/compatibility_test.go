package contract

import (
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// testCompatibility does what a caller may do, and holds what it sees against
// docs/compatibility.md.
func testCompatibility(t *testing.T, g *gateway) {
	seen := make(map[string]string)
	for _, row := range compatibilityRows {
		t.Run(row.does, func(t *testing.T) { seen[row.does] = row.sees(t, g) })
	}
	if _, sandbox := g.server.(*sandboxServer); !sandbox {
		comparePage(t, g.server.version(), seen)
	}
}

// compatibilityRows are what the page tells of each server: what a caller does, and
// what it sees.
var compatibilityRows = []struct {
	does string
	sees func(*testing.T, *gateway) string
}{
	{"registers an app that says nothing but its name and its redirect URI", registers(plain, app(),
		"grant_types", "response_types", "token_endpoint_auth_method", "scope")},
	{"registers an app with three redirect URIs", registers(plain, app("redirect_uris", []any{
		"https://c.example.org/", "https://a.example.org/", "https://b.example.org/",
	}), "redirect_uris")},
	{"registers an app with refresh tokens", registers(plain, app("grant_types", []any{"authorization_code", "refresh_token"}), "grant_types")},
	{"registers an app with its secret in the body", registers(plain, app("token_endpoint_auth_method", "client_secret_post"), "token_endpoint_auth_method", "client_secret")},
	{"registers an app without a secret", registers(plain, app("token_endpoint_auth_method", "none"), "token_endpoint_auth_method", "client_secret")},
	{"registers an app with a key that does not say what it is for", func(t *testing.T, g *gateway) string {
		keys := map[string]any{"keys": []any{without(newKey(t, g), "d")}}
		return registers(plain, app("token_endpoint_auth_method", "private_key_jwt", "jwks", keys), "token_endpoint_auth_method", "client_secret")(t, g)
	}},
	{"registers an app with a logo, a policy and terms", registers(plain, app("logo_uri", "https://client.example.org/logo.png",
		"policy_uri", "https://client.example.org/policy", "tos_uri", "https://client.example.org/terms"), "logo_uri", "policy_uri", "tos_uri")},
	{"registers an app with contacts and a software_id", registers(plain, app("contacts", []any{"dev@example.org"}, "software_id", "app"), "contacts", "software_id")},
	{"registers an app with a name in German (client_name#de)", registers(plain, app("client_name#de", "Anwendung"), "client_name#de")},
	{"registers an app with a member that nobody knows", registers(plain, app("fhir_versions", []any{"4.0.1"}), "fhir_versions")},
	{"registers an app for openid alone", registers(plain, app("scope", "openid"), "scope")},
	{"registers an app for a scope that the server does not have", registers(wide, app("scope", "openid clinic-admin"))},
	{"registers an app from a page of another origin, without the directive cors", func(t *testing.T, g *gateway) string {
		return g.do(t, call{
			token: g.initialAccessToken(t, 1), body: app(), header: http.Header{"Origin": {"https://other.example.org"}},
		}).outcome()
	}},
	{"registers an app with a name of 256 characters", registers(plain, app("client_name", strings.Repeat("n", 256)))},
	{"registers a service with a scope", func(t *testing.T, g *gateway) string {
		return registers(wide, backend(t, g, "scope", "system/*.rs"), "grant_types", "response_types", "scope")(t, g)
	}},
	{"registers a service with a redirect URI", func(t *testing.T, g *gateway) string {
		document := backend(t, g, "scope", "system/*.rs", "redirect_uris", []any{"https://client.example.org/callback"})
		return registers(wide, document, "redirect_uris")(t, g)
	}},
	{"registers a service without a scope", func(t *testing.T, g *gateway) string {
		return registers(plain, backend(t, g), "scope")(t, g)
	}},
	{"registers with a token that the server does not take", func(t *testing.T, g *gateway) string {
		forged := sign(t, "not the server's", map[string]any{"alg": "HS512"}, with(portalClaims(), "typ", "InitialAccessToken"))
		return g.do(t, call{token: forged, body: app()}).outcome()
	}},
	{"reads the registration", func(t *testing.T, g *gateway) string {
		c := g.newClient(t, plain, g.initialAccessToken(t, 1), app("logo_uri", "https://client.example.org/logo.png"))
		read := c.do(t, http.MethodGet, nil)
		var changed []string
		for name := range c.answer.body {
			if !reflect.DeepEqual(c.answer.body[name], read.body[name]) && name != "registration_access_token" && name != "scope" {
				changed = append(changed, name)
			}
		}
		slices.Sort(changed)
		return read.outcome() + "; missing or other: " + orNothing(changed)
	}},
	{"updates it", func(t *testing.T, g *gateway) string {
		c := g.newClient(t, plain, g.initialAccessToken(t, 1), app())
		token := c.token
		a := c.update(t, app("client_id", c.id, "client_name", "Renamed"))
		says := a.outcome()
		if a.text("client_secret") == c.answer.text("client_secret") {
			says += "; the same secret"
		}
		if c.token != token {
			says += "; another token"
		}
		return says
	}},
	{"updates an app to do without refresh tokens", func(t *testing.T, g *gateway) string {
		c := g.newClient(t, plain, g.initialAccessToken(t, 1), app("grant_types", []any{"authorization_code", "refresh_token"}))
		a := c.do(t, http.MethodPut, app("client_id", c.id, "grant_types", []any{"authorization_code"}))
		return a.outcome("grant_types")
	}},
	{"deletes it, and reads it then", func(t *testing.T, g *gateway) string {
		c := g.newClient(t, plain, g.initialAccessToken(t, 1), app())
		return c.do(t, http.MethodDelete, nil).outcome() + "; " + c.do(t, http.MethodGet, nil).outcome()
	}},
}

// registers tells what comes of a registration, with the members of these names.
func registers(path string, document map[string]any, members ...string) func(*testing.T, *gateway) string {
	return func(t *testing.T, g *gateway) string {
		t.Helper()
		return g.do(t, call{path: path, token: g.initialAccessToken(t, 1), body: document}).outcome(members...)
	}
}

// outcome is an answer in a line: its status, the error code or these members.
func (a *answer) outcome(members ...string) string {
	said := []string{strings.TrimSpace(strconv.Itoa(a.status) + " " + a.text("error"))}
	if a.status >= 400 {
		for _, v := range a.violations() {
			said = append(said, strings.TrimSpace(text(v, "rule")+" "+text(v, "pointer")))
		}
		return strings.Join(said, "; ")
	}
	for _, name := range members {
		value, there := a.body[name]
		switch {
		case !there:
			said = append(said, "no "+name)
		case name == "client_secret":
			said = append(said, name)
		default:
			said = append(said, name+" "+short(value))
		}
	}
	return strings.Join(said, "; ")
}

func orNothing(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}
