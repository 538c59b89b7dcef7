package token

import (
	"slices"
	"strings"
	"time"
)

// KeycloakForm is the form of Keycloak's own tokens: JWTs that carry their type
// in the "typ" claim. Keycloak signs initial and registration access tokens with
// the realm's HMAC key (HS512, before version 24 HS256), which is in no JWKS.
type KeycloakForm struct {
	// Issuer is the realm's issuer, https://host/realms/name, compared exactly.
	// Empty: not compared.
	Issuer string

	// AllowBearer also takes ordinary access tokens for registration, which
	// Keycloak accepts from service accounts that have the role create-client.
	AllowBearer bool
}

// inspect says ErrNotMine as long as the token may belong to another verifier,
// and ErrInvalid from there on. A token without exp is let through: the server
// judges.
func (f KeycloakForm) inspect(raw string, kind Kind, now time.Time) (Admission, error) {
	parsed, err := readCompact(raw)
	if err != nil {
		return Admission{}, errNotJWT
	}
	alg, ok := parsed.header.text("alg")
	if !ok || alg == "" || strings.EqualFold(alg, "none") {
		return Admission{}, notMine(atForm, "the token is not signed")
	}

	issuer, ok := parsed.claims.text("iss")
	if !ok || (f.Issuer != "" && issuer != f.Issuer) {
		return Admission{}, errAnotherIssuer
	}
	typ, ok := parsed.claims.text("typ")
	if !ok || !slices.Contains(f.types(kind), typ) {
		return Admission{}, notMine(atType, "the token is of a type that is not accepted here")
	}

	expires, err := keycloakExpiry(parsed.claims, now)
	if err != nil {
		return Admission{}, err
	}
	// Of the wrong type these two are "": the server will say what it thinks of that.
	id, _ := parsed.claims.text("jti")
	subject, _ := parsed.claims.text("sub")
	return Admission{ID: id, Issuer: issuer, Subject: subject, Expires: expires}, nil
}

func (f KeycloakForm) types(kind Kind) []string {
	switch {
	case kind == KindRegistrationAccessToken:
		return []string{"RegistrationAccessToken"}
	case f.AllowBearer:
		return []string{"InitialAccessToken", "Bearer"}
	default:
		return []string{"InitialAccessToken"}
	}
}

// keycloakExpiry takes 0 for never: Keycloak writes "exp":0 into registration
// access tokens, and into initial ones that were created without an expiration.
func keycloakExpiry(claims object, now time.Time) (time.Time, error) {
	exp, _, err := claims.date("exp")
	switch {
	case err != nil:
		return time.Time{}, refuse(ErrInvalid, "exp is not a date in whole seconds")
	case exp == 0:
		return time.Time{}, nil
	case exp <= now.Unix():
		return time.Time{}, refuse(ErrInvalid, "the token has expired")
	default:
		return time.Unix(exp, 0), nil
	}
}

var _ Form = KeycloakForm{}
