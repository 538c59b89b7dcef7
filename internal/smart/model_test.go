package smart_test

import (
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/smart"
)

// The model says what a scope grants by listing it: one point for each context,
// type, letter, and set of query items that a resource may satisfy, indexed in
// that order by the following lists and by the bits of modelItems. The type
// Future stands for those that FHIR does not have yet; no scope names it, so
// only the wildcard reaches it.
type points [3][3][5][4]bool

var (
	modelContexts = []string{"patient", "user", "system"}
	modelTypes    = []string{"Future", "Goal", "Patient"}
	modelItems    = []string{"a=1", "b=2"}
	modelWords    = map[string]string{"read": "rs", "write": "cud", "*": "cruds"}
)

const (
	modelLetters = "cruds"
	future       = 0 // in modelTypes
)

// expand reads a resource scope with nothing of the package's own.
func expand(token string) (granted points) {
	body, query, _ := strings.Cut(token, "?")
	context, rest, _ := strings.Cut(body, "/")
	typ, letters, _ := strings.Cut(rest, ".")
	if word, ok := modelWords[letters]; ok {
		letters = word
	}
	demanded := 0
	for i, item := range modelItems {
		for q := range strings.SplitSeq(query, "&") {
			if q == item {
				demanded |= 1 << i
			}
		}
	}
	for t, name := range modelTypes {
		if typ != "*" && typ != name {
			continue
		}
		for _, letter := range letters {
			for satisfied := range 1 << len(modelItems) {
				if satisfied&demanded == demanded {
					granted[slices.Index(modelContexts, context)][t][strings.IndexRune(modelLetters, letter)][satisfied] = true
				}
			}
		}
	}
	return granted
}

func expandAll(tokens []string) (granted points) {
	for _, token := range tokens {
		granted = combine(granted, expand(token), func(a, b bool) bool { return a || b })
	}
	return granted
}

func combine(a, b points, each func(a, b bool) bool) (combined points) {
	for c := range a {
		for t := range a[c] {
			for l := range a[c][t] {
				for s := range a[c][t][l] {
					combined[c][t][l][s] = each(a[c][t][l][s], b[c][t][l][s])
				}
			}
		}
	}
	return combined
}

// common is what both grant.
func common(a, b points) points {
	return combine(a, b, func(a, b bool) bool { return a && b })
}

func includes(a, b points) bool { return common(a, b) == b }

// randomScope returns a valid resource scope of the model's world.
func randomScope(r *rand.Rand) string {
	pick := func(from ...string) string { return from[r.Intn(len(from))] }
	head := pick(modelContexts...) + "/" + pick("*", "Goal", "Patient") + "."
	if r.Intn(3) == 0 {
		return head + pick("read", "write", "*")
	}
	return head + smart.Permissions(1+r.Intn(31)).String() +
		pick("", "", "", "?a=1", "?b=2", "?a=1&b=2", "?b=2&a=1")
}

func randomScopes(r *rand.Rand, most int) []string {
	tokens := make([]string, r.Intn(most+1))
	for i := range tokens {
		tokens[i] = randomScope(r)
	}
	return tokens
}

func TestPairCoverAgreesWithModel(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewSource(1))
	covered := 0
	for range 50_000 {
		a, b := randomScope(r), randomScope(r)
		want := includes(expand(a), expand(b))
		if got := smart.Covers(smart.Parse(a), smart.Parse(b)); got != want {
			t.Fatalf("%s covers %s: %v, the model says %v", a, b, got, want)
		}
		if want {
			covered++
		}
	}
	if covered < 1000 {
		t.Fatalf("only %d pairs cover: the test has lost its point", covered)
	}
}

func TestCoverIsAPreorder(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewSource(2))
	pool := make([]smart.Scope, 200)
	for i := range pool {
		pool[i] = smart.Parse(randomScope(r))
	}
	chains := 0
	for _, a := range pool {
		if !smart.Covers(a, a) {
			t.Fatalf("%s does not cover itself", a)
		}
		for _, b := range pool {
			if !smart.Covers(a, b) {
				continue
			}
			for _, c := range pool {
				if !smart.Covers(b, c) {
					continue
				}
				chains++
				if !smart.Covers(a, c) {
					t.Fatalf("%s covers %s covers %s, and not the first the last", a, b, c)
				}
			}
		}
	}
	if chains < 2000 {
		t.Fatalf("only %d chains: the test has lost its point", chains)
	}
}

func TestSetAgreesWithModel(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewSource(3))
	covered, cut := 0, 0
	for range 20_000 {
		allowed, asked := randomScopes(r, 12), randomScope(r)
		set, granted, wanted := smart.NewSet(allowed), expandAll(allowed), expand(asked)

		want := includes(granted, wanted)
		if got := set.Covers(smart.Parse(asked)); got != want {
			t.Fatalf("%q covers %s: %v, the model says %v", allowed, asked, got, want)
		}

		parts, ok := set.Narrow(smart.Parse(asked))
		if ok != (len(parts) > 0) {
			t.Fatalf("%q narrows %s to %q with ok %v", allowed, asked, parts, ok)
		}
		if expandAll(parts) != common(granted, wanted) {
			t.Fatalf("%q narrows %s to %q, which is not the intersection", allowed, asked, parts)
		}
		for i, part := range parts {
			parsed := smart.Parse(part)
			if smart.Check(part) != nil || !set.Covers(parsed) || !smart.Covers(smart.Parse(asked), parsed) {
				t.Fatalf("%q narrows %s to %q, not covered by both", allowed, asked, part)
			}
			others := append(append([]string(nil), parts[:i]...), parts[i+1:]...)
			if smart.NewSet(others).Covers(parsed) {
				t.Fatalf("%q narrows %s to %q, where %s is superfluous", allowed, asked, parts, part)
			}
		}
		if want {
			covered++
		} else if ok {
			cut++
		}
	}
	if covered < 1000 || cut < 1000 {
		t.Fatalf("only %d covered and %d cut: the test has lost its point", covered, cut)
	}
}
