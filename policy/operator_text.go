package policy

import (
	"fmt"
	"regexp"
	"strconv"
	"unicode/utf8"
)

// The names that operator_combination.go asks for.
const (
	opMaxCount = "max_count"
	opMinCount = "min_count"
)

// countOperators count the elements of an array, and of scope its tokens.
var countOperators = []operator{
	{
		name: opMaxCount, kinds: listKinds, compile: compileLimit, merge: mergeLeast, inspect: countAtMost,
		needs: "an array",
	},
	{
		name: opMinCount, kinds: listKinds, compile: compileLimit, merge: mergeMost, inspect: countAtLeast,
		needs: "an array",
	},
}

// textOperators judge strings.
var textOperators = []operator{
	{
		name: "max_length", kinds: textKinds, compile: compileLimit, merge: mergeLeast, inspect: eachString(lengthAtMost),
		needs: "a string or an array of strings",
	},
	{
		name: "pattern", kinds: textKinds, compile: compilePatterns, merge: mergePatterns, inspect: eachString(matchesAll),
		needs: "a string or an array of strings",
	},
}

func countAtMost(o *operand, s subject) ([]flaw, finding) {
	return s.count(func(n int) bool { return n <= o.limit }, "there are more values than allowed: at most ", o.limit)
}

func countAtLeast(o *operand, s subject) ([]flaw, finding) {
	return s.count(func(n int) bool { return n >= o.limit }, "there are fewer values than required: at least ", o.limit)
}

// count does not look at what the elements are: a null is one too.
func (s subject) count(enough func(int) bool, detail string, limit int) ([]flaw, finding) {
	var list []any
	var ok bool
	switch {
	case s.value == nil:
		return nil, fine
	case s.member == scopeMember:
		list, ok = s.elements()
	default:
		list, ok = s.value.([]any)
	}
	switch {
	case !ok:
		return nil, unsupported
	case enough(len(list)):
		return nil, fine
	}
	return []flaw{{given: s.value, detail: detail + strconv.Itoa(limit)}}, fine
}

// lengthAtMost counts characters, of which one may be several bytes.
func lengthAtMost(o *operand, s string) string {
	if utf8.RuneCountInString(s) > o.limit {
		return "the value is longer than allowed: at most " + strconv.Itoa(o.limit) + " characters"
	}
	return ""
}

// matchesAll is "pattern".
func matchesAll(o *operand, s string) string {
	for _, pattern := range o.patterns {
		if !pattern.MatchString(s) {
			return "the value does not match the pattern"
		}
	}
	return ""
}

// compilePatterns reads RE2 expressions (package regexp). A value must match each
// from its first character to its last.
func compilePatterns(member string, given any) (operand, error) {
	o, err := compileAll(func(s string) (string, error) {
		// By itself first: "a)|(b" is none, but would become one in parentheses.
		if _, err := regexp.Compile(s); err != nil {
			return "", fmt.Errorf("%q is no RE2 expression: %w", s, err)
		}
		return s, nil
	})(member, given)
	if err != nil {
		return o, err
	}
	for _, s := range o.set.texts {
		pattern, err := regexp.Compile(`\A(?:` + s + `)\z`)
		if err != nil { // an open \Q, or beyond what RE2 allows by so little
			return operand{}, fmt.Errorf("%q cannot be anchored: %w", s, err)
		}
		o.patterns = append(o.patterns, pattern)
	}
	return o, nil
}

// mergePatterns keeps the patterns of both: there is no one expression for it.
func mergePatterns(superior, subordinate *operand) (operand, error) {
	both, err := mergeAll(superior, subordinate)
	both.patterns = append(both.patterns, superior.patterns...)
	for i, v := range subordinate.set.values {
		if !superior.set.contains(v) {
			both.patterns = append(both.patterns, subordinate.patterns[i])
		}
	}
	return both, err
}
