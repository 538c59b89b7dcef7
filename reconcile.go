package smartregistration

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/internal/telemetry"
	"github.com/caddy-smart/smartregistration/internal/upstream"
)

// reconcile finds out what is registered now, and holds it against what was
// decided. What it returns an error for does not stay as it is, as far as that is
// in the gateway's power; what does is what the caller is told.
func (x *transaction) reconcile() error {
	if x.target.operation == registration.Delete {
		return nil
	}
	var err error
	if x.result, err = x.registration(x.reply, x.decision.Metadata); err != nil {
		return x.unusable(err)
	}
	if !x.hasBody() {
		return nil
	}
	if x.mustReadBack() {
		if err := x.again(http.MethodGet, nil); err != nil {
			return x.takeBack(otherwise(fmt.Errorf("reading the registration back: %w", err)))
		}
	}
	return x.settle(x.differences())
}

// differences are the members that came out otherwise than was decided, those
// first that matter for security.
func (x *transaction) differences() (security, others []string) {
	members, excused := x.dialect.Mismatches(x.decision.Metadata, x.sent, x.result)
	x.addQuirks(excused)
	if x.dialect.Additions(x.decision.Metadata, x.result) {
		for _, member := range x.policy.Beyond(x.decision.Metadata, x.result) {
			if !x.decision.Metadata.Has(member) {
				members = append(members, member)
			}
		}
	}
	for _, member := range members {
		if slices.Contains(x.securityMembers, registration.BaseName(member)) {
			security = append(security, member)
		} else {
			others = append(others, member)
		}
	}
	return security, others
}

// settle does what is configured about differences.
func (x *transaction) settle(security, others []string) error {
	x.mismatches = slices.Concat(security, others)
	if len(security) == 0 {
		if len(others) > 0 {
			x.settled = telemetry.Told
		}
		return nil
	}
	switch x.Reconcile.onMismatch() {
	case "warn":
		x.settled = telemetry.Warned
		return nil
	case "reject":
		return x.undo(security)
	}
	if err := x.again(http.MethodPut, x.asUpdate(x.sent)); err == nil {
		if security, _ = x.differences(); len(security) == 0 {
			x.settled = telemetry.Corrected
			return nil
		}
	} else if x.reply.Status/100 != 4 {
		// Refused, it has changed nothing. In any other case nobody knows what the
		// client has, nor which token is good.
		x.stale = true
		return x.takeBack(otherwise(fmt.Errorf("correcting %s: %w", strings.Join(security, ", "), err)))
	}
	// The server insists. Less than was decided is the server's to say; anything
	// else would be a client that nobody has permitted.
	if more := x.more(security); len(more) > 0 {
		return x.undo(more)
	}
	x.settled = telemetry.Warned
	return nil
}

// more are those of the members in which the client is not plainly within what was
// decided. A server that does not take away what the client had before has given it
// nothing: Keycloak up to 26.0 leaves refresh_token to a client that once had it.
func (x *transaction) more(members []string) []string {
	return slices.DeleteFunc(slices.Clone(members), func(member string) bool {
		return upstream.Within(member, x.decision.Metadata, x.result) ||
			x.registered != nil && upstream.Within(member, x.registered, x.result)
	})
}

// undo takes back what came out otherwise: a new client is deleted, an update is
// put back. The caller of an update has lost its token for all that.
func (x *transaction) undo(members []string) error {
	cause := otherwise(errors.New(strings.Join(members, ", ")))
	if x.target.operation == registration.Update && x.putBack() {
		x.settled, x.lockedOut = telemetry.TakenBack, true
		return cause
	}
	return x.takeBack(cause)
}

// putBack registers what was registered before an update, and tells whether
// nothing more than that is registered now. Members that the server does not tell
// of are lost by it.
func (x *transaction) putBack() bool {
	before := x.registered.Clone()
	for _, name := range registration.ServerSet {
		before.Delete(name)
	}
	sent, _ := x.dialect.Outgoing(before)
	if x.exchangeAs(x.heldToken(), x.atClient(http.MethodPut, x.asUpdate(sent))) != nil || x.reply.Status/100 != 2 {
		return false
	}
	is, err := x.registration(x.reply, before)
	if err != nil {
		return false
	}
	left, _ := x.dialect.Mismatches(before, sent, is)
	left = append(left, x.policy.Beyond(before, is)...)
	return !slices.ContainsFunc(left, func(member string) bool { return !upstream.Within(member, before, is) })
}

