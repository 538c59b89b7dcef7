package upstream

import (
	"slices"
	"strings"
	"testing"
)

func TestNamed(t *testing.T) {
	t.Parallel()
	if !slices.Equal(Names(), []string{"keycloak", "generic"}) {
		t.Errorf("dialects %v", Names())
	}
	for _, name := range Names() {
		if d, err := Named(name); err != nil || d.Name != name {
			t.Errorf("%s: %v, %v", name, d, err)
		}
	}
	for _, name := range []string{"", "Keycloak", "auth0"} {
		if d, err := Named(name); err == nil || d != nil || !strings.Contains(err.Error(), "keycloak generic") {
			t.Errorf("%q: %v, %v", name, d, err)
		}
	}
}

// A server that keeps to RFC 7591 gets what was decided, as far as it is
// registered metadata, and is believed.
func TestGeneric(t *testing.T) {
	t.Parallel()
	const decided = `{"software_statement":"x","scope":"openid","client_name#de":"A","jwks":{"keys":[{"kty":"EC"}]},"enabled":true,"response_types":[]}`
	const sent = `{"software_statement":"x","scope":"openid","client_name#de":"A","jwks":{"keys":[{"kty":"EC"}]},"response_types":[]}`
	from := document(t, decided)
	out, fired := generic.Outgoing(from)
	if string(out.Encode()) != sent || fired != nil {
		t.Errorf("sent %s, fired %v", out.Encode(), fired)
	}
	if string(from.Encode()) != decided {
		t.Errorf("the decided document became %s", from.Encode())
	}
	registered, fired := generic.Registered(
		document(t, `{"client_id":"a","response_types":["none"],"logo_uri#de":"l","token_endpoint_auth_method":"client_secret_basic","secret_note":"x"}`),
		document(t, `{"token_endpoint_auth_method":"client_secret_post","logo_uri":"l"}`),
	)
	const want = `{"client_id":"a","response_types":["none"],"logo_uri#de":"l","token_endpoint_auth_method":"client_secret_basic"}`
	if string(registered.Encode()) != want || fired != nil {
		t.Errorf("registered %s, fired %v", registered.Encode(), fired)
	}
}

func TestSettleOrder(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, reply, decided, want string }{
		{
			"redirect URIs as asked",
			`{"redirect_uris":["https://b/","https://c/","https://a/"]}`,
			`{"redirect_uris":["https://c/","https://a/","https://b/"]}`,
			`{"redirect_uris":["https://c/","https://a/","https://b/"]}`,
		},
		{
			"what was not asked for comes last, sorted",
			`{"redirect_uris":["https://z/","https://b/","https://y/","https://a/"]}`,
			`{"redirect_uris":["https://b/","https://a/"]}`,
			`{"redirect_uris":["https://b/","https://a/","https://y/","https://z/"]}`,
		},
		{
			"asked twice",
			`{"redirect_uris":["https://a/","https://b/"]}`,
			`{"redirect_uris":["https://b/","https://b/","https://a/"]}`,
			`{"redirect_uris":["https://b/","https://a/"]}`,
		},
		{
			"repeated in the reply",
			`{"contacts":["b","a","b"]}`, `{"contacts":["b"]}`, `{"contacts":["b","b","a"]}`,
		},
		{
			"the other sets",
			`{"grant_types":["refresh_token","authorization_code"],"post_logout_redirect_uris":["b","a"],"request_uris":["b","a"],"response_types":["b","a"]}`,
			`{"grant_types":["authorization_code","refresh_token"]}`,
			`{"grant_types":["authorization_code","refresh_token"],"post_logout_redirect_uris":["a","b"],"request_uris":["a","b"],"response_types":["a","b"]}`,
		},
		{"scopes", `{"scope":"c b a"}`, `{"scope":"b  a"}`, `{"scope":"b a c"}`},
		{"a list in an order that counts", `{"default_acr_values":["b","a"]}`, `{}`, `{"default_acr_values":["b","a"]}`},
		{"not what it should be", `{"redirect_uris":"b a","scope":["b","a"]}`, `{}`, `{"redirect_uris":"b a","scope":["b","a"]}`},
		{"nothing", `{}`, `{"redirect_uris":["https://a/"],"scope":"a"}`, `{}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			registered := document(t, test.reply)
			settleOrder(registered, document(t, test.decided))
			if got := string(registered.Encode()); got != test.want {
				t.Errorf("settled as %s, want %s", got, test.want)
			}
		})
	}
	t.Run("on a read", func(t *testing.T) {
		t.Parallel()
		registered := document(t, `{"redirect_uris":["https://b/","https://a/"],"scope":"b a"}`)
		settleOrder(registered, nil)
		if got := string(registered.Encode()); got != `{"redirect_uris":["https://a/","https://b/"],"scope":"a b"}` {
			t.Errorf("settled as %s", got)
		}
	})
}
