package token

import (
	"bytes"
	"context"
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// FuzzToken sends anything through header, Keycloak form and verification.
// Nothing panics; what is admitted as verified has a signature that the standard
// library finds good too; and every refusal is one of the sentinels.
func FuzzToken(f *testing.F) {
	good := hs256(goodClaims())
	f.Add("Bearer " + good)
	f.Add("bearer " + good[:len(good)-1])
	f.Add("Bearer " + unverifiable(`{"iss":"`+testRealm+`","typ":"InitialAccessToken","exp":0}`))
	f.Add("Bearer " + sign("HS256", testSecret, `{"alg":"none"}`, goodClaims()))
	f.Add("Bearer " + sign("HS256", testSecret, `{"alg":"HS256","crit":["b64"],"b64":false}`, goodClaims()))
	f.Add("Bearer " + hs256(`{"exp":0.9,"exp":{"a":[1,null,true]}}`))
	f.Add("Bearer a.b.c")
	f.Add("Basic abc")

	chain := Chain{
		secretVerifier(f, func(c *JWTConfig) { c.ExpiryOptional = true }),
		NewPassthrough(KeycloakForm{Issuer: testRealm}, at),
	}
	f.Fuzz(func(t *testing.T, header string) {
		raw, err := Bearer(http.Header{"Authorization": {header}})
		// Also without the header's filter, as other callers might.
		for _, raw := range []string{raw, header} {
			admission, verr := chain.Verify(context.Background(), raw)
			if verr != nil {
				if !errors.Is(verr, ErrInvalid) && !errors.Is(verr, ErrMissing) || Reason(verr) == "" {
					t.Errorf("%q: unexpected %v", raw, verr)
				}
				continue
			}
			if raw == "" || len(raw) > MaxLength {
				t.Errorf("admitted %q", raw)
			}
			if admission.Kind == KindJWT && !genuine(raw) {
				t.Errorf("admitted %q, which is not signed", raw)
			}
		}
		if err != nil && raw != "" {
			t.Errorf("%q: a token came with %v", header, err)
		}
	})
}

// genuine tells whether raw carries an HMAC of testSecret, read leniently.
func genuine(raw string) bool {
	end := strings.LastIndexByte(raw, '.')
	if end < 0 {
		return false
	}
	sig, err := base64.RawURLEncoding.DecodeString(raw[end+1:])
	if err != nil {
		return false
	}
	for _, alg := range []string{"HS256", "HS384", "HS512"} {
		if hmac.Equal(sig, signature(alg, testSecret, []byte(raw[:end]))) {
			return true
		}
	}
	return false
}

// FuzzReadCompact holds the reader against one that takes each step by itself.
func FuzzReadCompact(f *testing.F) {
	good := hs256(goodClaims())
	f.Add(good)
	f.Add(good + ".AAAA")
	f.Add(good + "\n")
	f.Add(good[:len(good)-1])
	f.Add("e30.e30.AA")
	f.Add("e30.e30.AB")
	f.Add("e30.e30.AA==")
	f.Add("e30\r..AA")
	f.Add("e30..AA")
	f.Add("..")
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := readCompact(raw)
		parts, ok := plainParts(raw)
		if (err == nil) != ok {
			t.Fatalf("%q: got %v, want it read: %t", raw, err, ok)
		}
		if err != nil {
			return
		}
		header, claims := must(readObject(string(parts[0]))), must(readObject(string(parts[1])))
		if !registration.Equal(got.header.Metadata, header.Metadata) || !registration.Equal(got.claims.Metadata, claims.Metadata) {
			t.Errorf("%q: got header %v and claims %v", raw, got.header, got.claims)
		}
		if got.signed+"."+b64([]byte(got.signature)) != raw || got.signature != string(parts[2]) {
			t.Errorf("%q: got %q signed with %x", raw, got.signed, got.signature)
		}
	})
}

// plainParts are the decoded parts of a JWT, and whether it is one.
func plainParts(raw string) (parts [][]byte, ok bool) {
	for part := range strings.SplitSeq(raw, ".") {
		data, err := base64.RawURLEncoding.DecodeString(part)
		// What is spelled otherwise than it would be encoded is no JWT's.
		if err != nil || len(data) == 0 || b64(data) != part {
			return nil, false
		}
		parts = append(parts, data)
	}
	if len(raw) > MaxLength || len(parts) != 3 {
		return nil, false
	}
	for _, part := range parts[:2] {
		if _, err := readObject(string(part)); err != nil {
			return nil, false
		}
	}
	return parts, true
}

var b64token = regexp.MustCompile(`^[A-Za-z0-9\-._~+/]+=*$`) // RFC 6750 section 2.1

func FuzzB64Token(f *testing.F) {
	for _, s := range []string{"", "=", "a", "a==", "a=b", "aZ09-._~+/=", "a\n", "a b", "é", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := IsB64Token(s), b64token.MatchString(s); got != want {
			t.Errorf("%q: got %t, want %t", s, got, want)
		}
	})
}

// FuzzSecret holds the MACs of a secret against those of jwx.
func FuzzSecret(f *testing.F) {
	f.Add(testSecret, "a.b", []byte(nil))
	f.Add([]byte{}, "", []byte("x"))
	f.Add(bytes.Repeat([]byte("k"), 200), strings.Repeat("long", 500), make([]byte, 64))
	f.Fuzz(func(t *testing.T, key []byte, signed string, other []byte) {
		if len(key) == 0 {
			return // for which jwx makes no MAC
		}
		s := newSecret(key)
		for _, alg := range hmacAlgorithms {
			good := signature(alg, key, []byte(signed))
			verifier := must(jws.NewVerifier(jwa.SignatureAlgorithm(alg)))
			for _, sig := range [][]byte{good, other, good[:len(good)-1], append(slices.Clip(good), 0), nil, good} {
				got, want := s.verifies(alg, signed, string(sig)), verifier.Verify([]byte(signed), sig, key) == nil
				if got != want {
					t.Errorf("%s of %q with %x: got %t for %x, want %t", alg, signed, key, got, sig, want)
				}
			}
		}
	})
}
