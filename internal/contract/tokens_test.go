package contract

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// portalSecret is what the portal signs its tokens with, HS256.
const portalSecret = "0f6d3c1a-portal-b85e27d9-secret-4c"

// portalToken is an initial access token as the portal issues them.
func portalToken(t *testing.T) string {
	t.Helper()
	return sign(t, portalSecret, map[string]any{"alg": "HS256", "typ": "JWT"}, portalClaims())
}

func portalClaims() map[string]any {
	return map[string]any{
		"exp": 0, "iat": 1700000000, "jti": "5f0c5bd4-91c9-4f5b-a1b4-6f6a8d4f6a11",
		"iss": "https://portal.example.org", "aud": "https://portal.example.org", "typ": "InitialAccessToken",
	}
}

// sign makes a JWT (RFC 7515, compact).
func sign(t *testing.T, secret string, header, claims map[string]any) string {
	t.Helper()
	var parts [2]string
	for i, part := range []map[string]any{header, claims} {
		encoded, err := json.Marshal(part)
		if err != nil {
			t.Fatal(err)
		}
		parts[i] = base64.RawURLEncoding.EncodeToString(encoded)
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(parts[0] + "." + parts[1]))
	return parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// testTokens: who is let in, and what the others are told (RFC 6750 section 3).
func testTokens(t *testing.T, g *gateway) {
	const bare = `Bearer realm="client registration"`
	registered := g.register(t, plain, g.initialAccessToken(t, 1), app())
	rat, uri := registered.text("registration_access_token"), registered.text("registration_client_uri")
	iat := g.initialAccessToken(t, 10)

	t.Run("none", func(t *testing.T) {
		for _, c := range []call{
			{body: app()},
			{path: portal, body: app()},
			{method: http.MethodGet, path: uri},
			{method: http.MethodPut, path: uri, body: app()},
			{method: http.MethodDelete, path: uri},
			{body: app(), header: http.Header{"Authorization": {"Basic cmVnaXN0cmFyOmd1ZXNz"}}},
		} {
			a := g.do(t, c)
			a.refused(t, http.StatusUnauthorized, "invalid_token")
			if challenge := a.header.Get("WWW-Authenticate"); challenge != bare {
				t.Errorf("%s %s: the challenge is %q, want %q", c.method, c.path, challenge, bare)
			}
		}
	})

	hs := map[string]any{"alg": "HS256", "typ": "JWT"}
	past := with(portalClaims(), "exp", 1700000001)
	for _, c := range []struct {
		name string
		call call
	}{
		{"garbage", call{token: "garbage-garbage-garbage"}},
		{"garbage at the portal's", call{path: portal, token: "garbage-garbage-garbage"}},
		{"expired", call{token: sign(t, "not the server's", hs, past)}},
		{"expired at the portal's", call{path: portal, token: sign(t, portalSecret, hs, past)}},
		{"forged", call{path: portal, token: sign(t, "not the portal's secret at all", hs, portalClaims())}},
		{"unsigned", call{path: portal, token: sign(t, portalSecret, map[string]any{"alg": "none"}, portalClaims())}},
		{"a critical extension", call{path: portal, token: sign(t, portalSecret, with(hs, "crit", []any{"exp"}), portalClaims())}},
		{"the server's own at the portal's", call{path: portal, token: iat}},
		{"the portal's at the server's", call{path: issued, token: portalToken(t)}},
		{"a registration access token to register", call{token: rat}},
		{"an initial access token to read", call{method: http.MethodGet, path: uri, token: iat}},
		{"an initial access token to update", call{method: http.MethodPut, path: uri, token: iat}},
		{"an initial access token to delete", call{method: http.MethodDelete, path: uri, token: iat}},
		{"an access token where they are not accepted", call{token: g.server.serviceAccountToken(t, g.seenAs)}},
		{"any where none is asked for", call{path: open, token: iat}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.call.method != http.MethodGet && c.call.method != http.MethodDelete {
				c.call.body = "not looked at: who asks is judged first"
			}
			a := g.do(t, c.call)
			a.refused(t, http.StatusUnauthorized, "invalid_token")
			if len(a.upstream) != 0 {
				t.Errorf("upstream: %+v", a.upstream)
			}
			if challenge := a.header.Get("WWW-Authenticate"); !strings.HasPrefix(challenge, bare+`, error="invalid_token", error_description="`) {
				t.Errorf("the challenge is %q", challenge)
			}
		})
	}

	t.Run("two", func(t *testing.T) {
		a := g.do(t, call{body: app(), header: http.Header{"Authorization": {"Bearer " + iat, "Bearer " + rat}}})
		a.refused(t, http.StatusBadRequest, "invalid_request")
	})
	t.Run("an empty one", func(t *testing.T) {
		a := g.do(t, call{body: app(), header: http.Header{"Authorization": {"Bearer "}}})
		if a.status != http.StatusBadRequest && a.status != http.StatusUnauthorized || len(a.upstream) != 0 {
			t.Errorf("%d %s", a.status, a.raw)
		}
	})
	t.Run("in the query", func(t *testing.T) {
		// One that the vault does not know: Caddy's access log has the request's
		// query, which is why RFC 9700 section 4.3.2 wants no tokens there.
		token := g.server.initialAccessToken(t, g.seenAs, 1)
		g.do(t, call{path: plain + "?access_token=" + token, body: app()}).refused(t, http.StatusUnauthorized, "invalid_token")
	})
	t.Run("of the portal, and not for this", func(t *testing.T) {
		token := sign(t, portalSecret, hs, with(portalClaims(), "typ", "Bearer"))
		a := g.do(t, call{path: portal, token: token, body: app()})
		a.refused(t, http.StatusForbidden, "insufficient_scope")
		if challenge := a.header.Get("WWW-Authenticate"); !strings.Contains(challenge, `error="insufficient_scope"`) {
			t.Errorf("the challenge is %q", challenge)
		}
	})
	t.Run("forged, of a form that only the server can see through", func(t *testing.T) {
		a := g.do(t, call{token: sign(t, "not the server's", hs, portalClaims()), body: app()})
		a.is(t, http.StatusUnauthorized, "invalid_token")
		if !strings.Contains(a.header.Get("WWW-Authenticate"), `error="invalid_token"`) {
			t.Errorf("the challenge is %q", a.header.Get("WWW-Authenticate"))
		}
	})

	t.Run("is used up, and no refusal uses it", func(t *testing.T) {
		token := g.initialAccessToken(t, 1)
		g.do(t, call{token: token, body: `{"redirect_uris":["javascript:alert(1)"]}`}).
			refused(t, http.StatusBadRequest, "invalid_redirect_uri")
		g.do(t, call{path: wide, token: token, body: app("scope", "clinic-admin")}).
			is(t, http.StatusBadRequest, "invalid_client_metadata") // the server's refusal
		g.register(t, plain, token, app())
		a := g.do(t, call{token: token, body: app()})
		a.is(t, http.StatusUnauthorized, "invalid_token")
		if !strings.Contains(a.header.Get("WWW-Authenticate"), `error="invalid_token"`) {
			t.Errorf("the challenge is %q", a.header.Get("WWW-Authenticate"))
		}
	})

	t.Run("of the configured issuer", func(t *testing.T) {
		g.register(t, issued, g.initialAccessToken(t, 1), app())
	})
	t.Run("of a service account", func(t *testing.T) {
		g.register(t, bearer, g.server.serviceAccountToken(t, g.seenAs), app())
	})
	t.Run("an initial access token beside those", func(t *testing.T) {
		g.register(t, bearer, g.initialAccessToken(t, 1), app())
	})
	t.Run("not asked for", func(t *testing.T) {
		g.register(t, open, "", app())
	})
}
