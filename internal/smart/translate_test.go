package smart_test

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/smart"
)

func TestTranslate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		offered string
		decided string
		most    int
		outcome smart.Outcome
		want    string
	}{
		{"same", "patient/*.rs patient/*.read", "patient/*.read", 0, smart.OutcomeSame, "patient/*.read"},
		{"same, of another vocabulary", "api:fhir", "api:fhir", 0, smart.OutcomeSame, "api:fhir"},
		{"same, and no SMART scope", "system/Patient.$export", "system/Patient.$export", 0, smart.OutcomeSame, "system/Patient.$export"},
		{"v1 to v2", "patient/*.rs", "patient/*.read", 0, smart.OutcomeEqual, "patient/*.rs"},
		{"v2 to v1", "patient/*.* user/*.write", "user/*.cud", 0, smart.OutcomeEqual, "user/*.write"},
		{"query in other words", "user/*.r?b=2&a=%31", "user/*.r?a=1&b=2", 0, smart.OutcomeEqual, "user/*.r?b=2&a=%31"},
		{"the first of two queries", "user/*.r?b=2&a=1 user/*.r?b=2&a=%31", "user/*.r?a=1&b=2", 0, smart.OutcomeEqual, "user/*.r?b=2&a=1"},
		{"wider is not offered for it", "patient/*.cruds patient/Goal.rs", "patient/Goal.r", 9, smart.OutcomeUnknown, ""},
		{"plain is not offered for granular", "patient/Goal.rs", "patient/Goal.rs?a=1", 9, smart.OutcomeUnknown, ""},
		{"other context", "user/*.rs", "patient/*.rs", 9, smart.OutcomeUnknown, ""},
		{"launch is not launch/patient", "launch/patient", "launch", 9, smart.OutcomeUnknown, ""},
		{"no scope token", "a\\b", "a\\b", 9, smart.OutcomeUnknown, ""},
		{"no expansion unless allowed", "patient/Goal.rs", "patient/*.rs", 0, smart.OutcomeUnknown, ""},
		{"types, as the server has them", "patient/Observation.rs user/Goal.rs patient/Goal.rs", "patient/*.rs", 2, smart.OutcomeExpanded, "patient/Observation.rs patient/Goal.rs"},
		{"over the limit", "patient/Observation.rs patient/Goal.rs", "patient/*.rs", 1, smart.OutcomeOverLimit, ""},
		{"letters", "patient/Goal.r patient/Goal.s patient/Goal.c", "patient/Goal.rs", 2, smart.OutcomeExpanded, "patient/Goal.r patient/Goal.s"},
		{"some letters", "patient/Goal.r", "patient/Goal.rs", 1, smart.OutcomeExpanded, "patient/Goal.r"},
		{"as few as possible", "patient/Goal.ru patient/Goal.cr patient/Goal.ud", "patient/Goal.cruds", 2, smart.OutcomeExpanded, "patient/Goal.cr patient/Goal.ud"},
		{"not in parts of the parts", "patient/Goal.r patient/Goal.rs patient/Goal.s", "patient/*.rs", 1, smart.OutcomeExpanded, "patient/Goal.rs"},
		{"the syntax of the scope, v1", "patient/Goal.rs patient/Goal.read patient/List.rs", "patient/*.read", 9, smart.OutcomeExpanded, "patient/Goal.read patient/List.rs"},
		{"the syntax of the scope, v2", "patient/Goal.read patient/Goal.rs", "patient/*.rs", 9, smart.OutcomeExpanded, "patient/Goal.rs"},
		{"wildcard with fewer letters first", "patient/Goal.r patient/List.rs patient/*.r", "patient/*.rs", 9, smart.OutcomeExpanded, "patient/*.r patient/List.rs"},
		{"all letters, where offered, beside a wildcard with some", "patient/*.r patient/Goal.s patient/Goal.rs", "patient/*.rs", 9, smart.OutcomeExpanded, "patient/*.r patient/Goal.rs"},
		{"granular, beyond what the plain one has", "patient/Goal.rs?a=1 patient/Goal.r?a=1 patient/Goal.r", "patient/Goal.crs", 9, smart.OutcomeExpanded, "patient/Goal.r patient/Goal.rs?a=1"},
		{"granular to more granular", "patient/Goal.rs?b=2 patient/Goal.rs?c=3&a=1", "patient/*.rs?a=1", 9, smart.OutcomeExpanded, "patient/Goal.rs?c=3&a=1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := smart.NewOffered(smart.Split(c.offered)).Translate([]string{c.decided}, c.most)
			if len(got) != 1 || got[0].Token != c.decided || got[0].Outcome != c.outcome {
				t.Errorf("got %+v", got)
			}
			if tokens := smart.Join(smart.Translated(got)); tokens != c.want {
				t.Errorf("got %q, want %q", tokens, c.want)
			}
		})
	}
}

func TestTranslateList(t *testing.T) {
	t.Parallel()
	offered := smart.NewOffered(smart.Split("patient/*.rs launch/patient patient/Goal.c"))
	got := offered.Translate(smart.Split("patient/*.read openid launch/patient patient/*.rs patient/*.cud"), 5)
	var outcomes []string
	for _, translation := range got {
		outcomes = append(outcomes, translation.Outcome.String())
	}
	if want := []string{"equal", "unknown", "same", "same", "expanded"}; !slices.Equal(outcomes, want) {
		t.Errorf("got %q, want %q", outcomes, want)
	}
	if got, want := smart.Join(smart.Translated(got)), "patient/*.rs launch/patient patient/Goal.c"; got != want {
		t.Errorf("sent %q, want %q", got, want)
	}
	if got := smart.OutcomeOverLimit.String(); got != "over_limit" {
		t.Errorf("got %q", got)
	}
}

