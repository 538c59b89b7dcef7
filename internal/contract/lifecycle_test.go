package contract

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// client is a registered client and its current registration access token.
type client struct {
	gateway *gateway
	answer  *answer // of the registration
	uri     string
	id      string
	token   string
}

func (g *gateway) newClient(t *testing.T, path, token string, document any) *client {
	t.Helper()
	a := g.register(t, path, token, document)
	return &client{g, a, a.text("registration_client_uri"), a.text("client_id"), a.text("registration_access_token")}
}

func (c *client) do(t *testing.T, method string, body any) *answer {
	t.Helper()
	return c.gateway.do(t, call{method: method, path: c.uri, token: c.token, body: body})
}

// update replaces the registration, which must succeed, and goes on with the
// new token.
func (c *client) update(t *testing.T, document map[string]any) *answer {
	t.Helper()
	a := c.do(t, http.MethodPut, document)
	if a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	c.token = a.text("registration_access_token")
	a.checkRegistration(t, c.uri[:len(c.uri)-len(c.id)-1])
	return a
}

func testLifecycle(t *testing.T, g *gateway) {
	for _, v := range []struct {
		name, path string
		token      string
	}{
		{"registered with the server's token", plain, g.initialAccessToken(t, 1)},
		{"registered with the portal's", portal, portalToken(t)},
	} {
		t.Run(v.name, func(t *testing.T) {
			c := g.newClient(t, v.path, v.token, app())
			read := c.do(t, http.MethodGet, nil)
			if read.status != http.StatusOK {
				t.Fatalf("read: %d %s", read.status, read.raw)
			}
			read.checkRegistration(t, g.url+v.path)
			// RFC 7592 section 2.1: as the registration's answer, but for the time
			// of issue, which Keycloak tells once.
			if got, want := without(read.body, "client_id_issued_at"), without(c.answer.body, "client_id_issued_at"); !sameScopes(got, want) {
				t.Errorf("read\n%v\nregistered\n%v", got, want)
			}

			old := c.token
			changed := c.update(t, app("client_id", c.id, "client_name", "Renamed"))
			if changed.text("client_name") != "Renamed" || changed.text("client_id") != c.id {
				t.Errorf("update: %s", changed.raw)
			}
			if changed.text("client_secret") != c.answer.text("client_secret") {
				t.Error("the update changed the secret")
			}
			if c.token == old {
				t.Error("the update left the token")
			}
			stale := g.do(t, call{method: http.MethodGet, path: c.uri, token: old})
			stale.is(t, http.StatusUnauthorized, "invalid_token")
			if got := c.do(t, http.MethodGet, nil).text("client_name"); got != "Renamed" {
				t.Errorf("after the update the name is %q", got)
			}

			gone := c.do(t, http.MethodDelete, nil)
			if gone.status != http.StatusNoContent || gone.raw != "" {
				t.Errorf("delete: %d %q", gone.status, gone.raw)
			}
			if _, found := g.server.stored(t, g.seenAs, c.id, c.token); found {
				t.Error("the server still has the client")
			}
		})
	}
}

// sameScopes compares two registrations whose scopes and grants may stand in any
// order: nobody knows at a read in which they were asked for.
func sameScopes(a, b map[string]any) bool {
	scopes := func(m map[string]any) []string { return slices.Sorted(strings.FieldsSeq(text(m, "scope"))) }
	grants := func(m map[string]any) []string { return slices.Sorted(slices.Values(list(m, "grant_types"))) }
	return slices.Equal(scopes(a), scopes(b)) && slices.Equal(grants(a), grants(b)) &&
		reflect.DeepEqual(without(a, "scope", "grant_types"), without(b, "scope", "grant_types"))
}

// testStrangers: a wrong token, an unknown client, somebody else's and a deleted
// one are not to be told apart (RFC 7592 section 2.1).
func testStrangers(t *testing.T, g *gateway) {
	token := g.initialAccessToken(t, 3)
	mine, other, deleted := g.newClient(t, plain, token, app()), g.newClient(t, plain, token, app()), g.newClient(t, plain, token, app())
	deleted.do(t, http.MethodDelete, nil)
	const unknown = "0b8cc6ae-0e4d-4d2e-8d9b-6d7a5fca6a0f"
	forged := sign(t, "not the server's", map[string]any{"alg": "HS512"}, with(portalClaims(), "typ", "RegistrationAccessToken"))

	var first *answer
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
		for _, c := range []struct{ name, uri, id, token string }{
			{"an unknown client", g.url + plain + "/" + unknown, unknown, mine.token},
			{"somebody else's", other.uri, other.id, mine.token},
			{"deleted", deleted.uri, deleted.id, deleted.token},
			{"a forged token", mine.uri, mine.id, forged},
		} {
			t.Run(method+" "+c.name, func(t *testing.T) {
				request := call{method: method, path: c.uri, token: c.token}
				if method == http.MethodPut {
					request.body = app("client_id", c.id)
				}
				a := g.do(t, request)
				a.is(t, http.StatusUnauthorized, "invalid_token")
				if first == nil {
					first = a
				}
				if a.raw != first.raw || a.header.Get("WWW-Authenticate") != first.header.Get("WWW-Authenticate") {
					t.Errorf("this answer can be told from another:\n%s %s\n%s %s",
						a.raw, a.header.Get("WWW-Authenticate"), first.raw, first.header.Get("WWW-Authenticate"))
				}
				for _, x := range a.upstream {
					if x.method == http.MethodPut {
						t.Error("the update reached the server")
					}
				}
			})
		}
	}
	if got := other.do(t, http.MethodGet, nil); got.status != http.StatusOK {
		t.Errorf("the other client afterwards: %d", got.status)
	}
}

