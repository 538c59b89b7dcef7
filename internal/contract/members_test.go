package contract

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"
)

func testMembers(t *testing.T, g *gateway) {
	t.Run("what the server does not know is ignored", func(t *testing.T) {
		a := g.register(t, plain, g.initialAccessToken(t, 1), app(
			"fhir_versions", []any{"4.0.1"}, "launch_url", "https://client.example.org/launch", "udap", "1",
			"client_name#de", "Anwendung", "Redirect_URIs", []any{"https://elsewhere.example.org/callback"},
			"nested", map[string]any{"anything": []any{1, nil, true}},
		))
		unknown := []string{"fhir_versions", "launch_url", "udap", "Redirect_URIs", "nested"}
		if g.has("unknown_members") {
			unknown = append(unknown, "client_name#de") // RFC 7591 section 2.2 has it
		}
		for _, name := range unknown {
			if _, there := a.body[name]; there {
				t.Errorf("the answer has %s, which nobody has registered", name)
			}
			if _, sent := a.sent(t)[name]; sent {
				t.Errorf("the server was sent %s", name)
			}
		}
		if got := a.list("redirect_uris"); !slices.Equal(got, []string{"https://client.example.org/callback"}) {
			t.Errorf("redirect_uris %q", got)
		}
	})

	t.Run("what the server stores and does not tell is told", func(t *testing.T) {
		document := app(
			"logo_uri", "https://client.example.org/logo.png", "policy_uri", "https://client.example.org/policy",
			"tos_uri", "https://client.example.org/terms", "client_uri", "https://client.example.org/")
		a := g.register(t, plain, g.initialAccessToken(t, 1), document)
		for _, name := range []string{"logo_uri", "policy_uri", "tos_uri", "client_uri"} {
			if a.text(name) != document[name] {
				t.Errorf("%s is %q, want %q", name, a.text(name), document[name])
			}
		}
	})

	t.Run("client_id and client_secret are the server's to choose", func(t *testing.T) {
		const chosen = "chosen-by-the-caller-6f0a"
		g.secrets.keep("a secret that the caller chose", chosen)
		a := g.register(t, plain, g.initialAccessToken(t, 1), app(
			"client_id", "chosen", "client_secret", chosen, "client_secret_expires_at", 1,
			"registration_access_token", chosen, "registration_client_uri", "https://elsewhere.example.org/"))
		if a.text("client_id") == "chosen" || a.text("client_secret") == chosen {
			t.Errorf("the caller chose: %s", a.raw)
		}
		for _, name := range []string{"client_id", "client_secret", "client_secret_expires_at", "registration_access_token", "registration_client_uri"} {
			if _, sent := a.sent(t)[name]; sent {
				t.Errorf("the server was sent %s", name)
			}
		}
	})

	t.Run("the server is left no default", func(t *testing.T) {
		a := g.register(t, plain, g.initialAccessToken(t, 1), app())
		for _, name := range []string{"grant_types", "response_types", "token_endpoint_auth_method", "scope"} {
			if _, sent := a.sent(t)[name]; !sent {
				t.Errorf("the server was not sent %s", name)
			}
		}
	})

	t.Run("null and empty strings are absent", func(t *testing.T) {
		a := g.register(t, plain, g.initialAccessToken(t, 1), app(
			"logo_uri", "", "contacts", []any{""}, "tos_uri", nil, "jwks", nil,
			"redirect_uris", []any{"", "https://client.example.org/callback"}))
		for _, name := range []string{"logo_uri", "contacts", "tos_uri", "jwks"} {
			if _, sent := a.sent(t)[name]; sent {
				t.Errorf("the server was sent %s", name)
			}
		}
	})

	t.Run("redirect URIs keep their order and lose their doubles", func(t *testing.T) {
		uris := []string{
			"https://z.example.org/callback", "https://a.example.org/callback", "https://m.example.org/callback",
			"https://b.example.org/callback", "https://y.example.org/callback",
		}
		asked := []any{uris[0]}
		for _, uri := range uris {
			asked = append(asked, uri)
		}
		a := g.register(t, plain, g.initialAccessToken(t, 1), app("redirect_uris", asked))
		if got := a.list("redirect_uris"); !slices.Equal(got, uris) {
			t.Errorf("redirect_uris %q, want %q", got, uris)
		}
	})

	t.Run("the policy's value replaces and its demands refuse", func(t *testing.T) {
		a := g.register(t, strict, portalToken(t), app("contacts", []any{"dev@example.org"}, "software_id", "mine"))
		if got := a.sent(t)["software_id"]; got != "contract" {
			t.Errorf("the server was sent the software_id %v", got)
		}
		a = g.do(t, call{path: strict, token: portalToken(t), body: without(app("token_endpoint_auth_method", "none"), "client_name")})
		a.refused(t, http.StatusBadRequest, "invalid_client_metadata")
		var at []string
		for _, v := range a.violations() {
			at = append(at, text(v, "pointer"))
		}
		slices.Sort(at)
		if want := []string{"/client_name", "/contacts", "/token_endpoint_auth_method"}; !slices.Equal(at, want) {
			t.Errorf("violations at %q, want %q", at, want)
		}
	})
}

// sent is the document that the server was sent.
func (a *answer) sent(t *testing.T) map[string]any {
	t.Helper()
	var document map[string]any
	if err := json.Unmarshal(a.upstream[len(a.upstream)-1].body, &document); err != nil {
		t.Fatal(err)
	}
	return document
}

// testExplain: who can forge a token is told which rules there are, and not what
// they would let through.
func testExplain(t *testing.T, g *gateway) {
	document := app("grant_types", []any{"authorization_code", "password"}, "scope", "system/*.rs")
	for _, c := range []struct {
		name, path, token string
		allowed           bool
	}{
		{"the server's own token", plain, g.initialAccessToken(t, 1), false},
		{"a token of the portal", portal, portalToken(t), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := g.do(t, call{path: c.path, token: c.token, body: document})
			a.refused(t, http.StatusBadRequest, "invalid_client_metadata", "grant_type", "scope_none_left")
			at := map[string]string{}
			for _, v := range a.violations() {
				at[text(v, "rule")] = text(v, "pointer")
				if _, told := v["allowed"]; told != c.allowed {
					t.Errorf("violation %v: told what is allowed: %t", v, told)
				}
			}
			if at["grant_type"] != "/grant_types/1" || at["scope_none_left"] != "/scope" {
				t.Errorf("pointers %v", at)
			}
		})
	}
}
