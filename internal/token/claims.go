package token

import (
	"slices"
	"strings"
	"time"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// checkTimes judges exp, nbf and iat, and returns when the token expires.
// A time in the future beyond the leeway is refused in iat too: such a token was
// not issued yet, or by a clock that cannot be trusted with exp either.
func (j *JWT) checkTimes(claims object) (time.Time, error) {
	now, leeway := j.config.Now().Unix(), int64(j.config.Leeway/time.Second)

	for _, name := range []string{"nbf", "iat"} {
		at, _, err := claims.date(name)
		if err != nil {
			return time.Time{}, refuse(ErrInvalid, name+" is not a date in whole seconds")
		}
		if at > now+leeway {
			return time.Time{}, refuse(ErrInvalid, "the token is not valid yet")
		}
	}

	exp, _, err := claims.date("exp")
	switch {
	case err != nil:
		return time.Time{}, refuse(ErrInvalid, "exp is not a date in whole seconds")
	case exp == 0 && j.config.ExpiryOptional: // or absent
		return time.Time{}, nil
	case exp == 0:
		return time.Time{}, refuse(ErrInvalid, "the token has no expiry")
	case exp+leeway <= now:
		return time.Time{}, refuse(ErrInvalid, "the token has expired")
	default:
		return time.Unix(exp, 0), nil
	}
}

func (j *JWT) checkAudience(claims object) error {
	found, ok := claims.oneOf("aud", j.config.Audience)
	switch {
	case !ok:
		return refuse(ErrInvalid, "aud is neither a string nor an array of strings")
	case !found && len(j.config.Audience) > 0:
		return refuse(ErrInvalid, "the token is meant for another audience")
	default:
		return nil
	}
}

// checkClaims names no claim in its reason: which ones open the door is the
// operator's business.
func checkClaims(claims object, required map[string][]string) error {
	for name, values := range required {
		claim, _ := claims.Get(name)
		has := registration.ClaimValues(name, claim)
		if !slices.ContainsFunc(has, func(v string) bool { return slices.Contains(values, v) }) {
			return refuse(ErrInsufficient, "the token does not permit registration")
		}
	}
	return nil
}

// LimitsIn are the limits that claims have, nil if none. names is the name of each
// limit with that of its claim. A limit that is null is there: who reads it has to
// refuse it.
func LimitsIn(claims *registration.Metadata, names map[string]string) *registration.Metadata {
	var limits *registration.Metadata
	for limit, claim := range names {
		v, there := claims.Get(claim)
		if !there {
			continue
		}
		if limits == nil {
			limits = registration.New()
		}
		limits.Set(limit, v)
	}
	return limits
}

// mediaType gives the two spellings of a typ header one form: "application/" may
// be left out, and case does not count (RFC 7515 section 4.1.9).
func mediaType(typ string) string {
	typ = strings.ToLower(typ)
	if rest, ok := strings.CutPrefix(typ, "application/"); ok && !strings.Contains(rest, "/") {
		return rest
	}
	return typ
}
