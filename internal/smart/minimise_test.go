package smart_test

import (
	"math/rand"
	"slices"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/smart"
)

func TestMinimise(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		tokens string
		want   string
	}{
		{"nothing", "", ""},
		{"what is minimal stays as written", "user/Goal.rs?b=%7c&a=1 launch patient/*.read", "user/Goal.rs?b=%7c&a=1 launch patient/*.read"},
		{"letters unite in the place of the first", "patient/Goal.r openid patient/Goal.s", "patient/Goal.rs openid"},
		{"the syntax of the first", "patient/Goal.read patient/Goal.write", "patient/Goal.*"},
		{"the syntax of the first, also of a mixture", "patient/Goal.rs patient/Goal.write", "patient/Goal.cruds"},
		{"no v1 syntax for it", "patient/Goal.read patient/Goal.c", "patient/Goal.crs"},
		{"as it was written, if somebody wrote it", "patient/Goal.r patient/Goal.read", "patient/Goal.read"},
		{"as it was written, even late", "patient/Goal.r patient/Goal.s patient/Goal.read", "patient/Goal.read"},
		{"two spellings of one", "patient/*.read patient/*.rs", "patient/*.read"},
		{"two spellings of one query", "patient/*.r?b=2&a=%31 patient/*.r?a=1&b=2", "patient/*.r?b=2&a=%31"},
		{"what the wildcard covers goes", "patient/Goal.r patient/*.rs patient/Goal.s?a=1 patient/*.r?a=1", "patient/*.rs"},
		{"what has more letters than the wildcard stays whole", "patient/*.rs patient/Goal.cruds", "patient/*.rs patient/Goal.cruds"},
		{"what longer queries grant goes", "patient/Goal.rs?a=1 patient/Goal.rs", "patient/Goal.rs"},
		{"covered by several", "patient/*.r patient/Goal.s?a=1 patient/Goal.rs?a=1&b=2", "patient/*.r patient/Goal.s?a=1"},
		{"contexts are apart", "patient/*.rs user/Goal.rs", "patient/*.rs user/Goal.rs"},
		{"types make no wildcard", "patient/Goal.rs patient/Patient.rs", "patient/Goal.rs patient/Patient.rs"},
		{"literals, each once", "launch/patient launch api:fhir launch/patient", "launch/patient launch api:fhir"},
		{"no SMART scope, left alone", "patient/Goal.sr patient/*.cruds", "patient/Goal.sr patient/*.cruds"},
		{"no scope token", "a\\b openid", "openid"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := smart.Join(smart.Minimise(smart.Split(c.tokens))); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestIntersect(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, a, b, want, reversed string }{
		{"letters", "patient/*.cru", "patient/*.rus", "patient/*.ru", "patient/*.ru"},
		{"types", "patient/*.read", "patient/Goal.cruds", "patient/Goal.read", "patient/Goal.rs"},
		{"queries add up", "patient/*.rs?a=1", "patient/Goal.r?b=2", "patient/Goal.r?a=1&b=2", "patient/Goal.r?a=1&b=2"},
		{"order", "openid user/*.rs launch", "launch user/Goal.rs openid", "openid user/Goal.rs launch", "launch user/Goal.rs openid"},
		{"no more than once", "patient/Goal.rs patient/*.rs", "patient/Goal.r patient/*.r", "patient/*.r", "patient/*.r"},
		{"nothing", "patient/*.rs launch", "user/*.rs launch/patient", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := smart.Join(smart.Intersect(smart.Split(c.a), smart.Split(c.b))); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if got := smart.Join(smart.Intersect(smart.Split(c.b), smart.Split(c.a))); got != c.reversed {
				t.Errorf("reversed: got %q, want %q", got, c.reversed)
			}
		})
	}
}

// modelMinimum counts the scopes that it takes to grant these points: for each
// context, one for the wildcard and every query that grants all types of the
// future a letter which no shorter query does, and one for each type and query
// that grants a letter beyond the wildcard and the shorter queries.
func modelMinimum(granted points) int {
	minimum := 0
	for _, ofContext := range granted {
		for typ, ofType := range ofContext {
			for satisfied := range 1 << len(modelItems) {
				needed := false
				for letter, here := range ofType {
					elsewhere := typ != future && ofContext[future][letter][satisfied]
					for shorter := range satisfied {
						elsewhere = elsewhere || shorter&satisfied == shorter && here[shorter]
					}
					needed = needed || here[satisfied] && !elsewhere
				}
				if needed {
					minimum++
				}
			}
		}
	}
	return minimum
}

func TestMinimiseAgreesWithModel(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewSource(4))
	shortened := 0
	for range 20_000 {
		tokens := randomScopes(r, 16)
		least := smart.Minimise(tokens)
		granted := expandAll(tokens)
		if expandAll(least) != granted {
			t.Fatalf("%q minimised to %q, which does not grant the same", tokens, least)
		}
		if want := modelMinimum(granted); len(least) != want || want > len(tokens) {
			t.Fatalf("%q minimised to %q, the model needs %d", tokens, least, want)
		}
		if again := smart.Minimise(least); !slices.Equal(again, least) {
			t.Fatalf("%q minimised again to %q", least, again)
		}
		if len(least) < len(tokens) {
			shortened++
		}
	}
	if shortened < 10_000 {
		t.Fatalf("only %d lists became shorter: the test has lost its point", shortened)
	}
}

func TestIntersectAgreesWithModel(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewSource(5))
	some := 0
	for range 20_000 {
		a, b := randomScopes(r, 8), randomScopes(r, 8)
		both := smart.Intersect(a, b)
		want := common(expandAll(a), expandAll(b))
		if expandAll(both) != want {
			t.Fatalf("%q and %q have %q in common, the model says otherwise", a, b, both)
		}
		if len(both) != modelMinimum(want) {
			t.Fatalf("%q and %q have %q in common, the model needs %d", a, b, both, modelMinimum(want))
		}
		if len(both) > 0 {
			some++
		}
	}
	if some < 10_000 {
		t.Fatalf("only %d pairs have something in common: the test has lost its point", some)
	}
}