func TestSpellAs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, caller, registered, want string }{
		{"v1", "openid patient/*.read", "patient/*.rs launch", "patient/*.read launch"},
		{"v2", "patient/*.rs", "patient/*.read", "patient/*.rs"},
		{"query", "user/*.r?b=2&a=%31", "user/*.r?a=1&b=2", "user/*.r?b=2&a=%31"},
		{"less is not the same", "patient/*.read patient/Goal.read", "patient/*.r patient/List.rs", "patient/*.r patient/List.rs"},
		{"the caller has both spellings", "patient/*.rs patient/*.read", "patient/*.read", "patient/*.read"},
		{"the first of the caller's spellings", "user/*.r?a=1&b=2 user/*.r?b=2&a=1", "user/*.r?b=2&a=%31", "user/*.r?a=1&b=2"},
		{"the server has both spellings", "patient/*.read", "patient/*.rs launch patient/*.read", "patient/*.read launch"},
		{"a caller that asks for nothing", "", "patient/*.rs", "patient/*.rs"},
	} {
		if got := smart.Join(smart.SpellAs(smart.Split(c.caller), smart.Split(c.registered))); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestTranslateAgreesWithModel(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewSource(6))
	counts := make(map[smart.Outcome]int)
	for range 20_000 {
		offered, decided := randomScopes(r, 16), randomScope(r)
		index := smart.NewOffered(offered)
		got := index.Translate([]string{decided}, len(offered))[0]
		counts[got.Outcome]++
		checkTranslation(t, offered, decided, got)

		// The limit is a number of parts, and decides about nothing else.
		parts := len(got.Offered)
		if exact := index.Translate([]string{decided}, max(parts, 1))[0]; exact.Outcome != got.Outcome || !slices.Equal(exact.Offered, got.Offered) {
			t.Fatalf("%q offered, %s becomes %+v with a limit of %d", offered, decided, exact, parts)
		}
		if parts > 1 {
			if less := index.Translate([]string{decided}, parts-1)[0]; less.Outcome != smart.OutcomeOverLimit || less.Offered != nil {
				t.Fatalf("%q offered, %s becomes %+v with a limit of %d", offered, decided, less, parts-1)
			}
		}
	}
	for _, outcome := range []smart.Outcome{smart.OutcomeUnknown, smart.OutcomeSame, smart.OutcomeEqual, smart.OutcomeExpanded} {
		if counts[outcome] < 100 {
			t.Errorf("only %d times %s: the test has lost its point", counts[outcome], outcome)
		}
	}
}

// checkTranslation holds one result, without a limit, against the model.
func checkTranslation(t *testing.T, offered []string, decided string, got smart.Translation) {
	t.Helper()
	wanted := expand(decided)
	var parts, equal []string
	for _, token := range offered {
		granted := expand(token)
		if includes(wanted, granted) {
			parts = append(parts, token)
		}
		if granted == wanted {
			equal = append(equal, token)
		}
	}
	want := smart.OutcomeExpanded
	switch {
	case slices.Contains(offered, decided):
		want = smart.OutcomeSame
	case len(equal) > 0:
		want = smart.OutcomeEqual
	case len(parts) == 0:
		want = smart.OutcomeUnknown
	}
	granted := expandAll(got.Offered)
	if got.Outcome != want || granted != expandAll(parts) {
		t.Fatalf("%q offered, %s becomes %+v, want %s", offered, decided, got, want)
	}
	for i, token := range got.Offered {
		others := slices.Concat(got.Offered[:i], got.Offered[i+1:])
		if !slices.Contains(offered, token) || expandAll(others) == granted {
			t.Fatalf("%q offered, %s becomes %+v, where %s is not offered or superfluous", offered, decided, got, token)
		}
	}
}

// Many scopes that each could have any of many parts: the search ends, and what needs
// none goes on.
func TestTranslateEnds(t *testing.T) {
	t.Parallel()
	tokens := []string{"openid", "user/*.read"}
	for i := range 15_000 {
		typ := [...]string{"Observation", "Condition", "Procedure"}[i%3]
		tokens = append(tokens, fmt.Sprintf("patient/%s.rs?category=c%d", typ, i/3))
	}
	offered := smart.NewOffered(tokens)
	decided := make([]string, 1000)
	for i := range decided {
		decided[i] = fmt.Sprintf("patient/*.rs?category=%%63%d&code=x", i) // which is none of them
	}
	decided = append(decided, "openid", "user/*.rs", "patient/Observation.rs?category=c7", "patient/*.rs?category=c7")
	got := offered.Translate(decided, 50)
	counts := map[smart.Outcome]int{}
	for _, translation := range got {
		counts[translation.Outcome]++
	}
	if n := counts[smart.OutcomeUnknown]; n < 10 || n > 30 {
		t.Errorf("%d of 1000 were looked for among 15000, want some", n)
	}
	if sent, want := smart.Join(smart.Translated(got)), "openid user/*.read patient/Observation.rs?category=c7"; sent != want {
		t.Errorf("sent %q, want %q", sent, want)
	}
	if last := got[len(got)-1]; last.Outcome != smart.OutcomeOverLimit {
		t.Errorf("got %+v for the last, want %s", last, smart.OutcomeOverLimit)
	}
	// One scope is looked for, whatever it takes.
	if alone := offered.Translate(decided[len(decided)-1:], 50)[0]; alone.Outcome != smart.OutcomeExpanded {
		t.Errorf("got %+v for one, want %s", alone, smart.OutcomeExpanded)
	}
}
