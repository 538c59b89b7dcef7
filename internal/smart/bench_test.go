package smart_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/smart"
)

// realmScopes returns the 14,900 scopes that a Keycloak realm with every SMART
// scope has: three contexts, 146 types (the wildcard is one), 34 suffixes, and a
// few that name no resource.
func realmScopes(tb testing.TB) []string {
	tb.Helper()
	var types struct{ R4 []string }
	readVectors(tb, "fhir_resource_types.json", &types)
	suffixes := []string{"read", "write", "*"}
	for p := smart.Permissions(1); p < 32; p++ {
		suffixes = append(suffixes, p.String())
	}
	tokens := smart.Split("openid fhirUser launch launch/patient launch/encounter online_access Context.read Context.write")
	for _, context := range []string{"patient", "user", "system"} {
		for _, typ := range append([]string{smart.Wildcard}, types.R4[:145]...) {
			for _, suffix := range suffixes {
				tokens = append(tokens, context+"/"+typ+"."+suffix)
			}
		}
	}
	if len(tokens) != 14_900 {
		tb.Fatalf("got %d scopes", len(tokens))
	}
	return tokens
}

// withoutWildcards leaves only resource scopes of one type, so that no lookup can
// end at the wildcard.
func withoutWildcards(tokens []string) []string {
	var fine []string
	for _, token := range tokens {
		if scope := smart.Parse(token); scope.Kind == smart.Resource && scope.ResourceType != smart.Wildcard {
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

// BenchmarkNarrowWildcard asks for everything where every type has to be looked at.
func BenchmarkNarrowWildcard(b *testing.B) {
	set := smart.NewSet(withoutWildcards(realmScopes(b)))
	asked := smart.Parse("patient/*.cruds")
	b.ReportAllocs()
	for b.Loop() {
		if parts, _ := set.Narrow(asked); len(parts) != 145 {
			b.Fatal(len(parts))
		}
	}
}

// request returns n scopes as a client asks for them and what a server of m
// scopes allows it. Of the former a tenth names no resource, and of the others a
// third each is covered, cut to fewer letters, and beyond what is allowed.
func request(tb testing.TB, n, m int) (asked, allowed []string) {
	tb.Helper()
	var types struct{ R4 []string }
	readVectors(tb, "fhir_resource_types.json", &types)
	for i := range n {
		typ := types.R4[i]
		switch {
		case i%10 == 9:
			asked = append(asked, smart.Split("openid fhirUser launch/patient offline_access")[i/10%4])
			allowed = append(allowed, asked[i])
		case i%3 == 0:
			asked = append(asked, "patient/"+typ+".read")
			allowed = append(allowed, "patient/"+typ+".rs")
		case i%3 == 1:
			asked = append(asked, "patient/"+typ+".cruds")
			allowed = append(allowed, "patient/"+typ+".rs")
		default:
			asked = append(asked, "patient/"+typ+".rs?category=laboratory")
		}
	}
	for i := 0; len(allowed) < m; i++ {
		allowed = append(allowed, "user/"+types.R4[i%146]+"."+smart.Permissions(1+i/146).String())
	}
	return asked, allowed
}

// BenchmarkNarrow parses and narrows lists of scopes as a policy does. The last
// two differ from the second in what is allowed: a realm that has all that is
// asked for, and one of its size with the same answers as the second.
func BenchmarkNarrow(b *testing.B) {
	few, allowedFew := request(b, 10, 20)
	many, allowedMany := request(b, 40, 200)
	realm := realmScopes(b)
	sameAnswers := slices.Clone(allowedMany)
	for _, token := range realm {
		if !slices.ContainsFunc(many, func(asked string) bool {
			a, t := smart.Parse(asked), smart.Parse(token)
			return a.Context == t.Context && (t.ResourceType == a.ResourceType || t.ResourceType == smart.Wildcard)
		}) {
			sameAnswers = append(sameAnswers, token)
		}
	}
	for _, c := range []struct {
		name           string
		asked, allowed []string
	}{
		{"", few, allowedFew},
		{"", many, allowedMany},
		{"realm", many, realm},
		{"same_answers", many, sameAnswers},
	} {
		set := smart.NewSet(c.allowed)
		b.Run(fmt.Sprintf("asked=%d/allowed=%d/%s", len(c.asked), len(c.allowed), c.name), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, token := range c.asked {
					set.Narrow(smart.Parse(token))
				}
			}
		})
	}
}

func BenchmarkMinimise(b *testing.B) {
	_, few := request(b, 40, 200)
	for _, tokens := range [][]string{few, realmScopes(b)} {
		b.Run(fmt.Sprintf("tokens=%d", len(tokens)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				smart.Minimise(tokens)
			}
		})
	}
}

func BenchmarkNewOffered(b *testing.B) {
	realm := realmScopes(b)
	b.ReportAllocs()
	for b.Loop() {
		smart.NewOffered(realm)
	}
}

// BenchmarkTranslate puts 40 scopes into the words of small and large servers,
// and one wildcard into the types of a large one.
func BenchmarkTranslate(b *testing.B) {
	realm := realmScopes(b)
	many, allowed := request(b, 40, 200)
	fine := withoutWildcards(realm)
	noneWhole := slices.DeleteFunc(slices.Clone(fine), func(token string) bool { return smart.Parse(token).Permissions == 31 })
	for _, c := range []struct {
		name             string
		offered, decided []string
	}{
		{"decided=40/offered=200", allowed, many},
		{"decided=40/offered=14900", realm, many},
		{"types", fine, []string{"patient/*.rs"}},
		{"types_and_letters", noneWhole, []string{"patient/*.cruds"}},
	} {
		offered := smart.NewOffered(c.offered)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				offered.Translate(c.decided, 1000)
			}
		})
	}
}
