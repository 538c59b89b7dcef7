package policy

import (
	"fmt"
	"net/http"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// Error is a refusal as a caller is told it.
type Error = registration.Error

// Refusal is the answer to a registration that was not admitted. The code is
// invalid_redirect_uri where redirect URIs are all that is at fault, else
// invalid_client_metadata (RFC 7591 section 3.2.2). Without explain, callers
// learn which rules they broke and where, not what would have been let through.
func (d Decision) Refusal(explain bool) *Error {
	e := &Error{
		Status: http.StatusBadRequest, Code: registration.InvalidRedirectURI,
		Violations: make([]Violation, len(d.Violations)),
	}
	for i, v := range d.Violations {
		if v.Code != registration.InvalidRedirectURI {
			e.Code = registration.InvalidClientMetadata
		}
		if !explain {
			v.Allowed = nil
		}
		e.Violations[i] = v
	}
	first := d.Violations[0]
	e.Description = fmt.Sprintf("%s: %s", first.Rule, first.Detail)
	if more := len(d.Violations) - 1; more > 0 {
		e.Description += fmt.Sprintf(" (and %d more, see violations)", more)
	}
	return e
}
