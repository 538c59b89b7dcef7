package token

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// JWTConfig says which tokens a [JWT] verifier accepts.
type JWTConfig struct {
	// Keys verify the signature. Required.
	Keys KeySource

	// Algorithms is the allow-list. Default: all that suit the keys. It is an
	// error to list one that no key can be used with, so HMAC and public-key
	// algorithms never mix.
	Algorithms []string

	// Issuer is compared exactly with iss; a token of another is ErrNotMine.
	// Required with public keys. Empty with a shared secret: not compared, and
	// every JWT is taken for the verifier's own.
	Issuer string

	// Audience lists our names; aud has to contain one of them. Required with
	// public keys, because those sign the issuer's tokens for everyone else too
	// (RFC 8725 section 3.9). Empty with a shared secret: not compared, the secret
	// itself is the audience.
	Audience []string

	// Type is the typ header that is required, compared like a media type
	// (RFC 7515 section 4.1.9). Empty: not looked at.
	Type string

	// Claims are required: each claim has to be one of the values or, if it is an
	// array, contain one. "scope" is read as a list (RFC 8693 section 4.2), true,
	// false and numbers as they are written. Otherwise: ErrInsufficient.
	Claims map[string][]string

	// Limits are the claims in which a token limits what it vouches for: the name
	// of each limit with that of its claim. They are passed on, not judged.
	Limits map[string]string

	// Leeway allows for clocks that differ, with exp, nbf and iat. Default: none.
	Leeway time.Duration

	// ExpiryOptional admits tokens without exp, or with "exp":0, which then never
	// expire. Otherwise they are ErrInvalid.
	ExpiryOptional bool

	// Now is the clock. Default: time.Now.
	Now func() time.Time
}

func (c *JWTConfig) validate() error {
	if c.Keys == nil {
		return errors.New("no keys configured")
	}
	if c.Leeway < 0 {
		return errors.New("leeway is negative")
	}
	if err := c.validateAlgorithms(); err != nil {
		return err
	}
	if !c.sharedSecret() && c.Issuer == "" {
		return errors.New("public keys need an issuer to go with them")
	}
	if !c.sharedSecret() && len(c.Audience) == 0 {
		return errors.New("public keys need an audience to go with them")
	}
	if slices.Contains(c.Audience, "") {
		return errors.New("an audience is empty")
	}
	for name, values := range c.Claims {
		if len(values) == 0 {
			return fmt.Errorf("claim %q: no value configured", name)
		}
	}
	return nil
}

func (c *JWTConfig) validateAlgorithms() error {
	usable := c.Keys.algorithms()
	for _, alg := range c.Algorithms {
		switch {
		case slices.Contains(usable, alg):
		case c.sharedSecret() && hmacKeySize[alg] > 0:
			return fmt.Errorf("algorithm %s needs a secret of at least %d bytes", alg, hmacKeySize[alg])
		case hmacKeySize[alg] > 0:
			return fmt.Errorf("algorithm %s needs a shared secret, not public keys", alg)
		case !slices.Contains(asymmetricAlgorithms, alg):
			return fmt.Errorf("algorithm %q is not supported", alg)
		case c.sharedSecret():
			return fmt.Errorf("algorithm %s needs public keys, not a shared secret", alg)
		default:
			return fmt.Errorf("algorithm %s suits none of the keys", alg)
		}
	}
	return nil
}

// sharedSecret holds because every secret suits at least HS256, and no public key does.
func (c *JWTConfig) sharedSecret() bool {
	return slices.Contains(c.Keys.algorithms(), "HS256")
}
