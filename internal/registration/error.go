package registration

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Code is the value of "error" in a refusal.
type Code string

// The codes this project answers with.
const (
	InvalidRedirectURI       Code = "invalid_redirect_uri"       // RFC 7591 section 3.2.2
	InvalidClientMetadata    Code = "invalid_client_metadata"    // RFC 7591 section 3.2.2
	InvalidSoftwareStatement Code = "invalid_software_statement" // RFC 7591 section 3.2.2
	InvalidRequest           Code = "invalid_request"            // RFC 6750 section 3.1, RFC 6749 section 4.1.2.1
	InvalidToken             Code = "invalid_token"              // RFC 6750 section 3.1
	InsufficientScope        Code = "insufficient_scope"         // RFC 6750 section 3.1
	ServerError              Code = "server_error"               // RFC 6749 section 4.1.2.1
	TemporarilyUnavailable   Code = "temporarily_unavailable"    // RFC 6749 section 4.1.2.1
)

// Violation is one rule that a document breaks.
type Violation struct {
	// Rule is the broken rule's name, as the documentation lists it.
	Rule string `json:"rule"`
	// Pointer is where in the caller's document (RFC 6901).
	Pointer string `json:"pointer"`
	// Detail is one sentence that says what is wrong.
	Detail string `json:"detail,omitempty"`
	// Allowed is what the rule would have let through, where that can be listed.
	Allowed []string `json:"allowed,omitempty"`
	// Layer names the policy that the rule is of; empty for built-in rules.
	Layer string `json:"layer,omitempty"`
	// Given is the offending value, for the log. It is not repeated to callers.
	Given any `json:"-"`
	// Code is the RFC 7591 code that this violation calls for.
	Code Code `json:"-"`
}

// Change is one difference between what was asked and what was decided.
type Change struct {
	// Member is the changed member's name.
	Member string `json:"member"`
	// Before is nil where the member was absent, After where it was removed.
	Before any `json:"before,omitempty"`
	After  any `json:"after,omitempty"`
	// Rule is what made the change, Layer the policy it is of (empty: built in).
	Rule  string `json:"rule"`
	Layer string `json:"layer,omitempty"`
}

// Error is a refusal: everything a caller is told, and the cause for the log.
type Error struct {
	// Status is the HTTP status.
	Status int
	// Code is "error" in the body.
	Code Code
	// Description is one ASCII sentence for a developer to read.
	Description string
	// Violations are all the rules that were broken.
	Violations []Violation
	// Challenge asks for a WWW-Authenticate header (RFC 6750 section 3), with
	// the code in it unless Anonymous.
	Challenge bool
	// Anonymous: no token was sent at all, so the challenge carries no code
	// (RFC 6750 section 3.1).
	Anonymous bool
	// Allow are the methods of a 405.
	Allow []string
	// RetryAfter is how long a caller should wait; 0 says nothing.
	RetryAfter time.Duration
	// Err is the cause. It goes to the log, never to the caller.
	Err error
}

// Error is the refusal in one line, for logs.
func (e *Error) Error() string {
	s := strconv.Itoa(e.Status) + " " + string(e.Code) + ": " + e.Description
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Write answers with the refusal. RFC 7591 section 3.2.2 wants the code and the
// description in ASCII; RFC 6750 section 3 further keeps quotes and backslashes
// out of a challenge.
func (e *Error) Write(w http.ResponseWriter) {
	h := w.Header()
	if e.Challenge {
		h.Set("WWW-Authenticate", e.challenge())
	}
	if len(e.Allow) > 0 {
		h.Set("Allow", strings.Join(e.Allow, ", "))
	}
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int((e.RetryAfter+time.Second-1)/time.Second)))
	}
	writeJSON(w, e.Status, e.appendBody)
}

func (e *Error) challenge() string {
	if e.Anonymous {
		return `Bearer realm="client registration"`
	}
	return `Bearer realm="client registration", error="` + string(e.Code) +
		`", error_description="` + ascii(e.Description) + `"`
}

// ascii keeps to the characters that both RFC 7591 section 3.2.2 and RFC 6750
// section 3 allow in a description.
func ascii(s string) string {
	if plain(s) == len(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e || r == '"' || r == '\\' {
			return '?'
		}
		return r
	}, s)
}
