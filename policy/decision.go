package policy

import (
	"time"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// The types of the vocabulary that this package's functions take and return,
// so that a caller outside this module can name them.
type (
	// Metadata is a client metadata document.
	Metadata = registration.Metadata
	// Violation is one broken rule.
	Violation = registration.Violation
	// Change is one difference between what was asked and what was decided.
	Change = registration.Change
	// Operation says what is done with the registration.
	Operation = registration.Operation
	// Code is the error code that a violation calls for.
	Code = registration.Code
)

// The operations that are decided.
const (
	Create = registration.Create
	Update = registration.Update
)

// The codes of violations (RFC 7591 section 3.2.2).
const (
	InvalidRedirectURI    = registration.InvalidRedirectURI
	InvalidClientMetadata = registration.InvalidClientMetadata
)

// DecodeMetadata reads one client metadata document, strictly: a JSON object in
// UTF-8 in which no name occurs twice, at most 16 levels deep. The error is an
// [*Error].
func DecodeMetadata(text []byte) (*Metadata, error) { return registration.Decode(text) }

// Request is what is to be decided.
type Request struct {
	// Operation is Create or Update.
	Operation Operation
	// Metadata is what was asked. Decide works on it: pass a clone to keep it.
	Metadata *Metadata
	// Registered is what the client has now, as it was told: with client_id and the
	// other members that only the server sets. On an Update it is the limit
	// ([BuiltIn].Widening), and what read-only members are held against; nil where
	// there is no such limit.
	Registered *Metadata

	// Offered are the scopes that the server has; nil where that is not known.
	Offered *Offered
	// Admission is who vouches for a registration, and limits it; nil where
	// nobody does. On an Update it counts with [WideningAdmission] alone.
	Admission *Admission

	// What follows is for rules alone.

	// RemoteIP is the address that the request came from.
	RemoteIP string
	// Now is the time of the request.
	Now time.Time
}

// Decision is the answer, with its diagnosis.
type Decision struct {
	// Profile is the profile that judged; empty where none is for such an app.
	Profile string
	// PolicyDigest is the policy's, see [Policy.Digest].
	PolicyDigest string
	// Metadata is what may be registered, complete. It is not to be used where
	// the decision is a refusal.
	Metadata *Metadata
	// Violations are all broken rules; empty for an admission. What they list as
	// allowed is shared by decisions: read it only.
	Violations []Violation
	// Warnings are what is odd and not refused.
	Warnings []Violation
	// Changes are all differences from what was asked, in the order in which
	// they were made.
	Changes []Change
}

// Admitted tells whether the registration may go ahead.
func (d Decision) Admitted() bool { return len(d.Violations) == 0 }
