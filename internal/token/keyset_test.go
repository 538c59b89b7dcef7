package token

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
)

func TestJWTKeys(t *testing.T) {
	t.Parallel()
	signed := func(alg string, key any, kid string) string {
		header := fmt.Sprintf(`{"alg":%q}`, alg)
		if kid != "" {
			header = fmt.Sprintf(`{"alg":%q,"kid":%q}`, alg, kid)
		}
		return sign(alg, key, header, goodClaims())
	}
	rs, ec := publicJWK(rsaKey(), `,"kid":"r"`), publicJWK(ecKey(), `,"kid":"e"`)
	ed := publicJWK(ed25519Key(), `,"kid":"d"`)
	both := jwks(rs, ec)
	other := must(rsa.GenerateKey(rand.Reader, 2048))

	for _, tt := range []struct {
		name string
		set  []byte
		raw  string
		want outcome
	}{
		{"RS256", jwks(rs), signed("RS256", rsaKey(), "r"), admitted},
		{"RS384", jwks(rs), signed("RS384", rsaKey(), "r"), admitted},
		{"RS512", jwks(rs), signed("RS512", rsaKey(), "r"), admitted},
		{"PS256", jwks(rs), signed("PS256", rsaKey(), "r"), admitted},
		{"PS384", jwks(rs), signed("PS384", rsaKey(), "r"), admitted},
		{"PS512", jwks(rs), signed("PS512", rsaKey(), "r"), admitted},
		{"ES256", jwks(ec), signed("ES256", ecKey(), "e"), admitted},
		{"ES384", jwks(publicJWK(ec384Key(), "")), signed("ES384", ec384Key(), ""), admitted},
		{"ES512", jwks(publicJWK(ec521Key(), "")), signed("ES512", ec521Key(), ""), admitted},
		{"EdDSA", jwks(ed), signed("EdDSA", ed25519Key(), "d"), admitted},
		{"PEM", publicPEM(rsaKey()), signed("RS256", rsaKey(), ""), admitted},
		{"PEM, token with kid", publicPEM(rsaKey()), signed("RS256", rsaKey(), "r"), admitted},
		{"PEM, EC", publicPEM(ecKey()), signed("ES256", ecKey(), ""), admitted},
		{"two PEM blocks", slices.Concat(publicPEM(ecKey()), publicPEM(rsaKey())), signed("ES256", ecKey(), ""), admitted},
		{"two PEM blocks, token with kid", slices.Concat(publicPEM(ecKey()), publicPEM(rsaKey())), signed("ES256", ecKey(), "e"), outcome{ErrInvalid, "unknown key"}},
		{"single JWK", []byte(rs), signed("RS256", rsaKey(), "r"), admitted},

		{"kid chooses", both, signed("ES256", ecKey(), "e"), admitted},
		{"kid of another type of key", both, signed("ES256", ecKey(), "r"), outcome{ErrInvalid, "suit the key"}},
		{"kid unknown", both, signed("ES256", ecKey(), "x"), outcome{ErrInvalid, "unknown key"}},
		{"kid in another case", both, signed("ES256", ecKey(), "E"), outcome{ErrInvalid, "unknown key"}},
		{"kid unknown, one named key", jwks(ec), signed("ES256", ecKey(), "x"), outcome{ErrInvalid, "unknown key"}},
		{"kid of another key of the type", jwks(rs, publicJWK(other, `,"kid":"o"`)), signed("RS256", rsaKey(), "o"), outcome{ErrInvalid, "signature"}},
		{"kid shared by two keys", jwks(publicJWK(other, `,"kid":"r"`), rs), signed("RS256", rsaKey(), "r"), admitted},
		{"no kid, one that suits", both, signed("ES256", ecKey(), ""), admitted},
		{"no kid, several that suit", jwks(rs, publicJWK(other, `,"kid":"o"`)), signed("RS256", rsaKey(), ""), outcome{ErrInvalid, "name its key"}},
		{"no kid, none that suits", jwks(ec), signed("RS256", rsaKey(), ""), outcome{ErrInvalid, "algorithm"}},

		{"use sig", jwks(publicJWK(ecKey(), `,"use":"sig"`)), signed("ES256", ecKey(), ""), admitted},
		{"use enc", jwks(ec, publicJWK(rsaKey(), `,"use":"enc","kid":"r"`)), signed("RS256", rsaKey(), "r"), outcome{ErrInvalid, ""}},
		{"key_ops verify", jwks(publicJWK(ecKey(), `,"key_ops":["verify"]`)), signed("ES256", ecKey(), ""), admitted},
		{"key_ops encrypt", jwks(ec, publicJWK(rsaKey(), `,"key_ops":["encrypt"],"kid":"r"`)), signed("RS256", rsaKey(), "r"), outcome{ErrInvalid, ""}},
		{"alg pinned", jwks(publicJWK(rsaKey(), `,"alg":"RS256"`)), signed("RS256", rsaKey(), ""), admitted},
		{"alg pinned to another", jwks(publicJWK(rsaKey(), `,"alg":"PS256"`)), signed("RS256", rsaKey(), ""), outcome{ErrInvalid, "algorithm"}},
		{"alg for encryption", jwks(ec, publicJWK(rsaKey(), `,"alg":"RSA-OAEP","kid":"r"`)), signed("RS256", rsaKey(), "r"), outcome{ErrInvalid, ""}},
		{"ES384 with a P-256 key", jwks(ec), sign("ES384", ecKey(), `{"alg":"ES384"}`, goodClaims()), outcome{ErrInvalid, "algorithm"}},

		{"HS256 with the public key in PEM", publicPEM(rsaKey()), sign("HS256", publicPEM(rsaKey()), `{"alg":"HS256"}`, goodClaims()), outcome{ErrInvalid, "algorithm"}},
		{"HS256 with the public key as JWK", jwks(rs), sign("HS256", []byte(rs), `{"alg":"HS256","kid":"r"}`, goodClaims()), outcome{ErrInvalid, "algorithm"}},
		{"none", jwks(rs), sign("RS256", rsaKey(), `{"alg":"none","kid":"r"}`, goodClaims()), outcome{ErrInvalid, "algorithm"}},
		{"own key in the header", jwks(rs), sign("RS256", other, fmt.Sprintf(`{"alg":"RS256","jwk":%s}`, publicJWK(other, "")), goodClaims()), outcome{ErrInvalid, "signature"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			keys, err := NewStoredJWKS(tt.set)
			if err != nil {
				t.Fatal(err)
			}
			_, err = verify(t, newVerifier(t, keys, nil), tt.raw)
			tt.want.check(t, err)
		})
	}
}

