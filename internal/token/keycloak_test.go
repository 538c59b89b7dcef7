package token

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const testRealm = "https://auth.example.org/realms/fhir"

// unverifiable signs like a realm: with a key that nobody else has.
func unverifiable(claims string) string {
	return sign("HS512", []byte("a key of the realm"), `{"alg":"HS512","typ":"JWT","kid":"8e7c"}`, claims)
}

func TestKeycloakForm(t *testing.T) {
	t.Parallel()
	iat := func(members string) string {
		return unverifiable(fmt.Sprintf(`{"iss":%q,"typ":"InitialAccessToken"%s}`, testRealm, members))
	}
	header := func(h string) string {
		return sign("HS512", []byte("k"), h, fmt.Sprintf(`{"iss":%q,"typ":"InitialAccessToken"}`, testRealm))
	}
	good := iat(`,"exp":0`)
	parts := strings.Split(good, ".")

	strict, lenient := KeycloakForm{Issuer: testRealm}, KeycloakForm{}
	bearer := KeycloakForm{Issuer: testRealm, AllowBearer: true}
	notJWT := outcome{ErrNotMine, "well-formed"}
	for _, tt := range []struct {
		name string
		form KeycloakForm
		raw  string
		want outcome
	}{
		{"exp 0 is never", strict, good, admitted},
		{"exp absent", strict, iat(``), admitted},
		{"exp in the future", strict, iat(`,"exp":1800000001`), admitted},
		{"exp now", strict, iat(`,"exp":1800000000`), outcome{ErrInvalid, "expired"}},
		{"exp past", strict, iat(`,"exp":1`), outcome{ErrInvalid, "expired"}},
		{"exp negative", strict, iat(`,"exp":-1`), outcome{ErrInvalid, "exp"}},
		{"exp a string", strict, iat(`,"exp":"1900000000"`), outcome{ErrInvalid, "exp"}},
		{"exp a fraction", strict, iat(`,"exp":1900000000.5`), outcome{ErrInvalid, "exp"}},
		{"exp 0.9", strict, iat(`,"exp":0.9`), outcome{ErrInvalid, "exp"}},
		{"exp with exponent", strict, iat(`,"exp":19e8`), outcome{ErrInvalid, "exp"}},
		{"exp null", strict, iat(`,"exp":null`), outcome{ErrInvalid, "exp"}},
		{"exp beyond int64", strict, iat(`,"exp":99999999999999999999`), outcome{ErrInvalid, "exp"}},

		{"another issuer", strict, unverifiable(`{"iss":"https://evil.example","typ":"InitialAccessToken"}`), outcome{ErrNotMine, "issuer"}},
		{"issuer with a slash more", strict, unverifiable(`{"iss":"` + testRealm + `/","typ":"InitialAccessToken"}`), outcome{ErrNotMine, "issuer"}},
		{"no issuer", strict, unverifiable(`{"typ":"InitialAccessToken"}`), outcome{ErrNotMine, "issuer"}},
		{"issuer not configured", lenient, unverifiable(`{"iss":"https://other.example","typ":"InitialAccessToken"}`), admitted},
		{"issuer not a string", lenient, unverifiable(`{"iss":7,"typ":"InitialAccessToken"}`), outcome{ErrNotMine, "issuer"}},

		{"Bearer", strict, unverifiable(`{"iss":"` + testRealm + `","typ":"Bearer"}`), outcome{ErrNotMine, "type"}},
		{"Bearer allowed", bearer, unverifiable(`{"iss":"` + testRealm + `","typ":"Bearer"}`), admitted},
		{"initial beside Bearer", bearer, good, admitted},
		{"registration access token", bearer, unverifiable(`{"iss":"` + testRealm + `","typ":"RegistrationAccessToken"}`), outcome{ErrNotMine, "type"}},
		{"no type", bearer, unverifiable(`{"iss":"` + testRealm + `"}`), outcome{ErrNotMine, "type"}},
		{"type in other case", strict, unverifiable(`{"iss":"` + testRealm + `","typ":"initialaccesstoken"}`), outcome{ErrNotMine, "type"}},

		{"alg none", strict, header(`{"alg":"none"}`), outcome{ErrNotMine, "signed"}},
		{"alg NoNe", strict, header(`{"alg":"NoNe"}`), outcome{ErrNotMine, "signed"}},
		{"no alg", strict, header(`{"typ":"JWT"}`), outcome{ErrNotMine, "signed"}},
		{"alg not a string", strict, header(`{"alg":256}`), outcome{ErrNotMine, "signed"}},
		{"header twice", strict, header(`{"alg":"HS512"}{"alg":"HS512"}`), notJWT},
		{"header an array", strict, header(`["HS512"]`), notJWT},
		{"duplicate header", strict, header(`{"alg":"HS512","alg":"HS256"}`), notJWT},

		{"duplicate claim", strict, iat(`,"typ":"InitialAccessToken"`), notJWT},
		{"duplicate, escaped", strict, iat(`,"\u0074yp":"InitialAccessToken"`), notJWT},
		{"duplicate inside", strict, iat(`,"x":[{"a":1,"a":2}]`), notJWT},
		{"trailing bytes", strict, unverifiable(`{"iss":"` + testRealm + `","typ":"InitialAccessToken"}x`), notJWT},
		{"claims a string", strict, unverifiable(`"x"`), notJWT},
		{"claims null", strict, unverifiable(`null`), notJWT},
		{"invalid UTF-8", strict, iat(",\"x\":\"\xff\""), notJWT},
		{"byte order mark", strict, unverifiable("\ufeff{}"), notJWT},
		{"nested deeply", strict, iat(`,"x":` + strings.Repeat("[", 2000) + strings.Repeat("]", 2000)), notJWT},

		{"no token", strict, "", outcome{ErrMissing, "required"}},
		{"opaque", strict, "abc", notJWT},
		{"two parts", strict, parts[0] + "." + parts[1], notJWT},
		{"four parts", strict, good + "." + parts[2], notJWT},
		{"five parts, a JWE", strict, good + "." + parts[2] + "." + parts[2], notJWT},
		{"empty signature", strict, parts[0] + "." + parts[1] + ".", notJWT},
		{"empty header", strict, "." + parts[1] + "." + parts[2], notJWT},
		{"empty claims", strict, parts[0] + ".." + parts[2], notJWT},
		{"padding", strict, parts[0] + "==." + parts[1] + "." + parts[2], notJWT},
		{"standard alphabet", strict, parts[0] + "." + parts[1] + ".+/+/", notJWT},
		{"loose trailing bits", strict, parts[0] + "." + parts[1] + ".AB", notJWT},
		{"line break", strict, good[:10] + "\n" + good[10:], notJWT},
		{"space in front", strict, " " + good, notJWT},
		{"longest and then some", strict, iat(`,"x":"` + strings.Repeat("x", MaxLength) + `"`), notJWT},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := verify(t, NewPassthrough(tt.form, at), tt.raw)
			tt.want.check(t, err)
		})
	}
}

