package docs_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"golang.org/x/oauth2"
)

func testBackendService(t *testing.T, c *chain) {
	key := newServiceKey(t)
	body := key.in(t, shownBody(t, "A backend service"))
	answer := c.register(t, portalToken(t), body)
	id := answer["client_id"].(string)
	service := key.config(id, c.endpoint.TokenURL)

	t.Run("gets a token", func(t *testing.T) {
		token, err := service(t, "system/*.rs").Token(c.context(t))
		if err != nil {
			t.Fatal(err)
		}
		claims := c.claims(t, token.AccessToken)
		sameSet(t, "scope", words(claims["scope"]), []string{"system/*.rs"})
		sameSet(t, "aud", list(claims["aud"]), []string{fhirServer})
		sameSet(t, "roles", roles(claims), nil)
		asShown(t, "A backend service", claims)
	})
	t.Run("asks for nothing", func(t *testing.T) {
		token, err := service(t).Token(c.context(t))
		if err != nil {
			t.Fatal(err)
		}
		claims := c.claims(t, token.AccessToken)
		sameSet(t, "scope", words(claims["scope"]), nil)
		sameSet(t, "aud", list(claims["aud"]), nil)
	})
	for _, scopes := range [][]string{
		{"system/*.rs", "patient/*.rs"}, // of the realm, and not registered
		{"system/Observation.rs"},       // covered by one that is
	} {
		t.Run("asks for "+strings.Join(scopes, " "), func(t *testing.T) {
			_, err := service(t, scopes...).Token(c.context(t))
			refusedWith(t, err, "invalid_scope")
		})
	}
	t.Run("signs with another key", func(t *testing.T) {
		_, err := newServiceKey(t).config(id, c.endpoint.TokenURL)(t, "system/*.rs").Token(c.context(t))
		refusedWith(t, err, "invalid_client")
	})
	t.Run("uses an assertion twice", func(t *testing.T) {
		config := service(t, "system/*.rs")
		if _, err := config.Token(c.context(t)); err != nil {
			t.Fatal(err)
		}
		_, err := config.Token(c.context(t))
		refusedWith(t, err, "invalid_client")
	})
	t.Run("has no code flow", func(t *testing.T) { testServiceCodeFlow(t, c, body) })
}

// testServiceCodeFlow: up to 26.0, Keycloak leaves the code flow on for every
// client. A redirect URI is all that it then needs.
func testServiceCodeFlow(t *testing.T, c *chain, body string) {
	var document map[string]any
	if err := json.Unmarshal([]byte(body), &document); err != nil {
		t.Fatal(err)
	}
	document["redirect_uris"] = []string{callback}
	changed, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	answer := c.register(t, portalToken(t), string(changed))
	leftOn := c.version == "26.0.8"
	if got := list(answer["grant_types"]); slices.Contains(got, "authorization_code") != leftOn {
		t.Errorf("the answer's grant types are %q", got)
	}
	sameSet(t, "redirect_uris", list(answer["redirect_uris"]), nil)
	app := oauth2.Config{ClientID: answer["client_id"].(string), Endpoint: c.endpoint, RedirectURL: callback, Scopes: []string{"openid"}}
	seen := amy.visit(t, c.client, app.AuthCodeURL("state", oauth2.S256ChallengeOption(oauth2.GenerateVerifier())))
	if seen.signedIn || seen.answer != nil || !strings.Contains(seen.page, "Invalid parameter: redirect_uri") {
		t.Errorf("%+v", seen)
	}
}
