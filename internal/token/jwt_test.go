package token

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestJWTAdmission(t *testing.T) {
	t.Parallel()
	raw := hs256(goodClaims())
	got, err := verify(t, secretVerifier(t, nil), raw)
	if err != nil {
		t.Fatal(err)
	}
	if got.Kind != KindJWT || got.ID != "t-1" || got.Issuer != testIssuer || got.Subject != "vendor" ||
		!got.Expires.Equal(testNow.Add(10*time.Minute)) || got.Fingerprint != Fingerprint(raw) {
		t.Errorf("got %v with %v", got, got.LogValue())
	}
	if got.Raw != "" {
		t.Error("a token that is verified here is not to be sent on")
	}
	exp, _ := got.Claims.Get("exp")
	if got.Claims.String("aud") != testAudience || fmt.Sprint(exp) != "1800000600" {
		t.Errorf("got claims %v", got.Claims)
	}
}

func TestJWTClaims(t *testing.T) {
	t.Parallel()
	// claims replaces members of goodClaims; "" removes one.
	claims := func(change ...string) string {
		members := []string{"iss", `"` + testIssuer + `"`, "aud", `"` + testAudience + `"`, "exp", "1800000600"}
		for i := 0; i < len(change); i += 2 {
			members = append(members, change[i], change[i+1])
		}
		var b strings.Builder
		for i := 0; i < len(members); i += 2 {
			name, value := members[i], members[i+1]
			for j := i + 2; j < len(members); j += 2 {
				if members[j] == name {
					value = ""
				}
			}
			if value != "" {
				fmt.Fprintf(&b, `,%q:%s`, name, value)
			}
		}
		return "{" + strings.TrimPrefix(b.String(), ",") + "}"
	}
	plain := func(*JWTConfig) {}
	optional := func(c *JWTConfig) { c.ExpiryOptional = true }
	trusting := func(c *JWTConfig) { c.Issuer, c.Audience = "", nil }
	require := func(name string, values ...string) func(*JWTConfig) {
		return func(c *JWTConfig) { c.Claims = map[string][]string{name: values} }
	}
	insufficient := outcome{ErrInsufficient, "does not permit"}

	for _, tt := range []struct {
		name   string
		config func(*JWTConfig)
		claims string
		want   outcome
	}{
		{"unchanged", plain, claims(), admitted},

		{"exp absent", plain, claims("exp", ""), outcome{ErrInvalid, "no expiry"}},
		{"exp 0", plain, claims("exp", "0"), outcome{ErrInvalid, "no expiry"}},
		{"exp 0.9", plain, claims("exp", "0.9"), outcome{ErrInvalid, "exp"}},
		{"exp a fraction", plain, claims("exp", "1800000600.5"), outcome{ErrInvalid, "exp"}},
		{"exp with exponent", plain, claims("exp", "18e8"), outcome{ErrInvalid, "exp"}},
		{"exp a string", plain, claims("exp", `"1800000600"`), outcome{ErrInvalid, "exp"}},
		{"exp a date", plain, claims("exp", `"2099-01-01T00:00:00Z"`), outcome{ErrInvalid, "exp"}},
		{"exp null", plain, claims("exp", "null"), outcome{ErrInvalid, "exp"}},
		{"exp true", plain, claims("exp", "true"), outcome{ErrInvalid, "exp"}},
		{"exp negative", plain, claims("exp", "-1"), outcome{ErrInvalid, "exp"}},
		{"exp at the end of int64", plain, claims("exp", "9223372036854775807"), outcome{ErrInvalid, "exp"}},
		{"exp beyond int64", plain, claims("exp", "92233720368547758070"), outcome{ErrInvalid, "exp"}},
		{"exp just within leeway", plain, claims("exp", "1799999971"), admitted},
		{"exp just beyond leeway", plain, claims("exp", "1799999970"), outcome{ErrInvalid, "expired"}},
		{"exp now, no leeway", func(c *JWTConfig) { c.Leeway = 0 }, claims("exp", "1800000000"), outcome{ErrInvalid, "expired"}},
		{"exp in a second, no leeway", func(c *JWTConfig) { c.Leeway = 0 }, claims("exp", "1800000001"), admitted},

		{"optional, exp absent", optional, claims("exp", ""), admitted},
		{"optional, exp 0", optional, claims("exp", "0"), admitted},
		{"optional, exp 0.9", optional, claims("exp", "0.9"), outcome{ErrInvalid, "exp"}},
		{"optional, exp null", optional, claims("exp", "null"), outcome{ErrInvalid, "exp"}},
		{"optional, expired", optional, claims("exp", "1"), outcome{ErrInvalid, "expired"}},

		{"nbf within leeway", plain, claims("nbf", "1800000030"), admitted},
		{"nbf beyond leeway", plain, claims("nbf", "1800000031"), outcome{ErrInvalid, "not valid yet"}},
		{"nbf a string", plain, claims("nbf", `"1"`), outcome{ErrInvalid, "nbf"}},
		{"nbf that would wrap around", plain, claims("nbf", "9223372036854775807"), outcome{ErrInvalid, "nbf"}},
		{"iat within leeway", plain, claims("iat", "1800000030"), admitted},
		{"iat beyond leeway", plain, claims("iat", "1800000031"), outcome{ErrInvalid, "not valid yet"}},
		{"iat a string", plain, claims("iat", `"1"`), outcome{ErrInvalid, "iat"}},

		{"another issuer", plain, claims("iss", `"https://evil.example"`), outcome{ErrNotMine, "issuer"}},
		{"issuer in another case", plain, claims("iss", `"`+strings.ToUpper(testIssuer)+`"`), outcome{ErrNotMine, "issuer"}},
		{"issuer absent", plain, claims("iss", ""), outcome{ErrNotMine, "issuer"}},
		{"issuer an array", plain, claims("iss", `["`+testIssuer+`"]`), outcome{ErrNotMine, "issuer"}},
		{"issuer not configured", trusting, claims("iss", "", "aud", ""), admitted},

		{"audience in an array", plain, claims("aud", `["https://other.example","`+testAudience+`"]`), admitted},
		{"another audience", plain, claims("aud", `"https://other.example"`), outcome{ErrInvalid, "audience"}},
		{"audience only by prefix", plain, claims("aud", `"`+testAudience+`/x"`), outcome{ErrInvalid, "audience"}},
		{"audience absent", plain, claims("aud", ""), outcome{ErrInvalid, "audience"}},
		{"audience empty", plain, claims("aud", "[]"), outcome{ErrInvalid, "audience"}},
		{"audience a number", plain, claims("aud", "7"), outcome{ErrInvalid, "aud"}},
		{"audience with a number", plain, claims("aud", `["`+testAudience+`",7]`), outcome{ErrInvalid, "aud"}},

		{"jti a number", plain, claims("jti", "7"), outcome{ErrInvalid, "jti"}},
		{"sub null", plain, claims("sub", "null"), outcome{ErrInvalid, "sub"}},

		{"required claim", require("typ", "InitialAccessToken"), claims("typ", `"InitialAccessToken"`), admitted},
		{"required claim, second value", require("tier", "gold", "silver"), claims("tier", `"silver"`), admitted},
		{"required claim in an array", require("roles", "registrar"), claims("roles", `["user","registrar"]`), admitted},
		{"required claim true", require("vetted", "true"), claims("vetted", "true"), admitted},
		{"required claim a number", require("level", "3"), claims("level", "3"), admitted},
		{"required scope", require("scope", "register"), claims("scope", `"openid register"`), admitted},
		{"required scope by half", require("scope", "register"), claims("scope", `"register_all"`), insufficient},
		{"only scope is a list", require("role", "registrar"), claims("role", `"user registrar"`), insufficient},
		{"required claim absent", require("role", "registrar"), claims(), insufficient},
		{"required claim otherwise", require("role", "registrar"), claims("role", `"user"`), insufficient},
		{"required claim an object", require("role", "registrar"), claims("role", `{"registrar":"registrar"}`), insufficient},
		{"required claim deep in an array", require("role", "registrar"), claims("role", `[["registrar"]]`), insufficient},
		{"required claim null", require("role", "null", ""), claims("role", "null"), insufficient},
		{"expiry before required claim", require("role", "registrar"), claims("exp", "1"), outcome{ErrInvalid, "expired"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := verify(t, secretVerifier(t, tt.config), hs256(tt.claims))
			tt.want.check(t, err)
		})
	}
}

