package smart_test

import (
	"fmt"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/smart"
)

// realmScopes returns what a Keycloak realm with every SMART scope has: three
// contexts, 146 types (the wildcard is one), 34 suffixes.
func realmScopes(tb testing.TB) []string {
	tb.Helper()
	var types struct{ R4 []string }
	readVectors(tb, "fhir_resource_types.json", &types)
	suffixes := []string{"read", "write", "*"}
	for p := smart.Permissions(1); p < 32; p++ {
		suffixes = append(suffixes, p.String())
	}
	var tokens []string
	for _, context := range []string{"patient", "user", "system"} {
		for _, typ := range append([]string{smart.Wildcard}, types.R4[:145]...) {
			for _, suffix := range suffixes {
				tokens = append(tokens, context+"/"+typ+"."+suffix)
			}
		}
	}
	return tokens
}

// withoutWildcards leaves only the finest scopes, so that no lookup can end at
// the wildcard.
func withoutWildcards(tokens []string) []string {
	var fine []string
	for _, token := range tokens {
		if smart.Parse(token).ResourceType != smart.Wildcard {
			fine = append(fine, token)
		}
	}
	return fine
}

func TestCoversDoesNotAllocate(t *testing.T) {
	allowed := smart.Parse("patient/*.cruds?category=laboratory")
	asked := smart.Parse("patient/Observation.rs?category=laboratory&code=1")
	set := smart.NewSet(realmScopes(t))
	for name, covers := range map[string]func() bool{
		"pair": func() bool { return smart.Covers(allowed, asked) },
		"set":  func() bool { return set.Covers(asked) },
	} {
		ok := true
		if n := testing.AllocsPerRun(100, func() { ok = ok && covers() }); n != 0 || !ok {
			t.Errorf("%s: %v allocations, covered %v", name, n, ok)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	for _, token := range []string{"openid", "patient/Observation.rs", "patient/Observation.rs?category=laboratory&code=1"} {
		b.Run(token, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				smart.Parse(token)
			}
		})
	}
}

func BenchmarkCoversPair(b *testing.B) {
	allowed := smart.Parse("patient/*.cruds?category=laboratory")
	asked := smart.Parse("patient/Observation.rs?category=laboratory&code=1")
	b.ReportAllocs()
	for b.Loop() {
		if !smart.Covers(allowed, asked) {
			b.Fatal("not covered")
		}
	}
}

// BenchmarkSetCovers parses and judges 40 scopes against sets of growing size.
func BenchmarkSetCovers(b *testing.B) {
	all := withoutWildcards(realmScopes(b))
	var asked []string
	for i := range 40 {
		asked = append(asked, all[i*5])
	}
	for _, size := range []int{20, 200, len(all)} {
		set := smart.NewSet(all[:size])
		b.Run(fmt.Sprintf("allowed=%d", size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, token := range asked {
					set.Covers(smart.Parse(token))
				}
			}
		})
	}
}

// BenchmarkNarrow asks for everything where every type has to be looked at.
func BenchmarkNarrow(b *testing.B) {
	set := smart.NewSet(withoutWildcards(realmScopes(b)))
	asked := smart.Parse("patient/*.cruds")
	b.ReportAllocs()
	for b.Loop() {
		if parts, _ := set.Narrow(asked); len(parts) != 145 {
			b.Fatal(len(parts))
		}
	}
}
