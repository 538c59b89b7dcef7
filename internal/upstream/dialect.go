package upstream

import (
	"fmt"
	"slices"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/internal/smart"
)

// Dialect is what one kind of authorization server understands and says.
type Dialect struct {
	// Name is how the configuration calls it.
	Name string
	// Quirks are what is peculiar to the server. Empty: it keeps to RFC 7591.
	Quirks []Quirk
	// Free are the scopes that every client with a user may ask for whether
	// registered or not, and that cannot be registered.
	Free []string
	// RollsBack: where the server answers 500 it has done nothing.
	RollsBack bool
	// returned are the members that the server returns when a registration is
	// read. Nil: all.
	returned map[string]bool
	// measured are the versions from the oldest to the newest that were tried.
	measured Versions
	// known is what is known of one server's version; nil: nothing, and nothing is
	// learned.
	known *knowledge
}

// Quirk is one thing in which a server differs from RFC 7591, and what is done
// about it. Each time that something is done, its name is in what the method that
// did it returns, so that it is logged and counted.
type Quirk struct {
	// Name identifies the quirk in logs and metrics.
	Name string
	// Effect says what is done, for the documentation.
	Effect string
	// Versions are those that have it.
	Versions Versions
	// Evidence names the exchange in testdata/exchanges that proves it. "" where
	// the versions that have it could not be had; then Source says who has seen it.
	Evidence, Source string
	// Prevented: what the gateway sends never brings it about, so nothing is to be
	// done, and nothing is counted.
	Prevented bool
	// Open: nothing can be made up for, and callers see it. It is not counted.
	Open bool
	// Certain: it is made up for only where the operator says that the server has
	// one of the versions, since with another that would be wrong.
	Certain bool

	// out changes what is sent, and in what is believed to be registered; each
	// reports whether it did.
	out func(*registration.Metadata) bool
	in  func(registered, decided *registration.Metadata) bool
	// update changes what is sent as an update of what is registered, and reports
	// whether it did.
	update func(sent, registered *registration.Metadata) bool
	// asked puts right what an update has from an answer that said more than was
	// ever decided.
	asked func(asked, registered *registration.Metadata) bool
	// refusal reads a refusal of the server's; nil: it is another one.
	refusal func(refusal) *registration.Error
	// doubts tells of a document that the server's answer to it is not true.
	doubts func(decided *registration.Metadata) bool
	// excuses tells of a member that it cannot be registered as was decided.
	excuses func(member string, decided, registered *registration.Metadata) bool
	// shows tells whether the quirk is there in the answer to a document, as far as
	// that answer tells.
	shows func(reply, decided *registration.Metadata) (there, tells bool)
}

// dialects is the closed set.
var dialects = []*Dialect{keycloak, generic}

// Names are the dialects' names.
func Names() []string {
	names := make([]string, len(dialects))
	for i, d := range dialects {
		names[i] = d.Name
	}
	return names
}

// Named returns the dialect of that name.
func Named(name string) (*Dialect, error) {
	for _, d := range dialects {
		if d.Name == name {
			return d, nil
		}
	}
	return nil, fmt.Errorf("there is no dialect %q (dialects: %v)", name, Names())
}

// generic is a server that keeps to RFC 7591.
var generic = &Dialect{Name: "generic"}

// Unreturned tells of a member that the server does not return it when a
// registration is read, whatever was registered.
func (d *Dialect) Unreturned(member string) bool {
	return d.returned != nil && !d.returned[member]
}

// fire has each quirk do what it does in one place, and names those that did.
func (d *Dialect) fire(does func(*Quirk) bool) []string {
	var fired []string
	for i := range d.Quirks {
		if q := &d.Quirks[i]; does(q) {
			fired = append(fired, q.Name)
		}
	}
	return fired
}

// Incoming puts an update right that repeats what a quirk of the server's has
// added to the registration, and names the quirks that fired: whoever sends back
// what it has read asks for nothing.
func (d *Dialect) Incoming(asked, registered *registration.Metadata) []string {
	return d.fire(func(q *Quirk) bool {
		return q.asked != nil && d.reads(q) && q.asked(asked, registered)
	})
}

// Outgoing turns a decided document into the one that is sent, and names the
// quirks that fired. The decided document is left as it is. Only registered
// members are sent: what nothing here has judged could be a switch of the
// server's own.
func (d *Dialect) Outgoing(decided *registration.Metadata) (*registration.Metadata, []string) {
	out := decided.Registered()
	return out, d.fire(func(q *Quirk) bool { return q.out != nil && d.sends(q) && q.out(out) })
}

// Update makes what is sent replace what is registered, at a server that would not
// let it (RFC 7592 section 2.2: what is left out is to be removed), and names the
// quirks that fired.
func (d *Dialect) Update(sent, registered *registration.Metadata) []string {
	return d.fire(func(q *Quirk) bool {
		return q.update != nil && d.sends(q) && q.update(sent, registered)
	})
}

// Registered turns a server's reply into what is truly registered, and names
// the quirks that fired. decided is what was sent, nil on a read. The result is
// built from members on a list: what a server says besides is not the client's
// business.
func (d *Dialect) Registered(reply, decided *registration.Metadata) (*registration.Metadata, []string) {
	d.learn(reply, decided)
	registered := reply.Registered()
	fired := d.fire(func(q *Quirk) bool { return q.in != nil && d.reads(q) && q.in(registered, decided) })
	settleOrder(registered, decided)
	return registered, fired
}

// settleOrder puts what is a set into one order, whatever the server's hash maps
// made of it: as asked, then what was not asked for, sorted. It reports whether a
// list of the server's was in another.
func settleOrder(registered, decided *registration.Metadata) (moved bool) {
	if decided == nil {
		decided = registration.New()
	}
	for _, name := range sets {
		is, _ := registered.Get(name)
		asked, _ := decided.Get(name)
		if array, ok := is.([]any); !ok || len(array) < 2 || registration.Equal(is, asked) {
			continue // no set, or one that is in order: the usual case
		}
		if values, ok := registered.Strings(name); ok {
			order, _ := decided.Strings(name)
			settled := inOrderOf(order, values)
			moved = moved || !slices.Equal(settled, values)
			registered.SetStrings(name, settled)
		}
	}
	if is, asked := registered.String("scope"), decided.String("scope"); is != asked && is != "" {
		settled := smart.Join(inOrderOf(smart.Split(asked), smart.Split(is)))
		moved = moved || settled != is
		registered.Set("scope", settled)
	}
	return moved
}

// sets are the arrays whose order means nothing.
var sets = []string{
	"redirect_uris", "post_logout_redirect_uris", "grant_types", "response_types", "contacts", "request_uris",
}

// inOrderOf sorts values: those in asked first, in its order, then the others.
func inOrderOf(asked, values []string) []string {
	rest := slices.Clone(values)
	slices.Sort(rest)
	sorted := make([]string, 0, len(values))
	for _, s := range asked {
		at, there := slices.BinarySearch(rest, s)
		for ; there; there = at < len(rest) && rest[at] == s {
			sorted, rest = append(sorted, s), slices.Delete(rest, at, at+1)
		}
	}
	return append(sorted, rest...)
}
