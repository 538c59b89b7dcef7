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
	var found findings
	p.applyMember(m, mp, &found)
	return found.changes, found.violations
}

// findings are what operators changed and everything they found wrong.
type findings struct {
	changes    []Change
	violations []Violation
}

func (f *findings) change(c Change) {
	if f.changes == nil {
		f.changes = make([]Change, 0, 4) // what most registrations leave out
	}
	f.changes = append(f.changes, c)
}

// applyMember is ApplyMember for a member's operators that are at hand.
func (p *MetadataPolicy) applyMember(m *Metadata, mp *memberPolicy, into *findings) {
	member := mp.name
	p.apply(m, mp, allOperators, into)
	// A language of the member that has operators of its own is judged behind
	// them, which may change it; one that has none, here.
	if mp.base != member {
		if base := p.find(mp.base); base != nil {
			p.inspect(m, base, member, into)
		}
		return
	}
	if !mp.languages || !mp.inspects() {
		return
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
		p.inspect(m, mp, other, into)
	}
}

func allOperators(*operator) bool { return true }

// apply runs a member's own operators, those that are wanted.
func (p *MetadataPolicy) apply(m *Metadata, mp *memberPolicy, wanted func(*operator) bool, into *findings) {
	current := p.subject(m, mp.name)
	for i := range mp.operands {
		o := &mp.operands[i]
		if !wanted(o.operator) {
			continue
		}
		if o.operator.modify == nil {
			if !o.judge(current, into) {
				return
			}
			continue
		}
		result, found := o.operator.modify(o, current)
		switch found {
		case changed:
			into.change(Change{
				Member: mp.name, Before: current.value, After: result, Rule: o.operator.name, Layer: o.layer,
			})
			current.value = result
			if result == nil {
				m.Delete(mp.name)
			} else {
				m.Set(mp.name, result)
			}
		case unsupported:
			into.violations = append(into.violations, o.policyError(current))
			return
		default:
		}
	}
}

// inspect runs the inspections of one member's policy on another member.
func (p *MetadataPolicy) inspect(m *Metadata, mp *memberPolicy, member string, into *findings) {
	current := p.subject(m, member)
	for i := range mp.operands {
		o := &mp.operands[i]
		if o.operator.inspect != nil && !o.judge(current, into) {
			return
		}
	}
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
