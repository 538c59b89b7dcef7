package policy_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/policy"
)

// The parts of random policies and documents: few, so that they meet.
var (
	randomMembers  = []string{"a", "b", "scope", "grant_types", "client_name", "redirect_uris"}
	randomStrings  = []string{`"x"`, `"y"`, `"z"`}
	randomOddities = []string{`"x y"`, `""`, `1`, `true`, `null`, `{"k":1}`, `{"k":null}`, `[null]`, `[["x"]]`, `["x","x y"]`, `[1,{"k":1}]`}

	// What operators are given where policies make sense, and in what company.
	listOperators   = []string{"value", "add", "default", "subset_of", "superset_of", "essential"}
	singleOperators = []string{"value", "default", "one_of", "essential"}
)

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

func randomList(r *rand.Rand, atLeast int) string {
	list := make([]string, atLeast+r.IntN(4-atLeast))
	for i := range list {
		list[i] = pick(r, randomStrings)
	}
	return "[" + strings.Join(list, ",") + "]"
}

// randomValue mostly suits the member, which is a list unless it says otherwise.
func randomValue(r *rand.Rand, member string) string {
	switch {
	case r.IntN(20) == 0:
		return pick(r, randomOddities)
	case member == "scope":
		return pick(r, []string{`"x"`, `"y x"`, `"z  y"`, `"x y z"`, `""`})
	case isSingle(member):
		return pick(r, randomStrings)
	}
	return randomList(r, 0)
}

func isSingle(member string) bool { return member == "b" || member == "client_name" }

func randomOperators(r *rand.Rand, member string) string {
	names := listOperators
	if isSingle(member) {
		names = singleOperators
	}
	if r.IntN(20) == 0 {
		names = slices.Concat(listOperators, singleOperators[2:3])
	}
	var operators []string
	for _, name := range names {
		if r.IntN(3) > 0 {
			continue
		}
		var v string
		switch name {
		case "value", "default":
			v = randomValue(r, member)
		case "essential":
			v = pick(r, []string{"true", "false"})
		case "subset_of", "one_of":
			v = randomList(r, 2)
		default:
			v = randomList(r, 0)
		}
		operators = append(operators, fmt.Sprintf("%q:%s", name, v))
	}
	return object(operators)
}

func randomObject(r *rand.Rand, value func(*rand.Rand, string) string) string {
	var members []string
	for _, name := range randomMembers {
		if r.IntN(3) == 0 {
			members = append(members, fmt.Sprintf("%q:%s", name, value(r, name)))
		}
	}
	return object(members)
}

func object(members []string) string { return "{" + strings.Join(members, ",") + "}" }

// TestRandomPolicies holds what must hold for every policy and document.
func TestRandomPolicies(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	tally := map[string]int{}
	for range 100_000 {
		superior, subordinate := randomObject(r, randomOperators), randomObject(r, randomOperators)
		metadata := randomObject(r, randomValue)
		if outcome, err := holdsTrue([]byte(superior), []byte(subordinate), []byte(metadata)); err != nil {
			t.Fatalf("%v\nsuperior    %s\nsubordinate %s\nmetadata    %s", err, superior, subordinate, metadata)
		} else {
			tally[outcome]++
		}
	}
	t.Log(tally)
	// What never gets so far proves nothing.
	for _, outcome := range []string{"unreadable", "contradiction", "refused", "accepted"} {
		if tally[outcome] < 1000 {
			t.Errorf("only %d were %s", tally[outcome], outcome)
		}
	}
}

func FuzzMetadataPolicy(f *testing.F) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		f.Add([]byte(randomObject(r, randomOperators)), []byte(randomObject(r, randomOperators)), []byte(randomObject(r, randomValue)))
	}
	f.Fuzz(func(t *testing.T, superior, subordinate, metadata []byte) {
		if _, err := holdsTrue(superior, subordinate, metadata); err != nil {
			t.Fatal(err)
		}
	})
}

// holdsTrue returns how far the policies got, and an error for a property that
// does not hold.
func holdsTrue(superior, subordinate, metadata []byte) (outcome string, err error) {
	m, err := registration.Decode(metadata)
	if err != nil {
		return "unreadable", nil //nolint:nilerr // not a document
	}
	above, err := parse(superior)
	if err != nil || above == nil {
		return "unreadable", err
	}
	below, err := parse(subordinate)
	if err != nil || below == nil {
		return "unreadable", err
	}
	// A policy is no contradiction of itself.
	if twice, err := above.Merge(above); err != nil || !registration.Equal(twice.Document(), above.Document()) {
		return "", fmt.Errorf("merged with itself: %w", err)
	}
	before := above.Document()
	merged, err := above.Merge(below)
	if err != nil {
		return "contradiction", nil //nolint:nilerr // the policies' fault
	}
	if again, err := policy.ParseMetadataPolicy("merged", merged.Document()); err != nil || !registration.Equal(again.Document(), merged.Document()) {
		return "", fmt.Errorf("the merged policy does not read as it prints: %w", err)
	}

	first := m.Clone()
	changes, violations := apply(merged, first)
	second := first.Clone()
	changesAgain, violationsAgain := apply(merged, second)
	if len(changesAgain) > 0 || !registration.Equal(first, second) || summary(nil, violations) != summary(nil, violationsAgain) {
		return "", fmt.Errorf("applied again: %s, was %s", summary(changesAgain, violationsAgain), summary(nil, violations))
	}
	turned := reverse(m)
	if got, want := summary(apply(merged, turned)), summary(changes, violations); got != want || !registration.Equal(turned, first) {
		return "", fmt.Errorf("the order of members matters: %s, was %s", got, want)
	}
	outcome = "refused"
	if len(violations) == 0 {
		outcome = "accepted"
		// What the layers accept together the superior accepts as it is.
		alone := first.Clone()
		if changes, violations := apply(above, alone); len(changes)+len(violations) > 0 {
			return "", fmt.Errorf("the superior alone: %s", summary(changes, violations))
		}
	}
	overwrite(first)
	if !registration.Equal(above.Document(), before) {
		return "", errors.New("the policy changed")
	}
	return outcome, nil
}

// parse compiles a policy, nil where it cannot be, and looks that the order of
// its members makes no difference.
func parse(text []byte) (*policy.MetadataPolicy, error) {
	doc, err := registration.Decode(text)
	if err != nil {
		return nil, nil //nolint:nilerr // not a document
	}
	p, err := policy.ParseMetadataPolicy("policy", doc)
	turned, errTurned := policy.ParseMetadataPolicy("policy", reverse(doc))
	if (err == nil) != (errTurned == nil) {
		return nil, fmt.Errorf("the order of members matters: %w and %w", err, errTurned)
	}
	if err == nil && string(p.Document().Encode()) != string(turned.Document().Encode()) {
		return nil, errors.New("the order of members matters")
	}
	return p, nil
}

// reverse is the same document with its members, and those below, in reverse.
func reverse(m *policy.Metadata) *policy.Metadata {
	out := &policy.Metadata{}
	for _, member := range slices.Backward(m.Members()) {
		v := member.Value
		if object, ok := v.(*policy.Metadata); ok {
			v = reverse(object)
		}
		out.Set(member.Name, v)
	}
	return out
}