func TestJWTForm(t *testing.T) {
	t.Parallel()
	good := hs256(goodClaims())
	parts := strings.Split(good, ".")
	header := func(h string) string { return sign("HS256", testSecret, h, goodClaims()) }
	claims := goodClaims()
	notJWT := outcome{ErrNotMine, "well-formed"}
	typed := func(c *JWTConfig) { c.Type = "application/initial-access+jwt" }

	for _, tt := range []struct {
		name   string
		config func(*JWTConfig)
		raw    string
		want   outcome
	}{
		{"no token", nil, "", outcome{ErrMissing, "required"}},
		{"opaque", nil, "abc", notJWT},
		{"JSON serialisation", nil, fmt.Sprintf(`{"payload":%q,"protected":%q,"signature":%q}`, parts[1], parts[0], parts[2]), notJWT},
		{"general JSON serialisation", nil, fmt.Sprintf(`{"payload":%q,"signatures":[{"protected":%q,"signature":%q}]}`, parts[1], parts[0], parts[2]), notJWT},
		{"space in front", nil, " " + good, notJWT},
		{"space behind", nil, good + " ", notJWT},
		{"line break inside", nil, parts[0] + "." + parts[1][:8] + "\n" + parts[1][8:] + "." + parts[2], notJWT},
		{"carriage return behind", nil, good + "\r", notJWT},
		{"padding", nil, parts[0] + "." + parts[1] + "." + parts[2] + "=", notJWT},
		{"detached", nil, parts[0] + ".." + parts[2], notJWT},
		{"no signature", nil, parts[0] + "." + parts[1] + ".", notJWT},
		{"too long", nil, hs256(strings.TrimSuffix(claims, "}") + `,"x":"` + strings.Repeat("x", MaxLength) + `"}`), notJWT},
		{"duplicate claim", nil, hs256(strings.TrimSuffix(claims, "}") + `,"exp":9999999999}`), notJWT},
		{"duplicate header", nil, header(`{"alg":"HS256","alg":"HS256"}`), notJWT},
		{"bytes behind the claims", nil, hs256(claims + "x"), notJWT},
		{"claims twice", nil, hs256(claims + claims), notJWT},
		{"space behind the claims is JSON", nil, hs256(claims + " \n"), admitted},

		{"none", nil, header(`{"alg":"none"}`), outcome{ErrInvalid, "algorithm"}},
		{"NONE", nil, header(`{"alg":"NONE"}`), outcome{ErrInvalid, "algorithm"}},
		{"no algorithm", nil, header(`{"typ":"JWT"}`), outcome{ErrInvalid, "algorithm"}},
		{"algorithm not a string", nil, header(`{"alg":["HS256"]}`), outcome{ErrInvalid, "algorithm"}},
		{"algorithm in lower case", nil, header(`{"alg":"hs256"}`), outcome{ErrInvalid, "algorithm"}},
		{"algorithm of another size", nil, header(`{"alg":"HS512"}`), outcome{ErrInvalid, "signature"}},
		{"algorithm not on the list", func(c *JWTConfig) { c.Algorithms = []string{"HS512"} }, good, outcome{ErrInvalid, "algorithm"}},
		{"crit", nil, header(`{"alg":"HS256","crit":["exp"],"exp":1}`), outcome{ErrInvalid, "crit"}},
		{"crit empty", nil, header(`{"alg":"HS256","crit":[]}`), outcome{ErrInvalid, "crit"}},
		{"crit null", nil, header(`{"alg":"HS256","crit":null}`), outcome{ErrInvalid, "crit"}},
		{"b64 false", nil, header(`{"alg":"HS256","b64":false}`), outcome{ErrInvalid, "b64"}},
		{"b64 true", nil, header(`{"alg":"HS256","b64":true}`), outcome{ErrInvalid, "b64"}},
		{"kid not a string", nil, header(`{"alg":"HS256","kid":7}`), outcome{ErrInvalid, "kid"}},
		{"kid with a secret, which has no name", nil, header(`{"alg":"HS256","kid":"k1"}`), admitted},
		{"own key in the header", nil, header(fmt.Sprintf(`{"alg":"HS256","jwk":%s,"jku":"https://evil.example/jwks"}`, publicJWK(ecKey(), ""))), admitted},

		{"type", typed, header(`{"alg":"HS256","typ":"initial-access+jwt"}`), admitted},
		{"type in long form and other case", typed, header(`{"alg":"HS256","typ":"Application/Initial-Access+JWT"}`), admitted},
		{"another type", typed, header(`{"alg":"HS256","typ":"at+jwt"}`), outcome{ErrInvalid, "type"}},
		{"no type", typed, header(`{"alg":"HS256"}`), outcome{ErrInvalid, "type"}},
		{"type not a string", nil, header(`{"alg":"HS256","typ":1}`), outcome{ErrInvalid, "type"}},

		{"another secret", nil, sign("HS256", []byte(strings.Repeat("x", 64)), `{"alg":"HS256"}`, claims), outcome{ErrInvalid, "signature"}},
		{"signature cut short", nil, parts[0] + "." + parts[1] + "." + b64([]byte("short")), outcome{ErrInvalid, "signature"}},
		{"claims exchanged", nil, parts[0] + "." + b64([]byte(strings.Replace(claims, "vendor", "mallory", 1))) + "." + parts[2], outcome{ErrInvalid, "signature"}},
		{"header exchanged", nil, b64([]byte(`{"alg":"HS256"}`)) + "." + parts[1] + "." + parts[2], outcome{ErrInvalid, "signature"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := verify(t, secretVerifier(t, tt.config), tt.raw)
			tt.want.check(t, err)
		})
	}
}

