package policy

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// Match says which registrations a profile is for: all that is written has to
// hold. What it sees of the metadata is what the policy's own operators make of
// what was asked.
type Match struct {
	// Class is the class that the app is of: patient (a user signs in), provider
	// (a user signs in, and a user/ scope is asked for) or backend
	// (client_credentials is the only grant). Default: any
	Class Class `json:"class,omitempty"`
	// Metadata are operators by member that have nothing to change and nothing to
	// refuse: {"token_endpoint_auth_method": {"one_of": ["none"]}}. A condition on a
	// member that the server does not return when a registration is read is to an
	// update what one on the token is, see Token. Default: none
	Metadata *Metadata `json:"metadata,omitempty"`
	// Token are conditions on who vouches for a registration. On an update nobody
	// does (but see [WideningAdmission]): then a profile with such conditions is
	// chosen only for a client that the first one whose conditions can all be seen
	// to hold could not have registered as it is. Default: none
	Token TokenMatch `json:"token,omitzero"`
}

// Validate returns an error if a condition cannot be, or can hold for nobody.
func (m *Match) Validate() error {
	_, err := compileMatch(Profile{Match: m}, nil)
	return err
}

// TokenMatch are conditions on an admission.
type TokenMatch struct {
	// Kind is the way in which it was vouched for: jwt, passthrough, open.
	// Default: any
	Kind []string `json:"kind,omitempty"`
	// Issuer is what iss of a verified token (jwt) is. Default: any
	Issuer []string `json:"issuer,omitempty"`
	// Claims are claims of a verified token that have one of the values. An array
	// has those that are in it, "scope" its tokens. Default: none
	Claims map[string][]string `json:"claims,omitempty"`
}

// check finds conditions that hold for nobody, or by a slip of the pen for all.
func (t TokenMatch) check() error {
	for name, values := range t.Claims {
		if len(values) == 0 {
			return fmt.Errorf("claim %q needs at least one value", name)
		}
	}
	switch {
	case t.Kind != nil && len(t.Kind) == 0, t.Issuer != nil && len(t.Issuer) == 0, t.Claims != nil && len(t.Claims) == 0:
		return errors.New("a condition needs at least one value")
	case slices.Contains(t.Issuer, ""):
		return errors.New("an issuer is empty")
	case len(t.Issuer)+len(t.Claims) > 0 && len(t.Kind) > 0 && !slices.Contains(t.Kind, "jwt"):
		return errors.New("issuer and claims are known of the kind jwt only")
	}
	return nil
}

func (t TokenMatch) empty() bool { return len(t.Kind)+len(t.Issuer)+len(t.Claims) == 0 }

// tokenKinds are the ways in which a registration is vouched for.
var tokenKinds = []string{"jwt", "passthrough", "open"}

// match is compiled.
type match struct {
	class    Class
	metadata *MetadataPolicy
	onUpdate *MetadataPolicy // what an update can be asked for
	untold   bool            // a condition is about a member that the server does not return
	token    TokenMatch
}

func compileMatch(w Profile, unreturned func(string) bool) (match, error) {
	m := Match{}
	switch {
	case w.Match != nil:
		m = *w.Match
	case w.Preset == "" && slices.Contains(classes, Class(w.Name)):
		m.Class = Class(w.Name)
	}
	if m.Class != "" && !slices.Contains(classes, m.Class) {
		return match{}, fmt.Errorf("class is %q, must be one of: patient provider backend", m.Class)
	}
	operators, err := ParseMetadataPolicy("match", m.Metadata)
	if err != nil {
		return match{}, err
	}
	if err := m.Token.check(); err != nil {
		return match{}, fmt.Errorf("token: %w", err)
	}
	if w.Match != nil && m.Class == "" && operators.empty() && m.Token.empty() {
		return match{}, errors.New("it has no condition; leave it out, and it is what the preset or the name says")
	}
	for _, kind := range m.Token.Kind {
		if !slices.Contains(tokenKinds, kind) {
			return match{}, fmt.Errorf("token: kind is %q, must be one of: %s", kind, strings.Join(tokenKinds, " "))
		}
	}
	untold := unreturned != nil && slices.ContainsFunc(operators.Members(), unreturned)
	return match{m.Class, operators, operators.withoutEssential(unreturned), untold, m.Token}, nil
}

// swallows tells whether the match takes everything that the other one does,
// where that can be seen without looking into conditions.
func (m *match) swallows(other *match) bool {
	return m.metadata.empty() && m.token.empty() && m.class.contains(other.class) ||
		registration.Equal(m.print(), other.print())
}

// seen tells of a match that holds for a registration whether all of it was seen to
// hold, rather than taken for granted. Of an update that nobody vouches for it is
// not where the match is about a token, or about a member that the server does not
// return: what the caller says of that now is not what was registered.
func (m *match) seen(d *deliberation, r Request) bool {
	switch {
	case r.Operation != Update:
		return true
	case r.Admission == nil:
		return m.token.empty() && !m.untold
	case !m.untold:
		return true
	}
	_, failed := m.metadata.fails(d.m, d.foreseen)
	return failed == nil
}

