package contract

import (
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
)

// redirectVectors are the cases of testdata/vectors/redirect_uris.json: what the
// standards say of a redirect URI, by kind of app.
func redirectVectors(t *testing.T) []redirectVector {
	t.Helper()
	content, err := os.ReadFile("../../testdata/vectors/redirect_uris.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Vectors []redirectVector `json:"vectors"`
	}
	if err := json.Unmarshal(content, &file); err != nil || len(file.Vectors) == 0 {
		t.Fatalf("%d vectors: %v", len(file.Vectors), err)
	}
	return file.Vectors
}

type redirectVector struct {
	URI         string
	Web, Native string // accept, reject, policy
}

func testURIs(t *testing.T, g *gateway) {
	token := g.initialAccessToken(t, 100)
	for _, v := range redirectVectors(t) {
		if strings.HasPrefix(v.URI, "https://auth.gateway.example/") {
			continue // the server's own address, which these gateways do not have
		}
		for kind, verdict := range map[string]string{"web": v.Web, "native": v.Native} {
			t.Run(kind+" "+v.URI, func(t *testing.T) {
				document := app("redirect_uris", []any{v.URI}, "application_type", kind)
				switch verdict {
				case "accept":
					a := g.register(t, plain, token, document)
					if got := a.list("redirect_uris"); !slices.Equal(got, []string{v.URI}) {
						t.Errorf("redirect_uris %q", got)
					}
					if got := g.stored(t, a).RedirectURIs; !slices.Equal(got, []string{v.URI}) {
						t.Errorf("the server holds %q", got)
					}
				case "reject":
					g.do(t, call{token: token, body: document}).refused(t, http.StatusBadRequest, "invalid_redirect_uri")
				}
			})
		}
	}

	t.Run("native is inferred", func(t *testing.T) {
		for _, uri := range []string{"com.example.app:/callback", "http://127.0.0.1/callback", "http://[::1]:49152/callback"} {
			a := g.register(t, plain, g.initialAccessToken(t, 1), app("redirect_uris", []any{uri}, "token_endpoint_auth_method", "none"))
			if got := g.stored(t, a).RedirectURIs; !slices.Equal(got, []string{uri}) {
				t.Errorf("the server holds %q, want %q", got, uri)
			}
		}
	})

	for _, c := range []struct {
		name     string
		document map[string]any
		code     string
		rule     string
	}{
		{"none at all", without(app(), "redirect_uris"), "invalid_redirect_uri", "redirect_uris_required"},
		{"an empty list", app("redirect_uris", []any{}), "invalid_redirect_uri", "redirect_uris_required"},
		{"one that is empty", app("redirect_uris", []any{""}), "invalid_redirect_uri", "redirect_uris_required"},
		{"logout at a script", app("post_logout_redirect_uris", []any{"javascript:alert(1)"}), "invalid_client_metadata", "uri_forbidden_scheme"},
		{"a logo that is a script", app("logo_uri", "data:image/svg+xml,evil"), "invalid_client_metadata", "uri_forbidden_scheme"},
		{"a script in an unknown member", app("launch_url", "javascript:alert(1)"), "invalid_client_metadata", "uri_forbidden_scheme"},
		{"a page in a tagged member", app("policy_uri#de", "vbscript:evil"), "invalid_client_metadata", "uri_forbidden_scheme"},
		{"keys at the cloud's metadata address", app("token_endpoint_auth_method", "private_key_jwt", "jwks_uri", "https://169.254.169.254/latest/meta-data"), "invalid_client_metadata", "fetched_uri_special_address"},
		{"keys without TLS", app("token_endpoint_auth_method", "private_key_jwt", "jwks_uri", "http://client.example.org/jwks.json"), "invalid_client_metadata", "endpoint_uri_https"},
		{"keys of an internal host", app("token_endpoint_auth_method", "private_key_jwt", "jwks_uri", "https://keycloak.internal/jwks.json"), "invalid_client_metadata", "fetched_uri_internal_name"},
		{"keys of a file", app("jwks_uri", "file:///etc/passwd"), "invalid_client_metadata", "uri_forbidden_scheme"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g.do(t, call{token: token, body: c.document}).refused(t, http.StatusBadRequest, c.code, c.rule)
		})
	}
}

// testLengths: what Keycloak stores of a name, a home page and a redirect URI is
// 255 characters; a longer one is an internal error there.
func testLengths(t *testing.T, g *gateway) {
	token := g.initialAccessToken(t, 10)
	uri := func(length int) string {
		const start = "https://client.example.org/"
		return start + strings.Repeat("a", length-len(start))
	}
	for _, c := range []struct {
		name          string
		longest, over map[string]any
		code, rule    string
	}{
		{
			"client_name", app("client_name", strings.Repeat("n", 255)), app("client_name", strings.Repeat("n", 256)),
			"invalid_client_metadata", "client_name_length",
		},
		{
			"client_name beyond ASCII", app("client_name", strings.Repeat("é", 255)), app("client_name", strings.Repeat("é", 256)),
			"invalid_client_metadata", "client_name_length",
		},
		{
			// A character of two UTF-16 units: Keycloak's database counts those.
			"client_name beyond the basic plane", app("client_name", strings.Repeat("🩺", 127)), app("client_name", strings.Repeat("🩺", 128)),
			"invalid_client_metadata", "client_name_length",
		},
		{
			"client_uri", app("client_uri", uri(255)), app("client_uri", uri(256)),
			"invalid_client_metadata", "client_uri_length",
		},
		{
			"redirect_uris", app("redirect_uris", []any{uri(255)}), app("redirect_uris", []any{uri(256)}),
			"invalid_redirect_uri", "redirect_uri_length",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			g.register(t, plain, token, c.longest)
			g.do(t, call{token: token, body: c.over}).refused(t, http.StatusBadRequest, c.code, c.rule)
		})
	}
}
