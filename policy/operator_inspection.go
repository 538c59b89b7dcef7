package policy

import (
	"errors"
	"slices"
	"strconv"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// flaw is what an inspection finds wrong, and where.
type flaw struct {
	steps  []string // the JSON pointer's, below the member
	given  any
	detail string // one ASCII sentence
}

// The types of registered members that inspections are made for.
var (
	listKinds = []registration.Kind{registration.KindStrings}
	textKinds = []registration.Kind{registration.KindString, registration.KindStrings}
	keyKinds  = []registration.Kind{registration.KindKeys}
)

// fits tells whether the member can be of a type that the operator is made for.
// Of a member that is not registered nothing is known.
func (op *operator) fits(member string) bool {
	kind := registration.KindOf(member)
	if member == scopeMember {
		kind = registration.KindStrings
	}
	return op.kinds == nil || kind == 0 || slices.Contains(op.kinds, kind)
}

// eachString makes an inspection of a test of one string: the member itself,
// each element of an array, each token of scope. The test returns one sentence on
// what is wrong, or "".
func eachString(test func(o *operand, s string) string) func(*operand, subject) ([]flaw, finding) {
	return func(o *operand, s subject) ([]flaw, finding) {
		return s.eachString(func(text string) string { return test(o, text) })
	}
}

func (s subject) eachString(test func(string) string) (flaws []flaw, found finding) {
	if s.value == nil {
		return nil, fine
	}
	if text, ok := s.value.(string); ok && s.member != scopeMember {
		if detail := test(text); detail != "" {
			flaws = append(flaws, flaw{given: text, detail: detail})
		}
		return flaws, fine
	}
	list, ok := s.elements()
	if !ok {
		return nil, unsupported
	}
	for i, e := range list {
		text, ok := e.(string)
		if !ok {
			return nil, unsupported
		}
		if detail := test(text); detail != "" {
			f := flaw{given: text, detail: detail}
			if s.member != scopeMember { // whose tokens have no pointer
				f.steps = []string{index(i)}
			}
			flaws = append(flaws, f)
		}
	}
	return flaws, fine
}

// compileLimit reads what the operators with a limit are given.
func compileLimit(_ string, given any) (operand, error) {
	n, err := wholeNumber(given)
	if err != nil {
		return operand{}, errors.New("the operator's value is a whole number, 0 or more")
	}
	return operand{value: registration.Number(strconv.Itoa(n)), limit: n}, nil
}

// wholeNumber reads a JSON number that is one in its plainest form.
func wholeNumber(given any) (int, error) {
	number, _ := given.(registration.Number)
	n, err := strconv.Atoi(string(number))
	if err == nil && (n < 0 || strconv.Itoa(n) != string(number)) {
		err = strconv.ErrSyntax
	}
	return n, err
}

// compileWord makes the compile of an operator whose value is one of two words.
func compileWord(words ...string) func(string, any) (operand, error) {
	return func(_ string, given any) (operand, error) {
		if word, ok := given.(string); !ok || !slices.Contains(words, word) {
			return operand{}, errors.New("the operator's value is " + words[0] + " or " + words[1])
		}
		return operand{value: given}, nil
	}
}

// compileWords makes the compile of an operator whose value is a list of strings
// with something in it. read returns a string in its one form, or what is wrong
// with it.
func compileWords(read func(string) (string, error)) func(string, any) (operand, error) {
	return func(_ string, given any) (operand, error) {
		list, ok := registration.AsStrings(given)
		if !ok || len(list) == 0 {
			return operand{}, errors.New("the operator's value is an array of strings with something in it")
		}
		words := make([]any, len(list))
		for i, s := range list {
			word, err := read(s)
			if err != nil {
				return operand{}, err
			}
			words[i] = word
		}
		return listOperand(words), nil
	}
}

// compileAll is compileWords for an operator all of whose values must hold. One
// may stand without an array, and is printed so.
func compileAll(read func(string) (string, error)) func(string, any) (operand, error) {
	words := compileWords(read)
	return func(member string, given any) (operand, error) {
		if one, ok := given.(string); ok {
			given = []any{one}
		}
		o, err := words(member, given)
		return unwrapOne(o), err
	}
}

func unwrapOne(o operand) operand {
	if o.set != nil && len(o.set.values) == 1 {
		o.value = o.set.values[0]
	}
	return o
}

// mergeAll merges operators of compileAll.
func mergeAll(superior, subordinate *operand) (operand, error) {
	both, err := mergeUnion(superior, subordinate)
	return unwrapOne(both), err
}
