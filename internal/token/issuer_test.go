package token

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"hash"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"
)

// What an issuer does, with the standard library alone, so that signer and
// verifier share no code.

const (
	testIssuer   = "https://portal.example.org"
	testAudience = "https://auth.example.org/register"
)

var (
	testNow    = time.Unix(1_800_000_000, 0)
	testSecret = []byte(strings.Repeat("s", 64))

	rsaKey     = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	ecKey      = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) })
	ec384Key   = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader)) })
	ec521Key   = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P521(), rand.Reader)) })
	ed25519Key = sync.OnceValue(func() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(testSecret[:ed25519.SeedSize]) })
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func at() time.Time { return testNow }

func b64(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

// sign makes a compact JWS of exactly these bytes; the algorithm in the header
// is whatever the caller wrote there.
func sign(alg string, key any, header, claims string) string {
	input := b64([]byte(header)) + "." + b64([]byte(claims))
	return input + "." + b64(signature(alg, key, []byte(input)))
}

func signature(alg string, key any, input []byte) []byte {
	size := alg[2:]
	newHash := map[string]func() hash.Hash{"256": sha256.New, "384": sha512.New384, "512": sha512.New}[size]
	hashID := map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}[size]
	digest := func() []byte {
		h := newHash()
		h.Write(input)
		return h.Sum(nil)
	}
	switch alg[:2] {
	case "HS":
		mac := hmac.New(newHash, key.([]byte))
		mac.Write(input)
		return mac.Sum(nil)
	case "RS":
		return must(rsa.SignPKCS1v15(rand.Reader, key.(*rsa.PrivateKey), hashID, digest()))
	case "PS":
		return must(rsa.SignPSS(rand.Reader, key.(*rsa.PrivateKey), hashID, digest(), &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}))
	case "ES":
		k := key.(*ecdsa.PrivateKey)
		r, s, err := ecdsa.Sign(rand.Reader, k, digest())
		if err != nil {
			panic(err)
		}
		width := (k.Curve.Params().BitSize + 7) / 8
		return append(r.FillBytes(make([]byte, width)), s.FillBytes(make([]byte, width))...)
	case "Ed":
		return ed25519.Sign(key.(ed25519.PrivateKey), input)
	}
	panic("unknown algorithm " + alg)
}

// hs256 signs with testSecret.
func hs256(claims string) string {
	return sign("HS256", testSecret, `{"alg":"HS256","typ":"JWT"}`, claims)
}

// goodClaims are accepted by every verifier in these tests.
func goodClaims() string {
	return fmt.Sprintf(`{"iss":%q,"aud":%q,"sub":"vendor","jti":"t-1","iat":%d,"exp":%d}`,
		testIssuer, testAudience, testNow.Unix()-10, testNow.Unix()+600)
}

// publicJWK writes the public half of a key; extra is appended to its members.
func publicJWK(key any, extra string) string {
	switch key := key.(type) {
	case *rsa.PrivateKey:
		return fmt.Sprintf(`{"kty":"RSA","n":%q,"e":%q%s}`, b64(key.N.Bytes()), b64(big.NewInt(int64(key.E)).Bytes()), extra)
	case *ecdsa.PrivateKey:
		point := must(key.PublicKey.Bytes())[1:]
		return fmt.Sprintf(`{"kty":"EC","crv":%q,"x":%q,"y":%q%s}`,
			key.Curve.Params().Name, b64(point[:len(point)/2]), b64(point[len(point)/2:]), extra)
	case ed25519.PrivateKey:
		return fmt.Sprintf(`{"kty":"OKP","crv":"Ed25519","x":%q%s}`, b64(key.Public().(ed25519.PublicKey)), extra)
	}
	panic("unknown key")
}

func privateJWK(key *ecdsa.PrivateKey) string {
	return publicJWK(key, fmt.Sprintf(`,"d":%q`, b64(must(key.Bytes()))))
}

func octJWK(extra string) string {
	return fmt.Sprintf(`{"kty":"oct","k":%q%s}`, b64(testSecret), extra)
}

func jwks(keys ...string) []byte {
	return []byte(`{"keys":[` + strings.Join(keys, ",") + `]}`)
}

func publicPEM(key crypto.Signer) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: must(x509.MarshalPKIXPublicKey(key.Public()))})
}

// secretVerifier accepts goodClaims, signed with testSecret.
func secretVerifier(t testing.TB, change func(*JWTConfig)) *JWT {
	t.Helper()
	return newVerifier(t, must(StaticSecret(testSecret)), change)
}

func newVerifier(t testing.TB, keys KeySource, change func(*JWTConfig)) *JWT {
	t.Helper()
	config := JWTConfig{Keys: keys, Issuer: testIssuer, Audience: []string{testAudience}, Leeway: 30 * time.Second, Now: at}
	if change != nil {
		change(&config)
	}
	v, err := NewJWT(config)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// outcome is a sentinel and a part of the reason; nil means admitted.
type outcome struct {
	class  error
	reason string
}

var admitted = outcome{}

func (o outcome) check(t *testing.T, err error) {
	t.Helper()
	if o.class == nil {
		if err != nil {
			t.Errorf("got %v, want it admitted", err)
		}
		return
	}
	if !errors.Is(err, o.class) || !strings.Contains(Reason(err), o.reason) {
		t.Errorf("got %v, want %v: …%s…", err, o.class, o.reason)
	}
	for _, c := range []byte(Reason(err)) {
		if c < 0x20 || c > 0x7e || c == '"' || c == '\\' {
			t.Errorf("reason %q does not fit an error_description", Reason(err))
		}
	}
}

func verify(t *testing.T, v Verifier, raw string) (Admission, error) {
	t.Helper()
	admission, err := v.Verify(context.Background(), raw)
	if err != nil && admission.Kind != "" {
		t.Errorf("an error came with an admission: %v", admission)
	}
	return admission, err
}
