package contract

import (
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-smart/smartregistration/internal/keycloaktest"
)

// testKodjin runs testdata/caddyfiles/kodjin.caddyfile, for callers that were
// built to the page of Kodjin's that documents this registration. It takes the
// place of the gateway's configuration, so it comes last.
func testKodjin(t *testing.T, g *gateway) {
	caddyfile, err := os.ReadFile("../../testdata/caddyfiles/kodjin.caddyfile")
	if err != nil {
		t.Fatal(err)
	}
	// The Caddyfile names no upstream_host: the server learns its address from
	// what the gateway hands on, the public Host, unless it was told.
	k := *g
	k.url = "http://" + keycloaktest.FreeAddress(t)
	k.seenAs = k.url
	k.upstream.host = strings.TrimPrefix(k.url, "http://")
	t.Setenv("KODJIN_SITE", k.url)
	t.Setenv("KODJIN_UPSTREAM", g.upstream.address())
	t.Setenv("KODJIN_UPSTREAM_PATH", registrationAPI)
	t.Setenv("CONTRACT_REGISTRAR_SECRET", registrarSecret)
	// Not a reload: while Caddy changes over from one configuration to the next,
	// a connection that the old listener has not accepted yet is lost.
	if err := caddy.Stop(); err != nil {
		t.Fatal(err)
	}
	k.load(t, string(caddyfile))

	token := k.initialAccessToken(t, 1)
	const documented = `{"redirect_uris":[""],"client_name":"My Example Client","logo_uri":"",` +
		`"token_endpoint_auth_method":"client_secret_basic","contacts":[""]}`

	t.Run("the documented body lacks redirect URIs", func(t *testing.T) {
		a := k.do(t, call{token: token, body: documented})
		a.refused(t, http.StatusBadRequest, "invalid_redirect_uri", "redirect_uris_required")
		if v := a.violations(); len(v) != 1 || v[0]["pointer"] != "/redirect_uris" {
			t.Errorf("violations %v", v)
		}
	})

	t.Run("with a redirect URI", func(t *testing.T) {
		if g.has("default_scope") { // profile is one
			k.do(t, call{token: token, body: strings.Replace(documented, `[""]`, `["https://client.example.org/callback"]`, 1)}).
				is(t, http.StatusBadRequest, "invalid_client_metadata")
			return
		}
		a := k.do(t, call{token: token, body: strings.Replace(documented, `[""]`, `["https://client.example.org/callback"]`, 1)})
		if a.status != http.StatusOK {
			t.Fatalf("%d %s", a.status, a.raw)
		}
		a.checkRegistration(t, k.url+plain)
		promised := []string{
			"redirect_uris", "grant_types", "response_types", "client_id", "client_secret", "client_name", "scope",
			"registration_client_uri", "registration_access_token",
		}
		for _, name := range promised {
			if _, there := a.body[name]; !there {
				t.Errorf("the answer has no %s: %q", name, slices.Sorted(maps.Keys(a.body)))
			}
		}
		const scope = "patient/*.read user/*.read openid fhirUser profile launch/patient offline_access online_access"
		if got := a.text("scope"); got != scope {
			t.Errorf("scope %q, want %q", got, scope)
		}
		k.holds(t, a, record{
			Name:           "My Example Client",
			Authentication: "secret",
			Grants:         []string{"authorization_code", "refresh_token"},
			Scopes:         []string{"fhirUser", "launch/patient", "offline_access", "online_access", "patient/*.read", "profile", "user/*.read"},
			RedirectURIs:   []string{"https://client.example.org/callback"},
		})
		for _, x := range a.upstream {
			if x.header.Get("Cookie") != "" {
				t.Error("the caller's cookie reached the server")
			}
		}
		read := k.do(t, call{method: http.MethodGet, path: a.text("registration_client_uri"), token: a.text("registration_access_token")})
		if read.status != http.StatusOK || !sameScopes(without(read.body, "client_id_issued_at"), without(a.body, "client_id_issued_at")) {
			t.Errorf("read: %d %s", read.status, read.raw)
		}
	})

	t.Run("an invalid token", func(t *testing.T) {
		k.do(t, call{token: "garbage-garbage-garbage", body: documented}).refused(t, http.StatusUnauthorized, "invalid_token")
	})
	t.Run("no such route", func(t *testing.T) {
		k.do(t, call{path: plain + "/a/b", token: token, body: documented}).refused(t, http.StatusNotFound, "invalid_request")
	})
}
