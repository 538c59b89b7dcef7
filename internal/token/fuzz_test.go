package token

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"
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

var b64token = regexp.MustCompile(`^[A-Za-z0-9\-._~+/]+=*$`) // RFC 6750 section 2.1

func FuzzB64Token(f *testing.F) {
	for _, s := range []string{"", "=", "a", "a==", "a=b", "aZ09-._~+/=", "a\n", "a b", "é", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := isB64Token(s), b64token.MatchString(s); got != want {
			t.Errorf("%q: got %t, want %t", s, got, want)
		}
	})
}
