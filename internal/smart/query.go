package smart

import (
	"slices"
	"strings"
)

// keptEncoded are characters that a scope token may contain and that still do
// not mean the same as their percent-encoded form: they end an item or start an
// escape, or are read as a space, a separator or a fragment by some servers.
// Taking both forms for one could cover a query that a server then understands
// differently.
const keptEncoded = "%&+;#"

// parseQuery reads what stands behind the question mark of a granular scope.
func parseQuery(text string) ([]string, error) {
	items := strings.Split(text, "&")
	for i, item := range items {
		normal, err := normalizeItem(item)
		if err != nil {
			return nil, err
		}
		if returnsOthers(normal) {
			return nil, errQueryResult
		}
		items[i] = normal
	}
	slices.Sort(items)
	return slices.Compact(items), nil // a restriction said twice is said once
}

// returnsOthers tells of a normalised item whether it makes a search return what the
// other items do not select: resources that are included, by reference or by a graph
// (of FHIR R5), those that contain others or are contained, and whatever a named query
// finds (FHIR R4, Search, "Managing Returned Resources" and "Named Queries").
func returnsOthers(item string) bool {
	if item[0] != '_' {
		return false
	}
	switch item[:strings.IndexAny(item, ":=")] { // without a modifier, as in _include:iterate
	case "_include", "_revinclude", "_graph", "_contained", "_containedType", "_query":
		return true
	}
	return false
}

// normalizeItem returns parameter=value with one spelling for each meaning:
// characters that need no percent-encoding have none, the others have upper
// case digits.
func normalizeItem(item string) (string, error) {
	equals := strings.IndexByte(item, '=')
	if equals <= 0 || equals == len(item)-1 {
		return "", errQueryItem
	}
	if strings.IndexByte(item, '%') < 0 {
		return item, nil
	}
	normal := make([]byte, 0, len(item))
	for i := 0; i < len(item); i++ {
		if item[i] != '%' {
			normal = append(normal, item[i])
			continue
		}
		if i+2 >= len(item) {
			return "", errEscape
		}
		high, okHigh := unhex(item[i+1])
		low, okLow := unhex(item[i+2])
		if !okHigh || !okLow {
			return "", errEscape
		}
		c := high<<4 | low
		if isTokenChar(c) && strings.IndexByte(keptEncoded, c) < 0 && (c != '=' || i > equals) {
			normal = append(normal, c)
		} else {
			const digits = "0123456789ABCDEF"
			normal = append(normal, '%', digits[high], digits[low])
		}
		i += 2
	}
	return string(normal), nil
}

func unhex(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	}
	return 0, false
}

// subset reports whether every item of a is one of b. Both are sorted.
func subset(a, b []string) bool {
	for len(a) > 0 {
		if len(a) > len(b) {
			return false
		}
		if a[0] == b[0] {
			a = a[1:]
		}
		b = b[1:]
	}
	return true
}

// union returns the items of both, sorted: the query of what satisfies both.
func union(a, b []string) []string {
	if len(a) == 0 {
		return b
	}
	if len(b) == 0 {
		return a
	}
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}