// Requests come at once: the MAC of one must not get into that of another.
func TestJWTSharedSecretAtOnce(t *testing.T) {
	t.Parallel()
	v := secretVerifier(t, nil)
	good := []string{hs256(goodClaims()), sign("HS512", testSecret, `{"alg":"HS512"}`, goodClaims())}
	forged := sign("HS256", testSecret[:32], `{"alg":"HS256"}`, goodClaims())
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for i := range 100 {
				_, err := v.Verify(context.Background(), good[i%len(good)])
				admitted.check(t, err)
				_, err = v.Verify(context.Background(), forged)
				outcome{ErrInvalid, "signature"}.check(t, err)
			}
		})
	}
	group.Wait()
}

// The examples of RFC 7515, appendix A, whose claims expired in 2011.
func TestRFC7515Examples(t *testing.T) {
	t.Parallel()
	const claims = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
	secret := must(base64.RawURLEncoding.DecodeString("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"))
	for _, tt := range []struct {
		name, header, signature string
		keys                    KeySource
	}{
		{
			"A.1", "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
			must(StaticSecret(secret)),
		},
		{
			"A.2", "eyJhbGciOiJSUzI1NiJ9", "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
			must(NewStoredJWKS([]byte(`{"kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}`))),
		},
		{
			"A.3", "eyJhbGciOiJFUzI1NiJ9", "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
			must(NewStoredJWKS([]byte(`{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}`))),
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v := newVerifier(t, tt.keys, func(c *JWTConfig) { c.Issuer = "joe" })
			raw := tt.header + "." + claims + "." + tt.signature
			parsed, err := readCompact(raw)
			if err != nil {
				t.Fatal(err)
			}
			if err := v.verifySignature(context.Background(), parsed); err != nil {
				t.Errorf("signature: %v", err)
			}
			if _, err := v.Verify(context.Background(), raw); !errors.Is(err, ErrInvalid) || Reason(err) != "the token has expired" {
				t.Errorf("got %v, want it expired", err)
			}
		})
	}
}

