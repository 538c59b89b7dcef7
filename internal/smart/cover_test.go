package smart_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/smart"
)

func TestCovers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		allowed string
		asked   string
		want    bool
	}{
		{"fewer query items cover more", "patient/*.rs?a=1", "patient/*.rs?a=1&b=2", true},
		{"more query items cover less", "patient/*.rs?a=1&b=2", "patient/*.rs?a=1", false},
		{"no query covers any", "patient/*.rs", "patient/Goal.r?a=1", true},
		{"a query does not cover none", "patient/*.rs?a=1", "patient/Goal.r", false},
		{"other value", "patient/*.rs?a=1", "patient/*.rs?a=2", false},
		{"order", "patient/*.rs?a=1&b=2", "patient/*.rs?b=2&a=1", true},
		{"percent-encoding", "patient/*.rs?a=x|y", "patient/*.rs?%61=x%7Cy", true},
		{"case of percent-encoding", "patient/*.rs?a=%c3%a9", "patient/*.rs?a=%C3%A9", true},
		{"case of values", "patient/*.rs?a=x", "patient/*.rs?a=X", false},
		{"an encoded & is part of the value", "patient/*.rs?a=1", "patient/*.rs?a=1%26b=2", false},
		{"an encoded = in a name stays", "patient/*.rs?a%3Db=c", "patient/*.rs?a=b=c", false},
		{"an encoded = in a value does not", "patient/*.rs?a=b%3Dc", "patient/*.rs?a=b=c", true},
		{"an encoded % stays", "patient/*.rs?a=%2541", "patient/*.rs?a=A", false},
		{"a plus may be a space", "patient/*.rs?a=b%2Bc", "patient/*.rs?a=b+c", false},
		{"what is included is not selected", "patient/Observation.rs?a=1", "patient/Observation.rs?a=1&_include=Observation:patient", false},
		{"what is included is of other types", "patient/*.cruds", "patient/Observation.rs?_revinclude:iterate=Provenance:target", false},
		{"what is included, literally", "patient/Goal.rs?_include=Goal:patient", "patient/Goal.rs?_include=Goal:patient", true},
		{"what is included, in other words", "patient/Goal.rs?_include=Goal:patient", "patient/Goal.rs?%5Finclude=Goal:patient", false},
		{"what includes covers nothing", "patient/Goal.rs?_include=Goal:patient", "patient/Goal.rs?_include=Goal:patient&a=1", false},
		{"what returns less", "patient/Goal.rs?a=1", "patient/Goal.rs?a=1&_summary=true&_elements=id&_filter=x&_included=1", true},
		{"union of letters", "patient/*.r patient/*.s", "patient/*.rs", true},
		{"union of letters under queries", "patient/Goal.r?a=1 patient/*.s?b=2", "patient/Goal.rs?b=2&a=1", true},
		{"no union where one query does not hold", "patient/Goal.r?a=1 patient/*.s?b=2", "patient/Goal.rs?a=1", false},
		{"types do not add up to the wildcard", "patient/Goal.rs patient/Patient.rs", "patient/*.rs", false},
		{"types do not help one another", "patient/Goal.r patient/Patient.s", "patient/Goal.rs", false},
		{"launch is not launch/patient", "launch", "launch/patient", false},
		{"role is part of the name", "launch/list", "launch/list?role=x", false},
		{"opaque, literally", "api:fhir system/Patient.$export", "system/Patient.$export", true},
		{"broken, literally only", "system/*.cruds", "system/Patient.$export", false},
		{"broken is not read generously", "patient/*.dus", "patient/*.d", false},
		{"nothing covers the empty token", "patient/*.cruds", "", false},
		{"nothing covers what is no token", "a\\b", "a\\b", false},
		{"an empty set covers nothing", "", "openid", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			allowed := smart.Split(c.allowed)
			asked := smart.Parse(c.asked)
			if got := smart.NewSet(allowed).Covers(asked); got != c.want {
				t.Errorf("set: got %v", got)
			}
			// A pair is compared, whatever it is; a set admits scope tokens only.
			if len(allowed) == 1 && !errors.Is(smart.Check(c.asked), smart.ErrToken) {
				if got := smart.Covers(smart.Parse(allowed[0]), asked); got != c.want {
					t.Errorf("pair: got %v", got)
				}
			}
		})
	}
}

func TestNarrow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		allowed string
		asked   string
		want    string
	}{
		{"letters", "patient/*.rs", "patient/*.cruds", "patient/*.rs"},
		{"letters of a type", "patient/*.rs", "patient/Goal.cruds", "patient/Goal.rs"},
		{"covered comes back as written", "patient/*.rs?a=1", "patient/Goal.r?b=%7c&a=1", "patient/Goal.r?b=%7c&a=1"},
		{"covered v1 as written", "patient/*.cruds", "patient/*.read", "patient/*.read"},
		{"v1 where exact", "patient/*.rs", "patient/*.*", "patient/*.read"},
		{"v1 not exact", "patient/*.r", "patient/*.read", "patient/*.r"},
		{"v2 asked of v1 allowed", "patient/*.read", "patient/*.cruds", "patient/*.rs"},
		{"wildcard to types, in the allowed order", "patient/Observation.rs user/Goal.rs patient/Goal.r", "patient/*.rs", "patient/Observation.rs patient/Goal.r"},
		{"wildcard and a type with more", "patient/*.rs patient/Goal.cruds", "patient/*.cruds", "patient/*.rs patient/Goal.cruds"},
		{"type that the wildcard has already", "patient/Goal.r patient/*.rs", "patient/*.cruds", "patient/*.rs"},
		{"to a query", "patient/*.rs?a=1", "patient/Goal.rs", "patient/Goal.rs?a=1"},
		{"v1 to a query", "patient/*.rs?a=1", "patient/Goal.read", "patient/Goal.rs?a=1"},
		{"queries add up", "patient/*.rs?b=2", "patient/Goal.rs?a=1", "patient/Goal.rs?a=1&b=2"},
		{"plain and granular", "patient/Goal.r patient/Goal.cr?a=1", "patient/Goal.cr", "patient/Goal.r patient/Goal.cr?a=1"},
		{"granular that the plain one has already", "patient/Goal.r?a=1 patient/*.r", "patient/Goal.rs", "patient/Goal.r"},
		{"several queries", "patient/Goal.r?a=1 patient/Goal.r?a=2", "patient/*.r", "patient/Goal.r?a=1 patient/Goal.r?a=2"},
		{"other context", "user/*.rs", "patient/*.rs", ""},
		{"other letters", "patient/*.cud", "patient/*.rs", ""},
		{"literal", "launch/patient", "launch/patient", "launch/patient"},
		{"literal, other", "launch", "launch/patient", ""},
		{"broken", "patient/*.cruds", "patient/*.dus", ""},
		{"includes others", "patient/*.rs?a=1", "patient/Goal.rs?_include=Goal:patient", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, ok := smart.NewSet(smart.Split(c.allowed)).Narrow(smart.Parse(c.asked))
			if !slices.Equal(got, smart.Split(c.want)) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if ok != (c.want != "") {
				t.Errorf("ok is %v", ok)
			}
		})
	}
}
