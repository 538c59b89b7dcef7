package token

import "errors"

// The classes of refusal. Errors of this package wrap exactly one of them.
var (
	// ErrMissing: no bearer token came with the request.
	// 401 with a bare challenge: no error code (RFC 6750 section 3.1).
	ErrMissing = errors.New("no bearer token")

	// ErrMalformed: the Authorization header cannot be read.
	// 400 invalid_request (RFC 6750 section 3.1).
	ErrMalformed = errors.New("malformed authorization header")

	// ErrInvalid: the token is expired, forged, or not one that is accepted here.
	// 401 invalid_token.
	ErrInvalid = errors.New("invalid token")

	// ErrNotMine: the token belongs to another verifier. A [Chain] goes on with
	// the next one and never returns it; alone it means the same as ErrInvalid.
	ErrNotMine = errors.New("token of another kind")

	// ErrInsufficient: the token is genuine but lacks a claim that registration
	// requires. 403 insufficient_scope.
	ErrInsufficient = errors.New("insufficient token")

	// ErrUnavailable: the token cannot be judged now, because no keys have been
	// obtained yet. 503: neither the caller's fault nor a reason to admit.
	ErrUnavailable = errors.New("token verification unavailable")
)

// Reason returns what may be told to the caller about an error of this package.
// It is printable ASCII without quotation marks and backslashes, as the
// error_description of RFC 6750 section 3 demands, and holds nothing from the
// token. For any other error it is "".
func Reason(err error) string {
	if r, ok := errors.AsType[*refusalError](err); ok {
		return r.reason
	}
	return ""
}

// stage says how far a token got before a verifier found that it was not its
// own. The verifier in which it got furthest explains best what is wrong.
type stage int

const (
	atForm stage = iota
	atIssuer
	atType
)

type refusalError struct {
	class  error
	reason string
	stage  stage // of ErrNotMine
}

func (r *refusalError) Error() string { return r.class.Error() + ": " + r.reason }

func (r *refusalError) Unwrap() error { return r.class }

// What a flood of bad tokens gets is not made anew for each.
var (
	errNotJWT        = notMine(atForm, "the token is not a well-formed JWT")
	errAnotherIssuer = notMine(atIssuer, "the token is of another issuer")
	errSignature     = refuse(ErrInvalid, "the token's signature is not valid")
)

func refuse(class error, reason string) error {
	return &refusalError{class: class, reason: reason}
}

func notMine(s stage, reason string) error {
	return &refusalError{class: ErrNotMine, reason: reason, stage: s}
}