// asUpdate is a document as the body of an update of the client that leaves it
// nothing else.
func (x *transaction) asUpdate(sent *registration.Metadata) []byte {
	document := sent.Clone()
	x.dialect.Update(document, x.result)
	document.Set("client_id", x.target.clientID)
	return document.Encode()
}

// mustReadBack tells whether the client has to be read to know what it has.
func (x *transaction) mustReadBack() bool {
	switch x.Reconcile.readBack() {
	case "never":
		return false
	case "always":
		return true
	}
	quirk := x.dialect.ReadBack(x.decision.Metadata)
	if quirk != "" {
		x.addQuirks([]string{quirk})
	}
	return quirk != ""
}

// again reads or replaces the client with the token that the server has just
// issued for it, and takes what it answers for what is registered.
func (x *transaction) again(method string, body []byte) error {
	before := x.result
	if err := x.exchangeAs(x.heldToken(), x.atClient(method, body)); err != nil {
		return err
	}
	if x.reply.Status/100 != 2 {
		return x.refused(registration.Update, false)
	}
	result, err := x.registration(x.reply, x.decision.Metadata)
	if err != nil {
		return err
	}
	// A server may tell these once.
	for _, name := range registration.ServerSet {
		if v, there := before.Get(name); there && !result.Has(name) {
			result.Set(name, v)
		}
	}
	x.result = result
	return nil
}

// heldToken is the registration access token that the client has by now: the one
// that the server has issued last. "" is the gateway's own credential.
func (x *transaction) heldToken() string {
	issued := x.result.String("registration_access_token")
	if issued == "" && x.target.operation == registration.Update {
		return x.admission.Raw
	}
	return issued
}

// unusable deals with an answer that cannot be read: the client may be there.
func (x *transaction) unusable(cause error) error {
	if x.target.operation == registration.Create {
		x.result = upstream.Traces(x.reply, x.upstreamPath)
		x.target.clientID = x.result.String("client_id")
	}
	return x.takeBack(cause)
}

// uncertain deals with an exchange that failed after something was sent: it may
// have been done. A server that says that it failed may have, too, except where
// its dialect knows better; and a redirect may be the word of a proxy on the way.
func (x *transaction) uncertain(err error) error {
	_, refused := errors.AsType[*registration.Error](err)
	if refused {
		known := x.reply.Status/100 == 4 || x.reply.Status == 500 && x.dialect.RollsBack
		if known {
			return err
		}
		return x.unusable(err)
	}
	if errors.Is(err, upstream.ErrTimeout) || errors.Is(err, upstream.ErrUnusable) {
		return x.unusable(err)
	}
	return err
}

// takeBack undoes what cannot stay, and returns why: a new client is deleted. Of
// an update nobody knows what came of it, and its caller does not learn the new
// token; the log says so.
func (x *transaction) takeBack(cause error) error {
	switch {
	case x.target.operation == registration.Update:
		x.settled, x.lockedOut = telemetry.Left, true
	case x.target.operation != registration.Create:
	case x.delete():
		x.settled = telemetry.TakenBack
	default:
		x.settled, x.orphan = telemetry.Left, true
	}
	return cause
}

// tries is how often a deletion is tried, and pause what lies between two.
const (
	tries = 3
	pause = 200 * time.Millisecond
)

// delete deletes the new client, as long as one exchange may take in all. It runs
// within the request, so that no reload takes the connections away under it.
func (x *transaction) delete() bool {
	var ok bool
	if x.target.segment, ok = segmentOf(x.target.clientID); !ok {
		return false
	}
	call := x.atClient(http.MethodDelete, nil)
	end := time.Now().Add(time.Duration(x.Timeout))
	unanswered := false
	for i := range tries {
		if i > 0 {
			time.Sleep(pause)
		}
		left := time.Until(end) / time.Duration(tries-i) // one that hangs leaves time for the others
		if left <= 0 {
			return false
		}
		call.Timeout = left
		err := x.exchangeAs(x.heldToken(), call)
		switch {
		case errors.Is(err, errNoToken):
			return false
		case err != nil:
			unanswered = true
		case x.reply.Status/100 == 2, x.reply.Status == http.StatusNotFound:
			return true
		case unanswered && !x.stale && x.reply.Status == http.StatusUnauthorized:
			return true // the deletion before was done: its token is good for nothing any more
		}
	}
	return false
}

// otherwise is what the caller is told where what was decided could not be had.
// The cause is for the log, and kept as text: it may be an answer by its type.
func otherwise(cause error) error {
	return &registration.Error{
		Status: http.StatusBadGateway, Code: registration.ServerError,
		Description: "the authorization server registered something else than was decided", Err: errors.New(cause.Error()),
	}
}