func TestNewJWT(t *testing.T) {
	t.Parallel()
	secret := must(StaticSecret(testSecret))
	short := must(StaticSecret(testSecret[:32]))
	public := must(NewStoredJWKS(jwks(publicJWK(rsaKey(), ""))))
	remote := must(NewRemoteJWKS("https://portal.example.org/jwks", nil, at, nil))
	list := func(algs ...string) []string { return algs }
	for _, tt := range []struct {
		name   string
		config JWTConfig
		want   string // "" for no error
	}{
		{"secret alone", JWTConfig{Keys: secret}, ""},
		{"secret, all of HMAC", JWTConfig{Keys: secret, Algorithms: list("HS256", "HS384", "HS512")}, ""},
		{"public keys", JWTConfig{Keys: public, Issuer: "i", Audience: list("a"), Algorithms: list("RS256", "PS512")}, ""},
		{"remote keys", JWTConfig{Keys: remote, Issuer: "i", Audience: list("a"), Algorithms: list("ES256", "EdDSA")}, ""},
		{"no keys", JWTConfig{}, "no keys"},
		{"secret too short for the algorithm", JWTConfig{Keys: short, Algorithms: list("HS512")}, "HS512 needs a secret of at least 64 bytes"},
		{"public-key algorithm with a secret", JWTConfig{Keys: secret, Algorithms: list("HS256", "RS256")}, "RS256 needs public keys"},
		{"HMAC with public keys", JWTConfig{Keys: public, Issuer: "i", Audience: list("a"), Algorithms: list("HS256")}, "HS256 needs a shared secret"},
		{"HMAC with remote keys", JWTConfig{Keys: remote, Issuer: "i", Audience: list("a"), Algorithms: list("RS256", "HS512")}, "HS512 needs a shared secret"},
		{"algorithm of another key type", JWTConfig{Keys: public, Issuer: "i", Audience: list("a"), Algorithms: list("ES256")}, "ES256 suits none"},
		{"none", JWTConfig{Keys: remote, Issuer: "i", Audience: list("a"), Algorithms: list("none")}, `"none" is not supported`},
		{"none with a secret", JWTConfig{Keys: secret, Algorithms: list("none")}, `"none" is not supported`},
		{"unknown", JWTConfig{Keys: secret, Algorithms: list("HS257")}, `"HS257" is not supported`},
		{"lower case", JWTConfig{Keys: secret, Algorithms: list("hs256")}, `"hs256" is not supported`},
		{"public keys, no issuer", JWTConfig{Keys: public, Audience: list("a")}, "issuer"},
		{"public keys, no audience", JWTConfig{Keys: public, Issuer: "i"}, "audience"},
		{"empty audience", JWTConfig{Keys: secret, Audience: list("")}, "audience"},
		{"negative leeway", JWTConfig{Keys: secret, Leeway: -time.Second}, "leeway"},
		{"claim without values", JWTConfig{Keys: secret, Claims: map[string][]string{"role": nil}}, `claim "role"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := NewJWT(tt.config)
			if tt.want == "" && err != nil {
				t.Errorf("got %v, want none", err)
			}
			if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want …%s…", err, tt.want)
			}
		})
	}
}

func TestNewJWTUsesTheClock(t *testing.T) {
	t.Parallel()
	v := must(NewJWT(JWTConfig{Keys: must(StaticSecret(testSecret))}))
	_, err := v.Verify(context.Background(), hs256(fmt.Sprintf(`{"exp":%d}`, time.Now().Add(time.Hour).Unix())))
	admitted.check(t, err)
	_, err = v.Verify(context.Background(), hs256(fmt.Sprintf(`{"exp":%d}`, time.Now().Add(-time.Hour).Unix())))
	outcome{ErrInvalid, "expired"}.check(t, err)
}
