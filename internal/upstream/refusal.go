package upstream

import (
	"net/http"
	"strconv"
	"time"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// refusal is a reply that is not a success, as a dialect reads it.
type refusal struct {
	status      int
	code        string // "error"
	description string // "error_description"
	challenged  bool   // it has a WWW-Authenticate
	operation   registration.Operation
	own         bool // the credential was the gateway's, not the caller's
}

// Refusal translates a reply that is not a success into what RFC 7591, 7592 and
// 6750 have for it. The server's own words stay behind, since they name
// policies, hosts and Java classes; they are the error's cause, for the log.
// own says that the gateway presented its own credential: then the caller is
// not to blame for what that credential may not do. The quirk that the refusal was
// read by is named too, "" if there was none to make up for.
func (d *Dialect) Refusal(op registration.Operation, own bool, reply *Reply) (*registration.Error, string) {
	r := refusal{status: reply.Status, operation: op, own: own, challenged: reply.Header.Get("WWW-Authenticate") != ""}
	if m, err := registration.DecodeString(reply.Body); err == nil {
		r.code, r.description = m.String("error"), m.String("error_description")
	}
	e, quirk := d.refusal(r)
	if e == nil {
		e = r.general()
	}
	if reply.Status == http.StatusServiceUnavailable || reply.Status == http.StatusTooManyRequests {
		e.RetryAfter = retryAfter(reply.Header)
	}
	e.Err = replyError{r}
	return e, quirk
}

func (d *Dialect) refusal(r refusal) (*registration.Error, string) {
	for i := range d.Quirks {
		if q := &d.Quirks[i]; q.refusal != nil && d.reads(q) {
			if e := q.refusal(r); e != nil {
				return e, q.Name
			}
		}
	}
	return nil, ""
}

// general reads a refusal by its status and its RFC 7591 code alone.
func (r refusal) general() *registration.Error {
	switch {
	case r.status == http.StatusUnauthorized && !r.own, r.status == http.StatusNotFound && r.operation != registration.Create:
		return notTheClients(r.operation)
	case r.status == http.StatusForbidden && !r.own:
		return &registration.Error{
			Status: http.StatusForbidden, Code: registration.InsufficientScope, Challenge: true,
			Description: "the authorization server does not let this token do that",
		}
	case r.status == http.StatusBadRequest:
		return r.badMetadata()
	case r.status == http.StatusServiceUnavailable, r.status == http.StatusTooManyRequests:
		return &registration.Error{
			Status: http.StatusServiceUnavailable, Code: registration.TemporarilyUnavailable,
			Description: "the authorization server takes no registrations at the moment",
		}
	default:
		return notAnAPI()
	}
}

// notAnAPI is the answer to what the caller has no part in.
func notAnAPI() *registration.Error {
	return &registration.Error{
		Status: http.StatusBadGateway, Code: registration.ServerError,
		Description: "the authorization server did not answer as a registration API should",
	}
}

// notTheClients is one and the same answer to a wrong token, an unknown client
// and somebody else's: whether a client exists is not for strangers to learn
// (RFC 7592 section 2.1 asks for 401 in each case).
func notTheClients(op registration.Operation) *registration.Error {
	description := "the registration access token is not valid for this client"
	if op == registration.Create {
		description = "the authorization server does not accept this initial access token"
	}
	return &registration.Error{
		Status: http.StatusUnauthorized, Code: registration.InvalidToken, Challenge: true, Description: description,
	}
}

// badMetadata keeps the code where it is RFC 7591's and says which rules to
// look for, as far as the code tells.
func (r refusal) badMetadata() *registration.Error {
	e := &registration.Error{
		Status: http.StatusBadRequest, Code: registration.InvalidClientMetadata,
		Description: "the authorization server refuses the client metadata",
	}
	pointer := ""
	switch r.code {
	case string(registration.InvalidRedirectURI):
		e.Code, pointer = registration.InvalidRedirectURI, "/redirect_uris"
		e.Description = "the authorization server refuses a redirect URI"
	case string(registration.InvalidSoftwareStatement):
		e.Code, pointer = registration.InvalidSoftwareStatement, "/software_statement"
		e.Description = "the authorization server refuses the software statement"
	}
	e.Violations = []registration.Violation{serverViolation(pointer, e.Description)}
	return e
}

func serverViolation(pointer, detail string) registration.Violation {
	return registration.Violation{Rule: "authorization_server", Pointer: pointer, Detail: detail}
}

// replyError is what the server said, as an error for the log.
type replyError struct{ refusal }

func (e replyError) Error() string {
	return "the authorization server answered " + strconv.Itoa(e.status) + " " + strconv.Quote(e.code) + " " + strconv.Quote(e.description)
}

// retryAfter reads the header in seconds; a date is left out, which says nothing
// rather than something wrong.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	const day = 24 * time.Hour
	return time.Duration(min(seconds, int(day/time.Second))) * time.Second
}
