package token

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// BenchmarkVerify is what a token costs from the header to the answer.
func BenchmarkVerify(b *testing.B) {
	const signed = `{"alg":"HS256","typ":"JWT"}`
	hs := Chain{secretVerifier(b, func(c *JWTConfig) {
		c.Limits = map[string]string{"scope": "scope", "redirect_uris": "redirect_uris", "software_id": "software_id"}
	})}
	es := Chain{newVerifier(b, must(NewStoredJWKS(jwks(publicJWK(ecKey(), `,"kid":"k1"`)))), nil)}
	rs := Chain{newVerifier(b, must(NewStoredJWKS(jwks(publicJWK(rsaKey(), `,"kid":"k1"`)))), nil)}
	keycloak := Chain{NewPassthrough(KeycloakForm{Issuer: testRealm}, at)}
	initial := unverifiable(`{"iss":"` + testRealm + `","aud":"` + testRealm + `","jti":"t-7","typ":"InitialAccessToken","exp":0}`)
	forged := sign("HS256", []byte(strings.Repeat("x", 64)), signed, goodClaims())

	for _, bb := range []struct {
		name  string
		chain Chain
		raw   string
		want  outcome
	}{
		{"HS256", hs, hs256(goodClaims()), admitted},
		{"HS256 forged", hs, forged, outcome{ErrInvalid, "signature"}},
		{"ES256", es, sign("ES256", ecKey(), `{"alg":"ES256","kid":"k1"}`, goodClaims()), admitted},
		{"RS256", rs, sign("RS256", rsaKey(), `{"alg":"RS256","kid":"k1"}`, goodClaims()), admitted},
		{"passthrough", keycloak, initial, admitted},
		{"passthrough of another issuer", keycloak, hs256(goodClaims()), outcome{ErrInvalid, "issuer"}},
		{"not a JWT", hs, strings.Repeat("x", len(forged)), outcome{ErrInvalid, "well-formed"}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			header := http.Header{"Authorization": {"Bearer " + bb.raw}}
			b.ReportAllocs()
			var err error
			for b.Loop() {
				raw, berr := Bearer(header)
				if berr != nil {
					b.Fatal(berr)
				}
				_, err = bb.chain.Verify(context.Background(), raw)
			}
			if (err == nil) != (bb.want.class == nil) || !strings.Contains(Reason(err), bb.want.reason) {
				b.Errorf("got %v, want %v", err, bb.want)
			}
		})
	}
}

func BenchmarkReadCompact(b *testing.B) {
	raw := hs256(goodClaims())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := readCompact(raw); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBearer takes another token each time, as a server does: of one token
// alone the processor soon knows which branch each character takes.
func BenchmarkBearer(b *testing.B) {
	var headers [512]http.Header
	for i := range headers {
		raw := hs256(fmt.Sprintf(`{"iss":%q,"jti":%q}`, testIssuer, rand.Text()+rand.Text()+rand.Text()+rand.Text()))
		headers[i] = http.Header{"Authorization": {"Bearer " + raw}}
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := Bearer(headers[i%len(headers)]); err != nil {
			b.Fatal(err)
		}
	}
}
