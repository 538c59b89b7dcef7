package contract

import (
	"encoding/json"
	"reflect"
	"testing"
)

// seed is the registration that the project began with.
const seed = `{"redirect_uris":["https://client.example.org/callback"],"client_name":"My Example Client",` +
	`"logo_uri":"https://client.example.org/logo.png","token_endpoint_auth_method":"client_secret_basic",` +
	`"contacts":["ve7jtb@example.org"]}`

// seedAnswer is all that is answered to it, but for what is made by chance.
// contacts are not in it: Keycloak takes them and keeps none.
const seedAnswer = `{
	"redirect_uris": ["https://client.example.org/callback"],
	"grant_types": ["authorization_code"],
	"response_types": ["code"],
	"client_name": "My Example Client",
	"logo_uri": "https://client.example.org/logo.png",
	"token_endpoint_auth_method": "client_secret_basic",
	"scope": "launch/patient openid fhirUser patient/*.rs",
	"client_secret_expires_at": 0,
	"post_logout_redirect_uris": ["https://client.example.org/callback"],
	"request_uris": [],
	"subject_type": "public",
	"backchannel_logout_session_required": false,
	"dpop_bound_access_tokens": false,
	"frontchannel_logout_session_required": false,
	"require_pushed_authorization_requests": false,
	"tls_client_certificate_bound_access_tokens": false
}`

// seedAnswerProvider is what oidc-provider's clients are besides.
const seedAnswerProvider = `{
	"redirect_uris": ["https://client.example.org/callback"],
	"grant_types": ["authorization_code"],
	"response_types": ["code"],
	"application_type": "web",
	"client_name": "My Example Client",
	"contacts": ["ve7jtb@example.org"],
	"logo_uri": "https://client.example.org/logo.png",
	"token_endpoint_auth_method": "client_secret_basic",
	"scope": "launch/patient openid fhirUser patient/*.rs",
	"client_secret_expires_at": 0,
	"post_logout_redirect_uris": [],
	"subject_type": "public",
	"id_token_signed_response_alg": "RS256",
	"require_auth_time": false,
	"dpop_bound_access_tokens": false,
	"require_pushed_authorization_requests": false
}`

func testSeed(t *testing.T, g *gateway) {
	for _, c := range []struct{ name, path, token string }{
		{"with a token of the portal", portal, portalToken(t)},
		{"with the server's own token", plain, g.initialAccessToken(t, 1)},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := g.register(t, c.path, c.token, seed)
			for _, name := range []string{"client_id", "client_secret", "registration_client_uri", "registration_access_token"} {
				if a.text(name) == "" {
					t.Errorf("no %s in the answer", name)
				}
			}
			if issued, _ := a.body["client_id_issued_at"].(float64); issued < 1.7e9 {
				t.Errorf("client_id_issued_at is %v", a.body["client_id_issued_at"])
			}
			got := without(a.body, "client_id", "client_secret", "client_id_issued_at", "registration_client_uri", "registration_access_token")
			var want map[string]any
			expected := seedAnswerProvider
			if g.has("missing_echoes") {
				expected = seedAnswer
			}
			if err := json.Unmarshal([]byte(expected), &want); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("answer\n%v\nwant\n%v", got, want)
			}
			g.holds(t, a, record{
				Name:           "My Example Client",
				Authentication: "secret",
				Grants:         []string{"authorization_code"},
				Scopes:         []string{"fhirUser", "launch/patient", "patient/*.rs"},
				RedirectURIs:   []string{"https://client.example.org/callback"},
			})
		})
	}

	t.Run("the portal's token stays at the gateway", func(t *testing.T) {
		token := portalToken(t)
		a := g.register(t, portal, token, seed)
		if got := a.upstream[0].header.Get("Authorization"); got == "Bearer "+token {
			t.Error("the server was sent the portal's token")
		}
	})
}
