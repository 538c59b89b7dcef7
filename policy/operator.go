package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// The operators that other code asks for by name.
const (
	opValue      = "value"
	opAdd        = "add"
	opDefault    = "default"
	opOneOf      = "one_of"
	opSubsetOf   = "subset_of"
	opSupersetOf = "superset_of"
	opEssential  = "essential"
)

// operator is one word of the policy language.
type operator struct {
	name string
	// compile reads the operator's value for a member and refuses what the
	// operator or the member cannot be given.
	compile func(member string, given any) (operand, error)
	// merge makes one operand of a superior's and a subordinate's (section
	// 6.1.3.1, "Merge" of each operator).
	merge func(superior, subordinate *operand) (operand, error)
	// kinds are the types of registered members that the operator is made for;
	// nil where compile decides. scope is a list (KindStrings) here.
	kinds []registration.Kind
	// An operator is a modifier, a check or an inspection: it has one of the
	// three. A modifier returns the new value where it changed, nil to remove the
	// member. An inspection is a check that says where in the member.
	modify  func(*operand, subject) (any, finding)
	check   func(*operand, subject) finding
	inspect func(*operand, subject) ([]flaw, finding)
	// breach is what a violation says of a broken check, needs what it says of a
	// value that the operator is not made for.
	breach, needs string
}

// operators is the whole language, in the order of application (section
// 6.1.3.1). Additional operators have their place by section 6.1.3.2: modifiers
// behind value, checks before essential.
var operators = slices.Concat(standardOperators, countOperators, textOperators, uriOperators, keyOperators,
	[]operator{essentialOperator})

// standardOperators are those of OpenID Federation 1.0, but for the last.
var standardOperators = []operator{
	{name: opValue, compile: compileValue, merge: mergeEqual, modify: setValue},
	{name: opAdd, compile: compileList, merge: mergeUnion, modify: addMissing, needs: "an array of strings"},
	{name: opDefault, compile: compileDefault, merge: mergeEqual, modify: setDefault},
	{
		name: opOneOf, compile: compileChoice, merge: mergeChoice, check: isOneOf,
		breach: "the value is not one of those allowed", needs: "a string or a number",
	},
	{name: opSubsetOf, compile: compileList, merge: mergeIntersection, modify: keepAllowed, needs: "an array of strings"},
	{
		name: opSupersetOf, compile: compileList, merge: mergeUnion, check: hasAll,
		breach: "the member lacks some of the values that it must contain", needs: "an array of strings",
	},
}

var essentialOperator = operator{
	name: opEssential, compile: compileFlag, merge: mergeStrict(true), check: isPresent,
	breach: "the member is required",
}

func operatorExists(name string) bool {
	for i := range operators {
		if operators[i].name == name {
			return true
		}
	}
	return false
}

// Operators are the names of all operators, in the order of application.
func Operators() []string {
	names := make([]string, len(operators))
	for i := range operators {
		names[i] = operators[i].name
	}
	return names
}

// finding is what an operator has to say about a member.
type finding int

const (
	fine        finding = iota
	changed             // a modifier made another value of it
	broken              // a check failed
	unsupported         // of a JSON type that the operator is not made for
)

// subject is the member that an operator works on, as it is by now.
type subject struct {
	member string
	value  any // nil: absent
	// What an operator needs that compares the member with another.
	policy   *MetadataPolicy
	document *Metadata
}

// elements returns the member's value as a list: an array of what lists may
// hold, and of scope its tokens (section 6.1.3.1.8).
func (s subject) elements() ([]any, bool) { return elements(s.member, s.value) }

// shapes tells whether an operator makes another value of a member.
func shapes(op *operator) bool { return op.modify != nil }

// narrows tells whether an operator forbids something, by refusing it or by
// dropping it.
func narrows(op *operator) bool { return op.modify == nil || op.name == opSubsetOf }

// operand is an operator with its value in a policy.
type operand struct {
	operator *operator
	value    any              // as [MetadataPolicy.Document] prints it
	set      *valueSet        // the value, where it is a list to operators
	limit    int              // the value, where it is a number
	hosts    *hostSet         // of set, for "hosts"
	patterns []*regexp.Regexp // of set, for "pattern"
	layers   []string         // the policies that it comes from, the superior first
	layer    string           // the same, as violations and changes carry it
}

