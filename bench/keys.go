package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
)

// What the Caddyfile and the tokens have to agree on.
const (
	issuer   = "https://portal.example.org"
	audience = "https://auth.example.org/register"
	secret   = "a-secret-of-the-portal-that-has-32-bytes-or-more"
)

// manyKeys is how many keys the larger set has, and keyID which of them signs:
// the last one, which a search from the front finds last.
const (
	manyKeys = 200
	keyID    = "200"
)

// keys are a portal's. They are made anew for each run.
type keys struct {
	ec  *ecdsa.PrivateKey
	rsa *rsa.PrivateKey
}

func newKeys() (k keys, err error) {
	if k.ec, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return k, err
	}
	k.rsa, err = rsa.GenerateKey(rand.Reader, 2048)
	return k, err
}

// write leaves the public keys in a directory, in the files of the Caddyfile.
func (k keys) write(directory string) error {
	own, err := ecJWK(k.ec, keyID)
	if err != nil {
		return err
	}
	many := make([]map[string]string, 0, manyKeys)
	for i := 1; i < manyKeys; i++ {
		other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return err
		}
		jwk, err := ecJWK(other, fmt.Sprint(i))
		if err != nil {
			return err
		}
		many = append(many, jwk)
	}
	for name, set := range map[string][]map[string]string{
		"es256.json":      {own},
		"es256_many.json": append(many, own),
		"rs256.json": {{
			"kty": "RSA", "kid": keyID, "use": "sig",
			"n": encode(k.rsa.N.Bytes()), "e": encode(big.NewInt(int64(k.rsa.E)).Bytes()),
		}},
	} {
		content, err := json.Marshal(map[string]any{"keys": set})
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(directory, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func ecJWK(key *ecdsa.PrivateKey, id string) (map[string]string, error) {
	point, err := key.PublicKey.Bytes() // 4, x, y (SEC 1)
	if err != nil {
		return nil, err
	}
	half := (len(point) - 1) / 2
	return map[string]string{
		"kty": "EC", "crv": "P-256", "kid": id, "use": "sig",
		"x": encode(point[1 : 1+half]), "y": encode(point[1+half:]),
	}, nil
}

// hs256 signs a token's claims.
func hs256(key, claims string) string {
	signed := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode([]byte(claims))
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(signed))
	return signed + "." + encode(mac.Sum(nil))
}

func (k keys) es256(claims string) (string, error) {
	signed, digest := toSign("ES256", claims)
	r, s, err := ecdsa.Sign(rand.Reader, k.ec, digest)
	if err != nil {
		return "", err
	}
	signature := make([]byte, 64) // r and s, 32 bytes each (RFC 7518 section 3.4)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return signed + "." + encode(signature), nil
}

func (k keys) rs256(claims string) (string, error) {
	signed, digest := toSign("RS256", claims)
	signature, err := rsa.SignPKCS1v15(rand.Reader, k.rsa, crypto.SHA256, digest)
	return signed + "." + encode(signature), err
}

func toSign(alg, claims string) (signed string, digest []byte) {
	signed = encode(fmt.Appendf(nil, `{"alg":%q,"typ":"JWT","kid":%q}`, alg, keyID)) + "." + encode([]byte(claims))
	sum := sha256.Sum256([]byte(signed))
	return signed, sum[:]
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
