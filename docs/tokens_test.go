package docs_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jwt"
	"golang.org/x/oauth2"

	"github.com/caddy-smart/smartregistration/internal/keycloaktest"
)

const (
	keycloakPage = "docs/keycloak.md"
	issuer       = "https://auth.example.org/realms/fhir"
	fhirServer   = "https://fhir.example.org"
	callback     = "https://client.example.org/callback"
)

// amy is the user whom the page's lines make.
var amy = visitor{"amy", "a-password-for-trying-things-out"}

// byHand makes a client that differs from a registered one in what the page
// says: it has full scope and the realm's default scopes, and needs no consent.
const byHand = `
kcadm.sh create clients -r fhir -s clientId=by-hand -s secret=by-hand -s 'redirectUris=["` + callback + `"]' \
	-s fullScopeAllowed=true
`

// chain is all that is between an app and its token.
type chain struct {
	version  string
	server   *keycloaktest.Server
	gateway  gateway
	client   *http.Client
	endpoint oauth2.Endpoint
	keys     jwk.Set
	token    string // an initial access token
}

// TestTokens does what docs/keycloak.md says, with an app's own libraries
// for what comes after the registration.
func TestTokens(t *testing.T) {
	for _, version := range []string{keycloaktest.DefaultVersion, "26.0.8"} {
		t.Run(version, func(t *testing.T) {
			c := newChain(t, version)
			testChain(t, c)
			if version == keycloaktest.DefaultVersion {
				t.Run("probe", func(t *testing.T) { testProbe(t, c.server) }) // last: it starts gateways of its own
			}
		})
	}
}

func testChain(t *testing.T, c *chain) {
	t.Run("patient app", func(t *testing.T) { testPatientApp(t, c) })
	t.Run("backend service", func(t *testing.T) { testBackendService(t, c) })
}

// newChain starts a Keycloak and a gateway as the page says.
func newChain(t *testing.T, version string) *chain {
	t.Helper()
	server := keycloaktest.Run(t, keycloaktest.Options{Version: version, Hostname: "https://auth.example.org"})
	var lines string
	for _, b := range blocks(t, keycloakPage) {
		if b.language == "sh" && strings.Contains(b.text, "kcadm.sh") {
			lines += b.text
		}
	}
	c := connect(t, version, server.URL(), runKcadm(t, server, lines+byHand))
	c.server = server
	return c
}

// connect starts the page's gateway in front of a Keycloak that is set up.
func connect(t *testing.T, version, serverURL, token string) *chain {
	t.Helper()
	caddyfile := strings.ReplaceAll(blocksBelow(t, keycloakPage, "The gateway", whole)[0], "http://localhost:8180", serverURL)
	g := run(t, caddyfile, strings.TrimPrefix(serverURL, "http://"))
	c := &chain{version: version, gateway: g, client: throughGateway(t, g), token: token}
	response, err := c.client.Get(issuer + "/.well-known/openid-configuration")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var discovered struct {
		Authorization string `json:"authorization_endpoint"`
		Token         string `json:"token_endpoint"`
		Keys          string `json:"jwks_uri"`
	}
	if err := json.NewDecoder(response.Body).Decode(&discovered); err != nil {
		t.Fatal(err)
	}
	// Told how, oauth2 does not try the other way after a refusal.
	c.endpoint = oauth2.Endpoint{
		AuthURL:   discovered.Authorization,
		TokenURL:  discovered.Token,
		AuthStyle: oauth2.AuthStyleInHeader, // client_secret_basic
	}
	if c.keys, err = jwk.Fetch(t.Context(), discovered.Keys, jwk.WithHTTPClient(c.client)); err != nil {
		t.Fatal(err)
	}
	return c
}

// context is one in which oauth2 goes through the gateway.
func (c *chain) context(t *testing.T) context.Context {
	return context.WithValue(t.Context(), oauth2.HTTPClient, c.client)
}

// register sends a registration that has to succeed, and returns the answer.
func (c *chain) register(t *testing.T, token, body string) map[string]any {
	t.Helper()
	status, answer := register(t, c.gateway, token, body)
	if status != http.StatusCreated {
		t.Fatalf("%d %v", status, answer)
	}
	return answer
}

// shownBody is the registration that the page shows below a heading.
func shownBody(t *testing.T, heading string) string {
	t.Helper()
	bodies := firstGroups(`(?s)-d '(\{.*?\})'`, strings.Join(blocksBelow(t, keycloakPage, heading, "sh"), ""))
	if len(bodies) != 1 {
		t.Fatalf("%d registrations below %q", len(bodies), heading)
	}
	return bodies[0]
}

// claims verifies an access token as a FHIR server would, but for the audience,
// and returns what is in it.
func (c *chain) claims(t *testing.T, token string) map[string]any {
	t.Helper()
	parsed, err := jwt.ParseString(token, jwt.WithKeySet(c.keys), jwt.WithIssuer(issuer))
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(parsed)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("token: %s", encoded)
	var claims map[string]any
	if err := json.Unmarshal(encoded, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// portalToken is an initial access token as the page's developer portal signs
// them, with the secret that both have in a file.
func portalToken(t *testing.T) string {
	t.Helper()
	token, err := jwt.NewBuilder().Issuer("https://portal.example.org").Audience([]string{"https://auth.example.org/register"}).
		IssuedAt(time.Now()).Expiration(time.Now().Add(time.Minute)).JwtID(rand.Text()).Build()
	if err != nil {
		t.Fatal(err)
	}
	secret := strings.TrimSpace(read(t, "testdata/caddyfiles/secret"))
	signed, err := jwt.Sign(token, jwt.WithKey(jwa.HS256, []byte(secret)))
	if err != nil {
		t.Fatal(err)
	}
	return string(signed)
}

// refusedWith looks at what the token endpoint says.
func refusedWith(t *testing.T, err error, code string) {
	t.Helper()
	var refusal *oauth2.RetrieveError
	if !errors.As(err, &refusal) || refusal.ErrorCode != code {
		t.Errorf("%v, not %s", err, code)
		return
	}
	t.Logf("%s: %s", refusal.ErrorCode, refusal.ErrorDescription)
}

// roles are a token's realm roles, where the page's mapper puts them.
func roles(claims map[string]any) []string {
	access, _ := claims["realm_access"].(map[string]any)
	return list(access["roles"])
}

// list reads a claim that is one string or several.
func list(claim any) []string {
	if one, ok := claim.(string); ok {
		return []string{one}
	}
	var texts []string
	several, _ := claim.([]any)
	for _, element := range several {
		texts = append(texts, element.(string))
	}
	return texts
}

func words(claim any) []string {
	text, _ := claim.(string)
	return strings.Fields(text)
}

// sameSet compares without order: Keycloak has none.
func sameSet(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// asShown compares a token with the one that the page shows below a heading.
func asShown(t *testing.T, heading string, claims map[string]any) {
	t.Helper()
	var shown map[string]any
	if err := json.Unmarshal([]byte(blocksBelow(t, keycloakPage, heading, "json")[0]), &shown); err != nil {
		t.Fatal(err)
	}
	for name, want := range shown {
		switch name {
		case "sub", "azp", "client_id", "iat", "exp": // another each time
			if claims[name] == nil {
				t.Errorf("there is no %s", name)
			}
		case "scope":
			sameSet(t, name, words(claims[name]), words(want))
		case "aud":
			sameSet(t, name, list(claims[name]), list(want))
		default:
			if !reflect.DeepEqual(claims[name], want) {
				t.Errorf("%s: shown is %v, what comes is %v", name, want, claims[name])
			}
		}
	}
}