// String is the operator as a Caddyfile has it.
func (o *operand) String() string {
	switch {
	case o.set != nil:
		return o.operator.name + " " + strings.Join(o.set.texts, " ")
	case o.value == true:
		return o.operator.name
	}
	return o.operator.name + " " + fmt.Sprint(o.value)
}

// judge runs a check or an inspection. It returns false where the member is of a
// type that the operator is not made for.
func (o *operand) judge(s subject, into *findings) bool {
	var flaws []flaw
	var found finding
	if o.operator.inspect != nil {
		flaws, found = o.operator.inspect(o, s)
	} else {
		found = o.operator.check(o, s)
	}
	switch found {
	case unsupported:
		into.violations = append(into.violations, o.policyError(s))
	case broken:
		into.violations = append(into.violations, o.violation(s, flaw{given: s.value, detail: o.operator.breach}))
	default:
		for _, f := range flaws {
			into.violations = append(into.violations, o.violation(s, f))
		}
	}
	return found != unsupported
}

func (o *operand) violation(s subject, f flaw) Violation {
	v := o.fault(s, o.operator.name, f.detail)
	v.Pointer += registration.Pointer(f.steps...)
	v.Given = f.given
	switch {
	case o.set != nil:
		v.Allowed = o.set.texts
	case o.operator.inspect != nil:
		v.Allowed = []string{text(o.value)}
	}
	return v
}

func (o *operand) policyError(s subject) Violation {
	needs := o.operator.needs
	if s.member == scopeMember {
		needs = "a string of scopes"
	}
	v := o.fault(s, "policy_error", "the operator "+o.operator.name+" needs "+needs)
	if needs == needsKeys {
		v.Given = nil // for the log, where no private key may go
	}
	return v
}

func (o *operand) fault(s subject, rule, detail string) Violation {
	code := registration.InvalidClientMetadata
	if s.member == "redirect_uris" {
		code = registration.InvalidRedirectURI
	}
	return Violation{
		Rule: rule, Pointer: registration.Pointer(s.member), Detail: detail,
		Layer: o.layer, Given: s.value, Code: code,
	}
}

// setValue is "value".
func setValue(o *operand, s subject) (any, finding) {
	if registration.Equal(s.value, o.value) {
		return nil, fine
	}
	return registration.CloneValue(o.value), changed
}

// addMissing is "add".
func addMissing(o *operand, s subject) (any, finding) {
	var has []any
	if s.value != nil {
		var ok bool
		if has, ok = s.elements(); !ok {
			return nil, unsupported
		}
	}
	missing := o.set.missingFrom(has)
	if len(missing) == 0 && s.value != nil {
		return nil, fine
	}
	all := make([]any, 0, len(has)+len(missing)) // not has itself: the change records it
	all = append(all, has...)
	for _, v := range missing {
		all = append(all, registration.CloneValue(v))
	}
	return fromElements(s.member, all), changed
}

// setDefault is "default".
func setDefault(o *operand, s subject) (any, finding) {
	if s.value != nil {
		return nil, fine
	}
	return registration.CloneValue(o.value), changed
}

// isOneOf is "one_of".
func isOneOf(o *operand, s subject) finding {
	switch {
	case s.value == nil:
		return fine
	case !isElement(s.value):
		return unsupported
	case o.set.contains(s.value):
		return fine
	}
	return broken
}

// keepAllowed is "subset_of". It does not refuse: what remains may be an empty
// list, which is present as far as "essential" is concerned.
func keepAllowed(o *operand, s subject) (any, finding) {
	if s.value == nil {
		return nil, fine
	}
	has, ok := s.elements()
	if !ok {
		return nil, unsupported
	}
	kept := o.set.keep(has)
	if len(kept) == len(has) {
		return nil, fine
	}
	return fromElements(s.member, kept), changed
}

// hasAll is "superset_of".
func hasAll(o *operand, s subject) finding {
	if s.value == nil {
		return fine
	}
	has, ok := s.elements()
	switch {
	case !ok:
		return unsupported
	case o.set.within(has):
		return fine
	}
	return broken
}

// isPresent is "essential".
func isPresent(o *operand, s subject) finding {
	if o.value == true && s.value == nil {
		return broken
	}
	return fine
}
