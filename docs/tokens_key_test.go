package docs_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/url"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jwt"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// serviceKey is a backend service's key, which proves who it is.
type serviceKey struct{ jwk.Key }

func newServiceKey(t *testing.T) serviceKey {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := jwk.FromRaw(private)
	if err != nil {
		t.Fatal(err)
	}
	if err := key.Set(jwk.KeyIDKey, "1"); err != nil {
		t.Fatal(err)
	}
	return serviceKey{key}
}

// in returns a registration with the key's public half in place of the one that
// the page shows.
func (k serviceKey) in(t *testing.T, body string) string {
	t.Helper()
	var document map[string]any
	if err := json.Unmarshal([]byte(body), &document); err != nil {
		t.Fatal(err)
	}
	public, err := k.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	document["jwks"] = map[string]any{"keys": []any{public}}
	changed, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	return string(changed)
}

// config returns what asks for tokens, each time with a new assertion as SMART
// Backend Services describes it: Keycloak takes one once.
func (k serviceKey) config(clientID, tokenEndpoint string) func(t *testing.T, scopes ...string) *clientcredentials.Config {
	return func(t *testing.T, scopes ...string) *clientcredentials.Config {
		t.Helper()
		assertion, err := jwt.NewBuilder().
			Issuer(clientID).Subject(clientID).Audience([]string{tokenEndpoint}).
			Expiration(time.Now().Add(time.Minute)).JwtID(rand.Text()).Build()
		if err != nil {
			t.Fatal(err)
		}
		signed, err := jwt.Sign(assertion, jwt.WithKey(jwa.ES384, k.Key))
		if err != nil {
			t.Fatal(err)
		}
		return &clientcredentials.Config{
			ClientID:  clientID,
			TokenURL:  tokenEndpoint,
			Scopes:    scopes,
			AuthStyle: oauth2.AuthStyleInParams,
			EndpointParams: url.Values{
				"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
				"client_assertion":      {string(signed)},
			},
		}
	}
}