// holds tells whether a registration is one of those that are meant, as far as that
// can be seen.
func (m *match) holds(d *deliberation, r Request, a app) bool {
	if !m.class.includes(a) || !m.admits(r) {
		return false
	}
	_, failed := m.operators(r).fails(d.m, d.foreseen)
	return failed == nil
}

// misses is the first condition that does not hold, as a Caddyfile has it; "" where
// all do. What a token would have to be is its issuer's business.
func (m *match) misses(d *deliberation, r Request, a app) string {
	switch {
	case !m.class.includes(a):
		return "class " + string(m.class)
	case !m.admits(r):
		return "another token"
	}
	member, failed := m.operators(r).fails(d.m, d.foreseen)
	if failed == nil {
		return ""
	}
	return "metadata " + member + " " + failed.String()
}

// operators are the conditions on the metadata that an operation can be held to.
func (m *match) operators(r Request) *MetadataPolicy {
	if r.Operation == Update {
		return m.onUpdate
	}
	return m.metadata
}

// admits tells whether the conditions on the token hold, where there is one.
func (m *match) admits(r Request) bool {
	return r.Operation == Update && r.Admission == nil || m.token.holds(r.Admission)
}

func (t TokenMatch) holds(a *Admission) bool {
	switch {
	case t.empty():
		return true
	case a == nil,
		len(t.Kind) > 0 && !slices.Contains(t.Kind, a.Kind),
		len(t.Issuer) > 0 && !slices.Contains(t.Issuer, a.Issuer),
		len(t.Claims) > 0 && a.Claims == nil:
		return false
	}
	for name, values := range t.Claims {
		claim, _ := a.Claims.Get(name)
		if !slices.ContainsFunc(registration.ClaimValues(name, claim), func(v string) bool { return slices.Contains(values, v) }) {
			return false
		}
	}
	return true
}

// OutOfReach are the profiles whose conditions on the token nobody meets who vouches in
// one of these ways: of an [Admission] the kind and, if it is always the same, the
// issuer.
func (p *Policy) OutOfReach(ways []Admission) []string {
	var names []string
	for _, one := range p.profiles {
		if !slices.ContainsFunc(ways, one.matches.token.canHold) {
			names = append(names, one.name)
		}
	}
	return names
}

// canHold tells whether the conditions hold for somebody who vouches in this way.
func (t TokenMatch) canHold(way Admission) bool {
	verified := way.Kind == "jwt"
	return (len(t.Kind) == 0 || slices.Contains(t.Kind, way.Kind)) &&
		(len(t.Issuer) == 0 || verified && (way.Issuer == "" || slices.Contains(t.Issuer, way.Issuer))) &&
		(len(t.Claims) == 0 || verified)
}

// fails is the first operator that would change a document or refuse it; nil where
// the document is as the operators want it.
func (p *MetadataPolicy) fails(m *Metadata, value func(member string) any) (member string, failed *operand) {
	if p.empty() {
		return "", nil
	}
	for i := range p.members {
		mp := &p.members[i]
		s := subject{member: mp.name, value: value(mp.name), policy: p, document: m}
		for j := range mp.operands {
			if o := &mp.operands[j]; !o.finds(s) {
				return mp.name, o
			}
		}
	}
	return "", nil
}

func (o *operand) finds(s subject) bool {
	if o.operator.modify != nil {
		_, found := o.operator.modify(o, s)
		return found == fine
	}
	var found findings
	o.judge(s, &found)
	return len(found.violations) == 0
}

// foreseen is what a member will be once the policy's own operators have run on
// it, with what RFC 7591 section 2 gives to an absent one.
func (d *deliberation) foreseen(member string) any {
	base := d.unmatched.layers.metadata
	v, _ := d.m.Get(member)
	if isAbsent(member, v) && !base.Sets(member) {
		v = rfcDefault(member)
	}
	return base.settle(d.m, member, v)
}

// print is the match as a policy document has it.
func (m *match) print() *Metadata {
	printed := registration.New()
	if m.class != "" {
		printed.Set("class", string(m.class))
	}
	if !m.metadata.empty() {
		printed.Set("metadata", m.metadata.Document())
	}
	if !m.token.empty() {
		printed.Set("token", m.token.print())
	}
	return printed
}

func (t TokenMatch) print() *Metadata {
	printed := registration.New()
	if len(t.Kind) > 0 {
		printed.SetStrings("kind", t.Kind)
	}
	if len(t.Issuer) > 0 {
		printed.SetStrings("issuer", t.Issuer)
	}
	if len(t.Claims) > 0 {
		claims := registration.New()
		for _, name := range slices.Sorted(maps.Keys(t.Claims)) {
			claims.SetStrings(name, t.Claims[name])
		}
		printed.Set("claims", claims)
	}
	return printed
}
