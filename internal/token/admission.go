package token

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// Kind names the way in which a request was vouched for. The values appear in
// logs and metrics.
type Kind string

// The kinds of admission, one for each verifier.
const (
	KindJWT                     Kind = "jwt"
	KindPassthrough             Kind = "passthrough"
	KindRegistrationAccessToken Kind = "registration_access_token"
	KindOpen                    Kind = "open"
)

// Admission is what a token proves. Only with KindJWT it is proof: with the
// kinds that the authorization server has yet to judge, ID, Issuer, Subject and
// Expires are what the token says about itself, good for a log and nothing else.
type Admission struct {
	Kind Kind

	// Fingerprint names the token in logs. Empty with KindOpen.
	Fingerprint string

	ID      string    // jti
	Issuer  string    // iss
	Subject string    // sub
	Expires time.Time // exp; zero means never, or not said

	// Claims are the verified claims, all of them. Only with KindJWT.
	Claims *registration.Metadata `json:"-"`

	// Limits are the claims that limit what the token vouches for, by the names
	// of the limits. Nil: there are none. Only with KindJWT.
	Limits *registration.Metadata `json:"-"`

	// Raw is the token, to be sent on to the server that judges it. Empty with
	// KindJWT, whose tokens are of no use to the server, and with KindOpen.
	Raw string `json:"-"`
}

// String leaves out the token and its claims.
func (a Admission) String() string {
	if a.Fingerprint == "" {
		return string(a.Kind)
	}
	return fmt.Sprintf("%s %s", a.Kind, a.Fingerprint)
}

// GoString is String, because %#v would print Raw.
func (a Admission) GoString() string { return a.String() }

// LogValue leaves out the token and its claims.
func (a Admission) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("kind", string(a.Kind)),
		slog.String("fingerprint", a.Fingerprint),
		slog.String("id", a.ID),
		slog.String("issuer", a.Issuer),
		slog.String("subject", a.Subject),
	)
}

var (
	_ fmt.Stringer   = Admission{}
	_ fmt.GoStringer = Admission{}
	_ slog.LogValuer = Admission{}
)
