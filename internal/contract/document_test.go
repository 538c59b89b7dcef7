package contract

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"maps"
	"reflect"
	"testing"
)

// app is a web app with a user, as short as it can be, with members added.
func app(members ...any) map[string]any {
	return with(map[string]any{
		"client_name": "App", "redirect_uris": []any{"https://client.example.org/callback"},
	}, members...)
}

// backend is a backend service (SMART App Launch 2.2, "Backend Services").
func backend(t *testing.T, g *gateway, members ...any) map[string]any {
	t.Helper()
	return with(map[string]any{
		"client_name": "Backend", "grant_types": []any{"client_credentials"},
		"token_endpoint_auth_method": "private_key_jwt",
		"jwks":                       map[string]any{"keys": []any{without(newKey(t, g), "d")}},
	}, members...)
}

// with is a copy of a document with members set: name, value, name, value.
func with(document map[string]any, members ...any) map[string]any {
	changed := maps.Clone(document)
	for i := 0; i < len(members); i += 2 {
		changed[members[i].(string)] = members[i+1]
	}
	return changed
}

// without is a copy of a document without some of its members.
func without(document map[string]any, names ...string) map[string]any {
	changed := maps.Clone(document)
	for _, name := range names {
		delete(changed, name)
	}
	return changed
}

// newKey is a private signature key (RFC 7518 section 6.2.2) that does not say
// what it is for.
func newKey(t *testing.T, g *gateway) map[string]any {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	private, err := key.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	g.secrets.keep("a private key", encode(private))
	return map[string]any{
		"kty": "EC", "crv": "P-256", "alg": "ES256", "kid": "key-1",
		"x": encode(point[1:33]), "y": encode(point[33:]), "d": encode(private),
	}
}

// holds wants the server to have stored exactly this.
func (g *gateway) holds(t *testing.T, a *answer, want record) {
	t.Helper()
	if got := g.stored(t, a); !reflect.DeepEqual(got, want) {
		t.Errorf("the server holds\n%+v, want\n%+v", got, want)
	}
}
