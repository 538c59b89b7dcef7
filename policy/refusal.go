package policy

import (
	"net/http"
	"strconv"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// Error is a refusal as a caller is told it.
type Error = registration.Error

// Explanation is how much of a refusal callers are told.
type Explanation string

// The explanations.
const (
	// ExplainFull tells all violations, with what would have been let through.
	ExplainFull Explanation = "full"
	// ExplainBrief tells which rules were broken and where.
	ExplainBrief Explanation = "brief"
	// ExplainNone tells that a rule refuses the registration, not which.
	ExplainNone Explanation = "none"
)

// Refusal is the answer to a registration that was not admitted. The code is
// invalid_redirect_uri where redirect URIs are all that is at fault, else
// invalid_client_metadata (RFC 7591 section 3.2.2).
//
// A refusal has at most 100 violations, with at most 100 values each of what was
// allowed: it is not to be many times as large as what was sent. The description
// counts them all.
func (d Decision) Refusal(explain Explanation) *Error {
	const most = 100
	e := &Error{
		Status: http.StatusBadRequest, Code: registration.InvalidRedirectURI,
		Violations: make([]Violation, 0, min(len(d.Violations), most)),
	}
	for _, v := range d.Violations {
		if v.Code != registration.InvalidRedirectURI {
			e.Code = registration.InvalidClientMetadata
		}
		v.Allowed = v.Allowed[:min(len(v.Allowed), most)]
		if explain == ExplainBrief {
			v.Allowed = nil
		}
		if len(e.Violations) < most {
			e.Violations = append(e.Violations, v)
		}
	}
	if explain == ExplainNone {
		e.Violations, e.Description = nil, "the registration is not permitted"
		return e
	}
	first := d.Violations[0]
	e.Description = first.Rule + ": " + first.Detail
	if more := len(d.Violations) - 1; more > 0 {
		e.Description += " (and " + strconv.Itoa(more) + " more, see violations)"
	}
	return e
}