func testUpdate(t *testing.T, g *gateway) {
	newClient := func(t *testing.T, members ...any) *client {
		t.Helper()
		return g.newClient(t, plain, g.initialAccessToken(t, 1), app(members...))
	}

	t.Run("who asks is judged before the body is read", func(t *testing.T) {
		c := newClient(t)
		a := g.do(t, call{method: http.MethodPut, path: c.uri, token: g.initialAccessToken(t, 1), body: "{"})
		a.refused(t, http.StatusUnauthorized, "invalid_token")
		a = g.do(t, call{method: http.MethodPut, path: c.uri, token: newClient(t).token, body: "{"})
		a.refused(t, http.StatusUnauthorized, "invalid_token")
		a = c.do(t, http.MethodPut, "{")
		a.refused(t, http.StatusBadRequest, "invalid_client_metadata", "json")
	})

	t.Run("everything that was read, sent back", func(t *testing.T) {
		for _, document := range []map[string]any{
			app(),
			app("token_endpoint_auth_method", "none", "redirect_uris", []any{"com.example.app:/callback"}),
			app("grant_types", []any{"authorization_code", "refresh_token"}, "scope", "openid patient/Observation.rs"),
			backend(t, g, "scope", "system/*.rs"),
		} {
			path := plain
			if document["scope"] == "system/*.rs" {
				path = wide
			}
			c := g.newClient(t, path, g.initialAccessToken(t, 1), document)
			before := g.stored(t, c.answer)
			read := c.do(t, http.MethodGet, nil)
			a := c.update(t, read.body)
			if !sameScopes(without(a.body, "registration_access_token"), without(read.body, "registration_access_token")) {
				t.Errorf("updated\n%v\nread\n%v", a.body, read.body)
			}
			if after := g.stored(t, a); !reflect.DeepEqual(after, before) {
				t.Errorf("the server holds\n%+v, before\n%+v", after, before)
			}
		}
	})

	t.Run("everything that was registered, sent back", func(t *testing.T) {
		c := newClient(t, "logo_uri", "https://client.example.org/logo.png")
		c.update(t, c.answer.body)
	})

	t.Run("no client_id", func(t *testing.T) {
		newClient(t).do(t, http.MethodPut, app()).refused(t, http.StatusBadRequest, "invalid_client_metadata", "client_id")
	})
	for _, refusal := range []struct {
		name    string
		members []any // of the update; the client is a plain app
		pointer string
		code    string
	}{
		{"client_id null", []any{"client_id", nil}, "/client_id", "invalid_client_metadata"},
		{"another client_id", []any{"client_id", "another"}, "/client_id", "invalid_client_metadata"},
		{"another secret", []any{"client_secret", "chosen-by-the-caller-55d1"}, "/client_secret", "invalid_client_metadata"},
		{"a grant more", []any{"grant_types", []any{"authorization_code", "refresh_token"}}, "/grant_types/1", "invalid_client_metadata"},
		{"client_credentials", []any{"grant_types", []any{"authorization_code", "client_credentials"}}, "/grant_types/1", "invalid_client_metadata"},
		{"a forbidden grant", []any{"grant_types", []any{"password"}}, "/grant_types/0", "invalid_client_metadata"},
		{"another host", []any{"redirect_uris", []any{"https://client.example.org/callback", "https://other.example.org/callback"}}, "/redirect_uris/1", "invalid_redirect_uri"},
		{"another scheme", []any{"redirect_uris", []any{"com.example.app:/callback"}}, "/redirect_uris/0", "invalid_redirect_uri"},
		{"no redirect URI", []any{"redirect_uris", []any{}}, "/redirect_uris", "invalid_redirect_uri"},
		{"no authentication", []any{"token_endpoint_auth_method", "none"}, "/token_endpoint_auth_method", "invalid_client_metadata"},
		{"a bad logo", []any{"logo_uri", "javascript:alert(1)"}, "/logo_uri", "invalid_client_metadata"},
	} {
		t.Run(refusal.name, func(t *testing.T) {
			c := newClient(t)
			before := g.stored(t, c.answer)
			a := c.do(t, http.MethodPut, with(app("client_id", c.id), refusal.members...))
			a.refused(t, http.StatusBadRequest, a.text("error"))
			// That it was a web app is a second reason where the server has kept it.
			if code := a.text("error"); code != refusal.code && (g.has("missing_echoes") || !strings.Contains(a.raw, "/application_type")) {
				t.Errorf("error is %q, want %q", code, refusal.code)
			}
			if !slices.ContainsFunc(a.violations(), func(v map[string]any) bool { return v["pointer"] == refusal.pointer }) {
				t.Errorf("violations %v, want one at %s", a.violations(), refusal.pointer)
			}
			if after := g.stored(t, c.answer); !reflect.DeepEqual(after, before) {
				t.Errorf("the server holds\n%+v, before\n%+v", after, before)
			}
			if read := c.do(t, http.MethodGet, nil); read.status != http.StatusOK {
				t.Errorf("a refused update took the token away: %d", read.status)
			}
		})
	}

	t.Run("a scope more, where the policy would let a new client have it", func(t *testing.T) {
		c := newClient(t, "scope", "openid patient/Observation.rs")
		a := g.do(t, call{
			method: http.MethodPut, path: g.url + wide + "/" + c.id, token: c.token,
			body: app("client_id", c.id, "scope", "openid patient/Observation.rs system/*.rs"),
		})
		a.refused(t, http.StatusBadRequest, "invalid_client_metadata", "widening")
	})
	t.Run("a weaker authentication than a key", func(t *testing.T) {
		c := g.newClient(t, wide, g.initialAccessToken(t, 1), backend(t, g, "scope", "system/*.rs"))
		a := c.do(t, http.MethodPut, without(backend(t, g, "client_id", c.id, "token_endpoint_auth_method", "client_secret_basic"), "jwks"))
		a.refused(t, http.StatusBadRequest, "invalid_client_metadata", "widening")
	})
	t.Run("meets the policy", func(t *testing.T) {
		c := newClient(t)
		document := app("client_id", c.id, "scope", "patient/Observation.rs")
		put := call{method: http.MethodPut, path: g.url + strict + "/" + c.id, token: c.token, body: without(document, "client_name")}
		a := g.do(t, put)
		a.refused(t, http.StatusBadRequest, "invalid_client_metadata", "essential")
		put.body = document
		a = g.do(t, put)
		if !g.has("missing_echoes") {
			// The policy's software_id is not the client's, as far as the server tells.
			a.refused(t, http.StatusBadRequest, "invalid_client_metadata", "essential", "widening")
			return
		}
		// contacts are essential there too. Keycloak does not return them, so an
		// update is not asked for them.
		if a.status != http.StatusOK {
			t.Errorf("%d %s", a.status, a.raw)
		}
	})

	t.Run("less of everything", func(t *testing.T) {
		c := newClient(t,
			"grant_types", []any{"authorization_code", "refresh_token"},
			"redirect_uris", []any{"https://client.example.org/callback", "https://client.example.org/second"})
		key := without(newKey(t, g), "d")
		a := c.update(t, app("client_id", c.id,
			"redirect_uris", []any{"https://client.example.org/third"}, // another path of the same origin
			"scope", "openid patient/Observation.rs",
			"token_endpoint_auth_method", "private_key_jwt", "jwks", map[string]any{"keys": []any{key}}))
		if got := a.text("scope"); got != "openid patient/Observation.rs" {
			t.Errorf("scope %q", got)
		}
		grants := []string{"authorization_code"}
		if g.has("refresh_token_kept") {
			grants = append(grants, "refresh_token")
		}
		g.holds(t, a, record{
			Name:           "App",
			Authentication: "key",
			Grants:         grants,
			Scopes:         []string{"patient/Observation.rs"},
			RedirectURIs:   []string{"https://client.example.org/third"},
		})
	})
	t.Run("without a scope it keeps the default ones that it has", func(t *testing.T) {
		for _, scope := range []string{"patient/*.rs", "launch/patient openid fhirUser patient/*.rs"} {
			c := newClient(t, "scope", scope)
			before := g.stored(t, c.answer)
			if after := g.stored(t, c.update(t, app("client_id", c.id))); !reflect.DeepEqual(after, before) {
				t.Errorf("the server holds\n%+v, before\n%+v", after, before)
			}
		}
	})
}
