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
)

// The operations that are decided.
const (
	Create = registration.Create
	Update = registration.Update
)

// Request is what is to be decided.
type Request struct {
	// Operation is Create or Update.
	Operation Operation
	// Metadata is what was asked. Decide works on it: pass a clone to keep it.
	Metadata *Metadata
	// Registered is what the client has now. On an Update that nobody vouched
	// for anew it is the limit; nil where there is no such limit.
	Registered *Metadata

	// What follows is for rules alone.

	// Admission is who vouches for the registration; nil where nobody does.
	Admission *Admission
	// RemoteIP is the address that the request came from.
	RemoteIP string
	// Now is the time of the request.
	Now time.Time
}

// Decision is the answer, with its diagnosis.
type Decision struct {
	// Class is the app class whose scopes applied.
	Class Class
	// Metadata is what may be registered, complete. It is not to be used where
	// the decision is a refusal.
	Metadata *Metadata
	// Violations are all broken rules; empty for an admission.
	Violations []Violation
	// Changes are all differences from what was asked, in the order in which
	// they were made.
	Changes []Change
}

// Admitted tells whether the registration may go ahead.
func (d Decision) Admitted() bool { return len(d.Violations) == 0 }

// Class is a kind of SMART app: which scopes make sense for it.
type Class string

// The app classes (SMART App Launch 2.2, "App Types").
const (
	// Patient apps act for somebody who is there to sign in.
	Patient Class = "patient"
	// Backend services act on their own: client_credentials is their only grant.
	Backend Class = "backend"
)
