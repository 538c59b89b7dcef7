package policy

import (
	"slices"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// ApplyMember runs the operators of one member on m, in place, and returns what
// they changed and everything they found wrong. Applying again changes nothing
// more. A member that is null counts as absent.
//
// An operator that meets a type it is not made for is the violation
// "policy_error", and ends the member: the operators behind it would meet the
// same. Violations share the policy's own lists in Allowed: read them only.
func (p *MetadataPolicy) ApplyMember(m *Metadata, member string) ([]Change, []Violation) {
	mp := p.find(member)
	if mp == nil {
		return nil, nil
	}
	return p.applyMember(m, mp)
}

// applyMember is ApplyMember for a member's operators that are at hand.
func (p *MetadataPolicy) applyMember(m *Metadata, mp *memberPolicy) ([]Change, []Violation) {
	member := mp.name
	changes, violations := p.apply(m, mp, func(*operator) bool { return true })
	// A language of the member that has operators of its own is judged behind
	// them, which may change it; one that has none, here.
	if base := registration.BaseName(member); base != member {
		violations = append(violations, p.inspect(m, p.find(base), member)...)
		return changes, violations
	}
	if !mp.inspects() {
		return changes, violations
	}
	var languages []string
	for _, other := range m.Members() {
		tagged := len(other.Name) > len(member) && other.Name[len(member)] == '#'
		if tagged && registration.BaseName(other.Name) == member && p.find(other.Name) == nil {
			languages = append(languages, other.Name)
		}
	}
	slices.Sort(languages) // the order of members means nothing
	for _, other := range languages {
		violations = append(violations, p.inspect(m, mp, other)...)
	}
	return changes, violations
}

// apply runs a member's own operators, those that are wanted.
func (p *MetadataPolicy) apply(m *Metadata, mp *memberPolicy, wanted func(*operator) bool) (changes []Change, violations []Violation) {
	current := p.subject(m, mp.name)
	for i := range mp.operands {
		o := &mp.operands[i]
		if !wanted(o.operator) {
			continue
		}
		if o.operator.modify == nil {
			vs, ok := o.judge(current)
			violations = append(violations, vs...)
			if !ok {
				return changes, violations
			}
			continue
		}
		result, found := o.operator.modify(o, current)
		switch found {
		case changed:
			changes = append(changes, Change{
				Member: mp.name, Before: current.value, After: result, Rule: o.operator.name, Layer: o.layer,
			})
			current.value = result
			if result == nil {
				m.Delete(mp.name)
			} else {
				m.Set(mp.name, result)
			}
		case unsupported:
			return changes, append(violations, o.policyError(current))
		default:
		}
	}
	return changes, violations
}

// inspect runs the inspections of one member's policy on another member.
func (p *MetadataPolicy) inspect(m *Metadata, mp *memberPolicy, member string) (violations []Violation) {
	if mp == nil {
		return nil
	}
	current := p.subject(m, member)
	for i := range mp.operands {
		o := &mp.operands[i]
		if o.operator.inspect == nil {
			continue
		}
		vs, ok := o.judge(current)
		violations = append(violations, vs...)
		if !ok {
			break
		}
	}
	return violations
}

func (p *MetadataPolicy) subject(m *Metadata, member string) subject {
	s := subject{member: member, policy: p, document: m}
	s.value, _ = m.Get(member)
	return s
}

// settled returns what a member will be once its own operators have run,
// whether or not they have: a decision does not depend on which member is first.
func (p *MetadataPolicy) settled(m *Metadata, member string) any {
	v, _ := m.Get(member)
	return p.settle(m, member, v)
}

// settle returns what a member's own operators make of a value.
func (p *MetadataPolicy) settle(m *Metadata, member string, v any) any {
	mp := p.find(member)
	if mp == nil {
		return v
	}
	current := subject{member: member, value: v, policy: p, document: m}
	for i := range mp.operands {
		o := &mp.operands[i]
		if o.operator.modify == nil {
			continue
		}
		result, found := o.operator.modify(o, current)
		if found == unsupported { // that member's violation, whatever this one's is
			break
		}
		if found == changed {
			current.value = result
		}
	}
	return current.value
}

// inspects tells whether the member has operators that judge its languages too.
func (mp *memberPolicy) inspects() bool {
	for i := range mp.operands { // an operand is large, and ContainsFunc would copy each
		if mp.operands[i].operator.inspect != nil {
			return true
		}
	}
	return false
}
