package token

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// JWT verifies signed tokens of one issuer (RFC 7519, with the advice of RFC 8725).
type JWT struct {
	config JWTConfig
}

// NewJWT returns an error if the configuration is incomplete or contradictory.
// It never waits for keys.
func NewJWT(config JWTConfig) (*JWT, error) {
	if err := config.validate(); err != nil {
		return nil, fmt.Errorf("jwt: %w", err)
	}
	switch {
	case len(config.Algorithms) > 0:
	case config.sharedSecret():
		config.Algorithms = config.Keys.algorithms()
	default:
		// Keys come and go, and each has the last word on what it verifies.
		config.Algorithms = asymmetricAlgorithms
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	return &JWT{config: config}, nil
}

// Verify checks, in this order: form, issuer, header, signature, times,
// audience, required claims. A token of another issuer is ErrNotMine before any
// key is looked for, so that strangers' tokens cause no key refresh.
func (j *JWT) Verify(ctx context.Context, raw string) (Admission, error) {
	if raw == "" {
		return Admission{}, errNoToken
	}
	parsed, err := readCompact(raw)
	if err != nil {
		return Admission{}, errNotJWT
	}
	issuer, ok := parsed.claims.text("iss")
	if !ok || (j.config.Issuer != "" && issuer != j.config.Issuer) {
		return Admission{}, errAnotherIssuer
	}

	if err := j.verifySignature(ctx, parsed); err != nil {
		return Admission{}, err
	}
	return j.admit(raw, issuer, parsed.claims)
}

func (j *JWT) verifySignature(ctx context.Context, parsed compact) error {
	alg, kid, err := j.readHeader(parsed.header)
	if err != nil {
		return err
	}
	set, err := j.config.Keys.keys(ctx, kid)
	if err != nil {
		return err
	}
	refusal := set.verify(parsed, alg, kid)
	if refusal == nil || set.byName(kid) {
		return refusal
	}
	newer, err := j.config.Keys.newer(ctx, set)
	switch {
	case err != nil:
		return err
	case newer == set: // a flood of bad signatures costs no second one each
		return refusal
	}
	return newer.verify(parsed, alg, kid)
}

// verify tells whether one of the keys that are meant verifies the signature.
func (s *keySet) verify(parsed compact, alg, kid string) error {
	var room [1]*verificationKey // mostly one
	candidates, err := s.find(kid, alg, room[:0])
	if err != nil {
		return err
	}
	for _, key := range candidates {
		if key.verifies(alg, parsed.signed, parsed.signature) {
			return nil
		}
	}
	return errSignature
}

// readHeader refuses crit and b64 (RFC 7797) whatever they say: no extension is
// supported, and jwx itself accepts unknown critical ones.
func (j *JWT) readHeader(header object) (alg, kid string, err error) {
	for _, name := range []string{"crit", "b64"} {
		if header.Has(name) {
			return "", "", refuse(ErrInvalid, "the token has a header that is not supported: "+name)
		}
	}
	alg, ok := header.text("alg")
	if !ok || !slices.Contains(j.config.Algorithms, alg) {
		return "", "", refuse(ErrInvalid, "the token's algorithm is not accepted")
	}
	kid, ok = header.text("kid")
	if !ok {
		return "", "", refuse(ErrInvalid, "kid is not a string")
	}
	typ, ok := header.text("typ")
	if !ok || (j.config.Type != "" && mediaType(typ) != mediaType(j.config.Type)) {
		return "", "", refuse(ErrInvalid, "the token is of a type that is not accepted here")
	}
	return alg, kid, nil
}

// admit judges the claims of a token whose signature is good.
func (j *JWT) admit(raw, issuer string, claims object) (Admission, error) {
	expires, err := j.checkTimes(claims)
	if err != nil {
		return Admission{}, err
	}
	if err := j.checkAudience(claims); err != nil {
		return Admission{}, err
	}
	if err := checkClaims(claims, j.config.Claims); err != nil {
		return Admission{}, err
	}
	id, ok := claims.text("jti")
	if !ok {
		return Admission{}, refuse(ErrInvalid, "jti is not a string")
	}
	subject, ok := claims.text("sub")
	if !ok {
		return Admission{}, refuse(ErrInvalid, "sub is not a string")
	}
	return Admission{
		Kind:        KindJWT,
		Fingerprint: Fingerprint(raw),
		ID:          id,
		Issuer:      issuer,
		Subject:     subject,
		Expires:     expires,
		Claims:      claims.Metadata,
		Limits:      LimitsIn(claims.Metadata, j.config.Limits),
	}, nil
}

var _ Verifier = (*JWT)(nil)
