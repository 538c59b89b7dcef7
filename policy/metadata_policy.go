package policy

import (
	"slices"
	"sort"
	"strings"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// MetadataPolicy is a metadata policy of OpenID Federation 1.0 (section 6.1),
// compiled: for each member the operators that shape and judge it. It is
// immutable and safe for concurrent use. Nil is a policy that says nothing.
//
// The operators of the standard apply to the member of exactly their name
// (section 6.1.2): what is said of client_name is not said of client_name#de. The
// operators beyond the standard judge every language of a human-readable member
// (RFC 7591 section 2.2): a language tag is no way past "hosts".
type MetadataPolicy struct {
	members []memberPolicy // sorted by name
}

// memberPolicy are the operators on one member, in the order of application.
type memberPolicy struct {
	name      string
	base      string // the member that name is a language of; name itself of most
	languages bool   // name may carry a language tag
	operands  []operand
}

func newMemberPolicy(name string) memberPolicy {
	return memberPolicy{name: name, base: registration.BaseName(name), languages: registration.BaseName(name+"#") == name}
}

// ParseOption changes how a metadata policy is read.
type ParseOption func(*parser)

// IgnoreUnknownOperators reads a policy as a federation does (OpenID Federation
// 1.0 section 6.1.3.2): operators that do not exist here are passed over, unless
// they are critical (the claim metadata_policy_crit), which is an error whether
// or not the policy uses them. Without this option an unknown operator is an
// error: in a policy written for this gateway it is a slip of the pen, and
// passing over it would let through what it was meant to stop.
func IgnoreUnknownOperators(critical ...string) ParseOption {
	return func(p *parser) { p.ignoreUnknown, p.critical = true, critical }
}

type parser struct {
	layer         string
	ignoreUnknown bool
	critical      []string
}

// ParseMetadataPolicy compiles {"member": {"operator": value}}. The layer names
// the policy in errors, violations and changes: "policy", "profile patient". The
// document is not kept. A nil document is an empty policy.
//
// Operators that do not exist, may not be combined, or cannot apply to what the
// member is registered to be are a [*PolicyError].
func ParseMetadataPolicy(layer string, doc *Metadata, opts ...ParseOption) (*MetadataPolicy, error) {
	parse := parser{layer: layer}
	for _, opt := range opts {
		opt(&parse)
	}
	for _, name := range parse.critical {
		if !operatorExists(name) {
			return nil, parse.fail("", name, "the operator is critical and does not exist here")
		}
	}
	p := &MetadataPolicy{}
	if doc == nil {
		return p, nil
	}
	for _, member := range doc.Clone().Members() {
		mp, err := parse.member(member)
		if err != nil {
			return nil, err
		}
		if len(mp.operands) > 0 {
			p.members = append(p.members, mp)
		}
	}
	slices.SortFunc(p.members, func(a, b memberPolicy) int { return strings.Compare(a.name, b.name) })
	return p, nil
}

func (p *parser) member(member registration.Member) (memberPolicy, error) {
	mp := newMemberPolicy(member.Name)
	// What a caller says of such a member is dropped before any operator sees it.
	if slices.Contains(registration.ServerSet, member.Name) {
		return mp, p.fail(member.Name, "", "only the authorization server sets the member")
	}
	spec, ok := member.Value.(*Metadata)
	if !ok {
		return mp, p.fail(member.Name, "", "a member's policy is an object of operators")
	}
	if !p.ignoreUnknown {
		for _, given := range spec.Members() {
			if !operatorExists(given.Name) {
				return mp, p.fail(member.Name, given.Name,
					"there is no such operator (operators: "+strings.Join(Operators(), ", ")+")")
			}
		}
	}
	for i := range operators {
		op := &operators[i]
		given, ok := spec.Get(op.name)
		if !ok {
			continue
		}
		if !op.fits(member.Name) {
			return mp, p.fail(member.Name, op.name, "the operator needs "+op.needs+", which the member cannot be")
		}
		o, err := op.compile(member.Name, given)
		if err != nil {
			return mp, p.fail(member.Name, op.name, err.Error())
		}
		o.operator, o.layers, o.layer = op, []string{p.layer}, p.layer
		mp.operands = append(mp.operands, o)
	}
	return mp, mp.checkCombinations()
}

func (p *parser) fail(member, operator, reason string) error {
	e := &PolicyError{Member: member, Layers: []string{p.layer}, Reason: reason}
	if operator != "" {
		e.Operators = []string{operator}
	}
	return e
}

// find returns the member's operators, nil if there are none.
func (p *MetadataPolicy) find(member string) *memberPolicy {
	if p == nil {
		return nil
	}
	i, ok := sort.Find(len(p.members), func(i int) int { return strings.Compare(member, p.members[i].name) })
	if !ok {
		return nil
	}
	return &p.members[i]
}

// operand returns what the member gives to the operator, nil if it does not have it.
func (mp *memberPolicy) operand(operator string) *operand {
	for i := range mp.operands {
		if mp.operands[i].operator.name == operator {
			return &mp.operands[i]
		}
	}
	return nil
}

// Members are the names of the members that have operators, sorted.
func (p *MetadataPolicy) Members() []string {
	if p == nil {
		return nil
	}
	names := make([]string, len(p.members))
	for i := range p.members {
		names[i] = p.members[i].name
	}
	return names
}

func (p *MetadataPolicy) empty() bool { return p == nil || len(p.members) == 0 }

// withoutEssential is the policy without "essential" on some members.
func (p *MetadataPolicy) withoutEssential(on func(member string) bool) *MetadataPolicy {
	if p == nil || on == nil {
		return p
	}
	without := &MetadataPolicy{members: make([]memberPolicy, 0, len(p.members))}
	for _, mp := range p.members {
		if on(mp.name) {
			mp.operands = slices.DeleteFunc(slices.Clone(mp.operands), func(o operand) bool { return o.operator.name == opEssential })
		}
		if len(mp.operands) > 0 {
			without.members = append(without.members, mp)
		}
	}
	return without
}

// essential are the members that have to be there.
func (p *MetadataPolicy) essential() []string {
	var members []string
	for i := range p.members {
		if o := p.members[i].operand(opEssential); o != nil && o.value == true {
			members = append(members, p.members[i].name)
		}
	}
	return members
}

// Sets tells whether the policy deals with the member's absence: gives it a
// value (value, default) or refuses the document (essential). Not so add, which
// adds to what an absent member means.
func (p *MetadataPolicy) Sets(member string) bool {
	mp := p.find(member)
	if mp == nil {
		return false
	}
	for i := range mp.operands {
		switch o := &mp.operands[i]; o.operator.name {
		case opValue:
			if o.value != nil {
				return true
			}
		case opEssential:
			if o.value == true {
				return true
			}
		case opDefault:
			return true
		}
	}
	return false
}

// Sources are the layers that each operator comes from, the superior first, by
// JSON pointer into [MetadataPolicy.Document].
func (p *MetadataPolicy) Sources() *Metadata {
	sources := &Metadata{}
	if p == nil {
		return sources
	}
	for i := range p.members {
		for _, o := range p.members[i].operands {
			sources.SetStrings(registration.Pointer(p.members[i].name, o.operator.name), o.layers)
		}
	}
	return sources
}

// Document prints the policy: members sorted by name, operators in the order of
// application, lists without repetitions, scope as the string that it is. Parsed
// again it is the same policy, but for the layers.
func (p *MetadataPolicy) Document() *Metadata {
	doc := &Metadata{}
	if p == nil {
		return doc
	}
	for i := range p.members {
		spec := &Metadata{}
		for _, o := range p.members[i].operands {
			spec.Set(o.operator.name, registration.CloneValue(o.value))
		}
		doc.Set(p.members[i].name, spec)
	}
	return doc
}
