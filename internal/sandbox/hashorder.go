package sandbox

import (
	"slices"
	"unicode/utf16"
)

// hashOrder returns the distinct strings of list in the order in which a Java
// HashSet or HashMap gives them out. The server keeps redirect URIs and scopes in
// those, so callers see this order and never the one they sent.
func hashOrder(list []string) []string {
	out := make([]string, 0, len(list))
	seen := make(map[string]bool, len(list))
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	buckets := uint32(16)
	for uint32(len(out)) > buckets/4*3 { // the table doubles when it is three quarters full
		buckets *= 2
	}
	bucket := func(s string) uint32 {
		h := javaHash(s)
		return (h ^ h>>16) & (buckets - 1)
	}
	slices.SortStableFunc(out, func(a, b string) int { return int(bucket(a)) - int(bucket(b)) })
	return out
}

// javaHash is java.lang.String.hashCode, which counts UTF-16 code units.
func javaHash(s string) uint32 {
	var h uint32
	for _, unit := range utf16.Encode([]rune(s)) {
		h = 31*h + uint32(unit)
	}
	return h
}
