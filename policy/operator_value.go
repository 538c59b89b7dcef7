package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/internal/smart"
)

// scopeMember is the one member whose value is a list inside a string (RFC 7591
// section 2). OpenID Federation 1.0 has the operators see the list; nothing else
// that looks like a space-separated list is treated so.
const (
	scopeMember  = "scope"
	scopePointer = "/scope"
)

// compileValue reads what "value" is given: anything, null to remove the member.
func compileValue(member string, given any) (operand, error) {
	if given == nil {
		return operand{}, nil
	}
	return compileDefault(member, given)
}

// compileDefault reads what "default" is given: anything but null. For scope, a
// list of tokens as well as the string.
func compileDefault(member string, given any) (operand, error) {
	if holdsNull(given) {
		return operand{}, errors.New("the value must not be or hold null")
	}
	if member == scopeMember {
		tokens, ok := elements(member, given)
		if !ok {
			tokens, ok = given.([]any)
		}
		if !ok {
			return operand{}, errors.New("scope is a string or an array of strings")
		}
		if err := checkScopes(tokens); err != nil {
			return operand{}, err
		}
		set := newValueSet(tokens)
		return operand{value: fromElements(member, set.values), set: set}, nil
	}
	return operand{value: given}, checkType(member, given)
}

// compileList reads what the operators on arrays are given.
func compileList(member string, given any) (operand, error) {
	list, ok := given.([]any)
	if !ok {
		return operand{}, errors.New("the operator's value is an array")
	}
	for _, v := range list {
		if !isElement(v) {
			return operand{}, errors.New("the array holds strings, numbers or objects")
		}
	}
	if member == scopeMember {
		if err := checkScopes(list); err != nil {
			return operand{}, err
		}
	} else if err := checkType(member, list); err != nil {
		return operand{}, err
	}
	return listOperand(list), nil
}

// compileChoice reads what "one_of" is given.
func compileChoice(member string, given any) (operand, error) {
	if member == scopeMember {
		return operand{}, errors.New("scope is a list, and the operator is for single values")
	}
	list, _ := given.([]any)
	if len(list) == 0 {
		return operand{}, errors.New("the operator's value is an array with something in it")
	}
	for _, v := range list {
		if !isElement(v) {
			return operand{}, errors.New("the array holds strings, numbers or objects")
		}
		if err := checkType(member, v); err != nil {
			return operand{}, err
		}
	}
	return listOperand(list), nil
}

// compileFlag reads what "essential" is given.
func compileFlag(_ string, given any) (operand, error) {
	if _, ok := given.(bool); !ok {
		return operand{}, errors.New("the operator's value is true or false")
	}
	return operand{value: given}, nil
}

func listOperand(list []any) operand {
	set := newValueSet(list)
	return operand{value: set.values, set: set}
}

// checkType refuses what a registered member can never be: the standard makes
// that an error when it is applied, and it always would be.
func checkType(member string, v any) error {
	if vs := registration.CheckTypes(registration.New(registration.Member{Name: member, Value: v})); len(vs) > 0 {
		return fmt.Errorf("the value does not fit: %s", vs[0].Detail)
	}
	return nil
}

// checkScopes refuses what is not a list of scopes: "openid profile" as one
// element would be two in the document and none in a comparison.
func checkScopes(tokens []any) error {
	for _, token := range tokens {
		s, ok := token.(string)
		if !ok || s == "" || strings.Contains(s, " ") {
			return errors.New("each element is one scope: a string without spaces")
		}
	}
	return nil
}

// elements returns a value as a list of what lists may hold. The list is the
// value's own, except for scope.
func elements(member string, v any) ([]any, bool) {
	if member == scopeMember {
		s, ok := v.(string)
		return registration.FromStrings(smart.Split(s)), ok
	}
	list, ok := v.([]any)
	if !ok {
		return nil, false
	}
	for _, e := range list {
		if !isElement(e) {
			return nil, false
		}
	}
	return list, true
}

// fromElements is the way back.
func fromElements(member string, list []any) any {
	if member != scopeMember {
		return list
	}
	tokens, _ := registration.AsStrings(list) // tokens of a scope: nothing but strings
	return smart.Join(tokens)
}

// isElement tells whether lists may hold the value and "one_of" compare it. The
// standard demands strings and leaves numbers and objects to implementations.
func isElement(v any) bool {
	switch v.(type) {
	case string, registration.Number, *Metadata:
		return true
	}
	return false
}

func holdsNull(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		return slices.ContainsFunc(v, holdsNull)
	case *Metadata:
		return slices.ContainsFunc(v.Members(), func(m registration.Member) bool { return holdsNull(m.Value) })
	}
	return false
}
