package policy

import (
	"fmt"
	"strings"
	"testing"
)

// TestNarrowingIsBounded: neither a thousand spellings of one scope nor a thousand
// scopes that all meet everything that is allowed cost a thousand narrowings.
func TestNarrowingIsBounded(t *testing.T) {
	// spelled is a name with the letters of i's bits percent-encoded.
	spelled := func(i int) string {
		var name strings.Builder
		for bit, letter := range "abcdefghij" {
			if i>>bit&1 == 1 {
				fmt.Fprintf(&name, "%%%x", letter)
			} else {
				name.WriteRune(letter)
			}
		}
		return name.String()
	}
	thousand := func(token func(i int) string) []string {
		tokens := make([]string, 1000)
		for i := range tokens {
			tokens[i] = token(i)
		}
		return tokens
	}
	codes := thousand(func(i int) string { return fmt.Sprintf("patient/Observation.rs?code=%d", i) })
	types := thousand(func(i int) string {
		return fmt.Sprintf("patient/T%s.rs", string([]byte{'a' + byte(i/100), 'a' + byte(i/10%10), 'a' + byte(i%10)}))
	})
	for name, test := range map[string]struct {
		allow, asked []string
		left         int // -1: too many
	}{
		"spellings, granular": {codes, thousand(func(i int) string { return "patient/*.cruds?" + spelled(i) + "=x" }), 1000},
		"spellings, types":    {types[:150], thousand(func(i int) string { return "patient/*.cruds?" + spelled(i) + "=x" }), 150},
		"queries":             {codes, thousand(func(i int) string { return fmt.Sprintf("patient/*.cruds?code=1&x=%d", i) }), -1},
		"letters":             {types[:150], strings.Fields("patient/*.* patient/*.read patient/*.cruds patient/*.rs patient/*.crs patient/*.rus patient/*.rds patient/*.crus"), 300},
		"nothing in common":   {types, thousand(func(i int) string { return fmt.Sprintf("patient/*.c?x=%d", i) }), 0},
	} {
		t.Run(name, func(t *testing.T) {
			limit, d := newScopeLimit("", test.allow), &deliberation{Policy: &Policy{}, scopes: &scopeRules{}}
			kept, ok := d.limitBy(limit, test.asked, 1000)
			if ok != (test.left >= 0) || ok && len(kept) != test.left {
				t.Errorf("%d are left, %t", len(kept), ok)
			}
			if made := testing.AllocsPerRun(1, func() { d.limitBy(limit, test.asked, 1000) }); made > 100_000 {
				t.Errorf("%v allocations", made)
			}
		})
	}
}
