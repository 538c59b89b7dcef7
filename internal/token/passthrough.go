package token

import (
	"context"
	"time"
)

// Form is what can be checked of an authorization server's own tokens without
// its key. [KeycloakForm] and [OpaqueForm] are all there are.
type Form interface {
	// inspect returns what the token says about itself. The Kind is one of
	// KindPassthrough and KindRegistrationAccessToken.
	inspect(raw string, kind Kind, now time.Time) (Admission, error)
}

// Passthrough admits initial access tokens of the right form, for the
// authorization server to judge.
type Passthrough struct {
	form Form
	now  func() time.Time
}

// NewPassthrough makes a verifier of initial access tokens.
func NewPassthrough(form Form, now func() time.Time) *Passthrough {
	return &Passthrough{form: form, now: now}
}

// Verify checks the form and leaves the token in Raw.
func (p *Passthrough) Verify(_ context.Context, raw string) (Admission, error) {
	return inspect(p.form, raw, KindPassthrough, p.now())
}

// RegistrationAccessToken admits registration access tokens of the right form
// (RFC 7592 section 3), for the authorization server to judge.
type RegistrationAccessToken struct {
	form Form
	now  func() time.Time
}

// NewRegistrationAccessToken makes a verifier of registration access tokens.
func NewRegistrationAccessToken(form Form, now func() time.Time) *RegistrationAccessToken {
	return &RegistrationAccessToken{form: form, now: now}
}

// Verify checks the form and leaves the token in Raw.
func (r *RegistrationAccessToken) Verify(_ context.Context, raw string) (Admission, error) {
	return inspect(r.form, raw, KindRegistrationAccessToken, r.now())
}

func inspect(form Form, raw string, kind Kind, now time.Time) (Admission, error) {
	if raw == "" {
		return Admission{}, errNoToken
	}
	admission, err := form.inspect(raw, kind, now)
	if err != nil {
		return Admission{}, err
	}
	admission.Kind = kind
	admission.Fingerprint = Fingerprint(raw)
	admission.Raw = raw
	return admission, nil
}

// OpaqueForm is the form of a server of which nothing is known: any b64token of
// RFC 6750 section 2.1 up to [MaxLength].
type OpaqueForm struct{}

func (OpaqueForm) inspect(raw string, _ Kind, _ time.Time) (Admission, error) {
	if len(raw) > MaxLength || !IsB64Token(raw) {
		return Admission{}, notMine(atForm, "the token is not a bearer token of RFC 6750")
	}
	return Admission{}, nil
}

var (
	_ Verifier = (*Passthrough)(nil)
	_ Verifier = (*RegistrationAccessToken)(nil)
	_ Form     = OpaqueForm{}
)