func TestNewStoredJWKS(t *testing.T) {
	t.Parallel()
	ec := publicJWK(ecKey(), "")
	small := publicJWK(smallRSA(), "")
	offCurve := `{"kty":"EC","crv":"P-256","x":"` + b64(make([]byte, 31)) + `AQ","y":"` + b64(make([]byte, 32)) + `"}`
	short := `{"kty":"OKP","crv":"Ed25519","x":"AAAA"}`
	x25519 := `{"kty":"OKP","crv":"X25519","x":"` + b64(make([]byte, 32)) + `"}`
	postQuantum := `{"kty":"AKP","alg":"ML-DSA-44","pub":"AAAA"}`
	for _, tt := range []struct {
		name  string
		data  []byte
		count int    // usable keys
		want  string // or the error
	}{
		{"what cannot be used is left out", jwks(ec, small, offCurve, short, x25519, postQuantum, `{"kty":"RSA"}`, `{}`), 1, ""},
		{"a private key", jwks(ec, privateJWK(ec384Key())), 0, "private"},
		{"a symmetric key", jwks(ec, octJWK("")), 0, "symmetric"},
		{"nothing but a small key", jwks(small), 0, "no key"},
		{"nothing but a key off its curve", jwks(offCurve), 0, "no key"},
		{"empty", jwks(), 0, "no key"},
		{"no file", nil, 0, "not a JSON Web Key Set"},
		{"another object", []byte(`{"issuer":"x"}`), 0, "not a JSON Web Key Set"},
		{"null", []byte(`null`), 0, "not a JSON Web Key Set"},
		{"an array", []byte(`[` + ec + `]`), 0, "not a JSON Web Key Set"},
		{"HTML", []byte(`<html>`), 0, "not a JSON Web Key Set"},
		{"trailing bytes", append(jwks(ec), 'x'), 0, "not a JSON Web Key Set"},
		{"duplicate member", []byte(`{"keys":[` + ec + `],"keys":[` + ec + `]}`), 0, "not a JSON Web Key Set"},
		{"broken PEM", []byte("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"), 0, "not PEM"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			source, err := NewStoredJWKS(tt.data)
			if tt.want != "" {
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got %v, want …%s…", err, tt.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := len(source.current.Load().keys); got != tt.count {
				t.Errorf("got %d keys, want %d", got, tt.count)
			}
		})
	}
}

// smallRSA has a modulus of 1024 bits, and is good for nothing else.
func smallRSA() *rsa.PrivateKey {
	return &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: new(big.Int).Rsh(rsaKey().N, 1024), E: 65537}}
}

func TestStaticSecret(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		length int
		want   []string
	}{
		{0, nil},
		{31, nil},
		{32, []string{"HS256"}},
		{47, []string{"HS256"}},
		{48, []string{"HS256", "HS384"}},
		{64, []string{"HS256", "HS384", "HS512"}},
	} {
		t.Run(fmt.Sprint(tt.length), func(t *testing.T) {
			t.Parallel()
			source, err := StaticSecret(make([]byte, tt.length))
			if (err != nil) != (tt.want == nil) {
				t.Fatalf("got error %v", err)
			}
			if err == nil && !slices.Equal(source.algorithms(), tt.want) {
				t.Errorf("got %v, want %v", source.algorithms(), tt.want)
			}
		})
	}
}
