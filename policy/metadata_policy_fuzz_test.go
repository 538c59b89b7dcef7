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
	randomMembers  = []string{"a", "b", "scope", "grant_types", "client_name", "redirect_uris", "client_uri", "client_uri#de", "client_uri#fr", "jwks"}
	randomStrings  = []string{`"x"`, `"y"`, `"z"`}
	randomOddities = []string{`"x y"`, `""`, `1`, `true`, `null`, `{"k":1}`, `{"k":null}`, `[null]`, `[["x"]]`, `["x","x y"]`, `[1,{"k":1}]`}

	// What operators are given where policies make sense, and in what company.
	listOperators   = []string{"value", "add", "default", "subset_of", "superset_of", "essential"}
	singleOperators = []string{"value", "default", "one_of", "essential"}
	uriOperators    = []string{"schemes", "hosts", "ports", "path_prefix", "loopback", "private_use", "same_host_as", "registrable_domain_of", "pattern"}
	keyOperators    = []string{"value", "default", "key_types", "min_rsa_bits", "curves", "key_ids", "essential"}

	// What the operators beyond the standard are given: values that overlap, cover
	// each other and contradict each other.
	randomURIs = []string{
		`"https://a.example/x"`, `"https://b.a.example/x/y"`, `"https://c.b.a.example:8443/y"`, `"http://127.0.0.1/x"`,
		`"b.example:/x"`, `"https://A.example"`, `"https://a.example@b.a.example/"`, `"https://a.example./x/../y"`, `"x"`,
	}
	randomKeys = []string{
		`{"kty":"RSA","n":"__8","kid":"1"}`, `{"kty":"RSA","n":"_w"}`, `{"kty":"EC","crv":"P-256"}`, `{"kty":"EC","crv":"P-384","kid":"2"}`, `{"kty":1}`,
	}
	randomValues = map[string][]string{
		"schemes":               {`["https"]`, `["https","http"]`, `["b.example","https"]`},
		"hosts":                 {`["a.example"]`, `["*.a.example"]`, `["**.a.example","a.example"]`, `["**.a.example:8443","b.a.example","127.0.0.1"]`},
		"ports":                 {`[443]`, `[443,8443]`, `[80,443]`},
		"path_prefix":           {`["/"]`, `["/x"]`, `["/x/","/y"]`, `["/x/y"]`},
		"loopback":              {`"allow"`, `"deny"`},
		"private_use":           {`"allow"`, `"deny"`},
		"same_host_as":          {`"client_uri#fr"`, `"redirect_uris"`, `["redirect_uris","client_uri#fr"]`},
		"registrable_domain_of": {`"client_uri#fr"`, `"redirect_uris"`},
		"max_count":             {`0`, `1`, `2`, `3`},
		"min_count":             {`0`, `1`, `2`},
		"max_length":            {`1`, `3`, `40`},
		"pattern":               {`".*"`, `"x|y"`, `"https://.*"`, `["[a-z]+","x.*"]`},
		"key_types":             {`["RSA"]`, `["RSA","EC"]`, `["EC"]`},
		"min_rsa_bits":          {`8`, `16`, `17`},
		"curves":                {`["P-256"]`, `["P-256","P-384"]`},
		"key_ids":               {`"required"`, `"optional"`},
		"essential":             {`true`, `false`},
	}
)

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

func randomList(r *rand.Rand, atLeast int) string { return listOf(r, randomStrings, atLeast) }

func listOf(r *rand.Rand, from []string, atLeast int) string {
	list := make([]string, atLeast+r.IntN(4-atLeast))
	for i := range list {
		list[i] = pick(r, from)
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
	case member == "jwks":
		return `{"keys":` + listOf(r, randomKeys, 0) + `}`
	case isURI(member) && isSingle(member):
		return pick(r, randomURIs)
	case isURI(member):
		return listOf(r, randomURIs, 0)
	case isSingle(member):
		return pick(r, randomStrings)
	}
	return randomList(r, 0)
}

func isSingle(member string) bool {
	return member == "b" || member == "client_name" || isURI(member) && member != "redirect_uris"
}

func isURI(member string) bool { return strings.Contains(member, "uri") }

// randomNames are operators that suit the member, most of the time.
func randomNames(r *rand.Rand, member string) []string {
	names := listOperators
	switch {
	case r.IntN(20) == 0:
		return slices.Concat(listOperators, singleOperators[2:3])
	case member == "jwks":
		return keyOperators
	case isSingle(member):
		names = append(slices.Clone(singleOperators), "max_length", "pattern")
	default:
		names = append(slices.Clone(names), "max_count", "min_count", "max_length", "pattern")
	}
	if isURI(member) { // with few of the standard's, which hardly ever leave a URI
		names = append(slices.Clone(uriOperators), "default", "essential")
	}
	return names
}

func randomOperators(r *rand.Rand, member string) string {
	var operators []string
	for _, name := range randomNames(r, member) {
		if r.IntN(3) > 0 {
			continue
		}
		var v string
		switch name {
		case "value", "default":
			v = randomValue(r, member)
		case "subset_of", "one_of":
			v = randomList(r, 2)
		case "add", "superset_of":
			v = randomList(r, 0)
		default:
			v = pick(r, randomValues[name])
			if strings.Contains(v, fmt.Sprintf("%q", member)) { // comparing it with itself
				continue
			}
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
