package policy

import (
	"slices"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// RefusedValues are the values in the policy's operators that the built-in rules
// refuse in every registration, each behind its member: slips of the pen, or grant
// types that are not among [BuiltIn.AllowGrants].
func (p *Policy) RefusedValues() []string {
	var refused []string
	for _, one := range p.profiles {
		for i := range one.layers.metadata.members {
			mp := &one.layers.metadata.members[i]
			for _, value := range mp.listed() {
				if p.refuses(mp.name, value) {
					refused = append(refused, mp.name+": "+value)
				}
			}
		}
	}
	slices.Sort(refused)
	return slices.Compact(refused)
}

// listed are the values that the member is given, or has to be of.
func (mp *memberPolicy) listed() []string {
	var values []string
	for i := range mp.operands {
		o := &mp.operands[i]
		text, isText := o.value.(string)
		list, _ := registration.AsStrings(o.value)
		switch {
		case o.operator.inspect != nil: // about values of any kind
		case isText:
			values = append(values, text)
		default:
			values = append(values, list...)
		}
	}
	return values
}

// refuses tells whether a built-in rule refuses a value whatever else is registered.
func (p *Policy) refuses(member, value string) bool {
	rule, known := "", true
	switch member {
	case "grant_types":
		rule, known = "grant_type", slices.Contains(safeGrants, value) || slices.Contains(p.builtIn.AllowGrants, value)
	case "response_types":
		rule, known = "response_type", grantsFor(value) != nil
	case "token_endpoint_auth_method":
		rule, known = "token_endpoint_auth_method", slices.Contains(authMethods, value)
	case "application_type":
		rule, known = "application_type", slices.Contains(applicationTypes, value)
	case "subject_type":
		rule, known = "subject_type", slices.Contains(subjectTypes, value)
	}
	return !known && !slices.Contains(p.builtIn.Off, rule)
}
