package token

import (
	"context"
	"errors"
)

// Verifier is one way to vouch for a request.
type Verifier interface {
	// Verify judges a token, "" when the request has none. The error wraps one
	// of the sentinels of this package: ErrNotMine and ErrMissing leave the
	// decision to another verifier, any other is final.
	Verify(ctx context.Context, raw string) (Admission, error)
}

// Chain asks verifiers in order; the first that recognises the token decides.
// So a forged token of one verifier's issuer is never tried with the next.
type Chain []Verifier

// Verify returns the deciding verifier's answer. When there is none, it is
// ErrMissing without a token, and with one ErrInvalid, with the reason of the
// verifier in which the token got furthest.
func (c Chain) Verify(ctx context.Context, raw string) (Admission, error) {
	nearest := errNobodys
	for _, v := range c {
		admission, err := v.Verify(ctx, raw)
		if !errors.Is(err, ErrNotMine) && !errors.Is(err, ErrMissing) {
			return admission, err
		}
		if r, ok := errors.AsType[*refusalError](err); ok && r.stage > nearest.stage {
			nearest = r
		}
	}
	if raw == "" {
		return Admission{}, errNoToken
	}
	return Admission{}, refuse(ErrInvalid, nearest.reason)
}

// Open admits requests without a token, as RFC 7591 section 3 calls it: open
// registration. A token that no other verifier knows is refused all the same:
// whoever presents one expects it to count.
type Open struct{}

// Verify admits "" only.
func (Open) Verify(_ context.Context, raw string) (Admission, error) {
	if raw != "" {
		return Admission{}, notMine(atForm, "this kind of token is not accepted here")
	}
	return Admission{Kind: KindOpen}, nil
}

var (
	errNoToken = refuse(ErrMissing, "a bearer token is required")
	errNobodys = &refusalError{class: ErrInvalid, reason: "this kind of token is not accepted here", stage: -1}
)

var (
	_ Verifier = Chain(nil)
	_ Verifier = Open{}
)