func TestRegistrationAccessToken(t *testing.T) {
	t.Parallel()
	rat := unverifiable(`{"iss":"` + testRealm + `","typ":"RegistrationAccessToken","exp":0,"jti":"r-1","registration_auth":"authenticated"}`)
	for _, tt := range []struct {
		name string
		form Form
		raw  string
		want outcome
	}{
		{"right", KeycloakForm{Issuer: testRealm}, rat, admitted},
		{"another issuer", KeycloakForm{Issuer: "https://other.example"}, rat, outcome{ErrNotMine, "issuer"}},
		{"initial access token", KeycloakForm{}, unverifiable(`{"typ":"InitialAccessToken"}`), outcome{ErrNotMine, "type"}},
		{"access token, even where registration allows it", KeycloakForm{AllowBearer: true}, unverifiable(`{"typ":"Bearer"}`), outcome{ErrNotMine, "type"}},
		{"opaque", OpaqueForm{}, "abc", admitted},
		{"opaque, no b64token", OpaqueForm{}, "a b", outcome{ErrNotMine, "6750"}},
		{"opaque, too long", OpaqueForm{}, strings.Repeat("a", MaxLength+1), outcome{ErrNotMine, "6750"}},
		{"none", OpaqueForm{}, "", outcome{ErrMissing, "required"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			admission, err := verify(t, NewRegistrationAccessToken(tt.form, at), tt.raw)
			tt.want.check(t, err)
			if err == nil && (admission.Kind != KindRegistrationAccessToken || admission.Raw != tt.raw) {
				t.Errorf("got %v, Raw %q", admission, admission.Raw)
			}
		})
	}
}

func TestPassthroughAdmission(t *testing.T) {
	t.Parallel()
	raw := unverifiable(`{"exp":1800000600,"jti":"t-7","iss":"` + testRealm + `","sub":"s","typ":"InitialAccessToken"}`)
	got, err := verify(t, NewPassthrough(KeycloakForm{Issuer: testRealm}, at), raw)
	if err != nil {
		t.Fatal(err)
	}
	if got.Kind != KindPassthrough || got.ID != "t-7" || got.Issuer != testRealm || got.Subject != "s" ||
		!got.Expires.Equal(testNow.Add(10*time.Minute)) || got.Raw != raw || got.Fingerprint != Fingerprint(raw) || got.Claims != nil {
		t.Errorf("got %v with %+v", got, got.LogValue())
	}
}
