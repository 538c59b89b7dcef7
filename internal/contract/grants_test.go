package contract

import (
	"net/http"
	"slices"
	"testing"
)

func testGrants(t *testing.T, g *gateway) {
	key := newKey(t, g)
	public := map[string]any{"keys": []any{without(key, "d")}}
	for _, c := range []struct {
		name      string
		document  map[string]any
		grants    []string // as answered and, sorted, as stored
		responses []string
		method    string
		how       string // how the server authenticates the client
	}{
		{
			name: "nothing said", document: app(),
			grants: []string{"authorization_code"}, responses: []string{"code"},
			method: "client_secret_basic", how: "secret",
		},
		{
			name: "an empty list is nothing said", document: app("grant_types", []any{}),
			grants: []string{"authorization_code"}, responses: []string{"code"},
			method: "client_secret_basic", how: "secret",
		},
		{
			name: "refresh tokens", document: app("grant_types", []any{"authorization_code", "refresh_token"}),
			grants: []string{"authorization_code", "refresh_token"}, responses: []string{"code"},
			method: "client_secret_basic", how: "secret",
		},
		{
			name: "the secret in the body", document: app("token_endpoint_auth_method", "client_secret_post"),
			grants: []string{"authorization_code"}, responses: []string{"code"},
			method: "client_secret_post", how: "secret",
		},
		{
			name: "public", document: app("token_endpoint_auth_method", "none"),
			grants: []string{"authorization_code"}, responses: []string{"code"},
			method: "none", how: "none",
		},
		{
			name: "a key without use", document: app("token_endpoint_auth_method", "private_key_jwt", "jwks", public),
			grants: []string{"authorization_code"}, responses: []string{"code"},
			method: "private_key_jwt", how: "key",
		},
		{
			name: "a key set behind a URL", document: app(
				"token_endpoint_auth_method", "private_key_jwt", "jwks_uri", "https://client.example.org/jwks.json"),
			grants: []string{"authorization_code"}, responses: []string{"code"},
			method: "private_key_jwt", how: "key",
		},
		{
			name: "a backend service", document: backend(t, g),
			grants: []string{"client_credentials"}, responses: []string{},
			method: "private_key_jwt", how: "key",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, service := c.document["grant_types"]; service && c.grants[0] == "client_credentials" {
				if g.has("empty_scope") {
					g.noEmptyScope(t, g.do(t, call{token: g.initialAccessToken(t, 1), body: c.document}))
					return
				}
				if g.has("service_code_flow") {
					c.grants, c.responses = append(c.grants, "authorization_code"), []string{"code"}
				}
			}
			a := g.register(t, plain, g.initialAccessToken(t, 1), c.document)
			if got := a.list("grant_types"); !slices.Equal(got, c.grants) {
				t.Errorf("grant_types %q, want %q", got, c.grants)
			}
			if got := a.list("response_types"); !slices.Equal(got, c.responses) {
				t.Errorf("response_types %q, want %q", got, c.responses)
			}
			if got := a.text("token_endpoint_auth_method"); got != c.method {
				t.Errorf("token_endpoint_auth_method %q, want %q", got, c.method)
			}
			if got := a.text("client_secret") != ""; got != (c.how == "secret") {
				t.Errorf("client_secret in the answer: %t", got)
			}
			stored := g.stored(t, a)
			slices.Sort(c.grants)
			if !slices.Equal(stored.Grants, c.grants) {
				t.Errorf("the server holds the grants %q, want %q", stored.Grants, c.grants)
			}
			if stored.Authentication != c.how {
				t.Errorf("the server authenticates the client by %s, want %s", stored.Authentication, c.how)
			}
		})
	}

	for _, c := range []struct {
		name     string
		document map[string]any
		rule     string
	}{
		{"password", app("grant_types", []any{"authorization_code", "password"}), "grant_type"},
		{"implicit", app("grant_types", []any{"implicit"}), "grant_type"},
		{"device", app("grant_types", []any{"urn:ietf:params:oauth:grant-type:device_code"}), "grant_type"},
		{"CIBA", app("grant_types", []any{"urn:openid:params:grant-type:ciba"}), "grant_type"},
		{"token exchange", app("grant_types", []any{"urn:ietf:params:oauth:grant-type:token-exchange"}), "grant_type"},
		{"jwt-bearer", app("grant_types", []any{"urn:ietf:params:oauth:grant-type:jwt-bearer"}), "grant_type"},
		{"unknown grant", app("grant_types", []any{"bogus"}), "grant_type"},
		{"refresh tokens of nothing", without(app("grant_types", []any{"refresh_token"}), "redirect_uris"), "refresh_token_alone"},
		{"a response type without its grant", app("response_types", []any{"token"}), "response_type"},
		{"a public backend service", without(app("grant_types", []any{"client_credentials"}, "token_endpoint_auth_method", "none"), "redirect_uris"), "client_credentials_public"},
		{"unknown method", app("token_endpoint_auth_method", "telepathy"), "token_endpoint_auth_method"},
		{"a key method without keys", app("token_endpoint_auth_method", "private_key_jwt"), "keys_required"},
		{"jwks and jwks_uri", app("jwks", public, "jwks_uri", "https://client.example.org/jwks.json"), "jwks_exclusive"},
		{"a private key", app("jwks", map[string]any{"keys": []any{key}}), "jwks_private"},
		{"a shared key", app("jwks", map[string]any{"keys": []any{map[string]any{"kty": "oct", "k": "c2VjcmV0LXNoYXJlZC1rZXk"}}}), "jwks_private"},
	} {
		t.Run(c.name, func(t *testing.T) {
			token := g.initialAccessToken(t, 1)
			g.do(t, call{token: token, body: c.document}).refused(t, http.StatusBadRequest, "invalid_client_metadata", c.rule)
		})
	}
}
