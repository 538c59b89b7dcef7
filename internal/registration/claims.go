package registration

import (
	"strconv"
	"strings"
)

// ClaimValues are the values that a claim of a token has, as text: those of an
// array each by itself, of "scope" its tokens (RFC 8693 section 4.2), true, false
// and numbers as they are written. Objects and nested arrays have none.
func ClaimValues(name string, claim any) []string {
	switch claim := claim.(type) {
	case string:
		if name == "scope" {
			return strings.Fields(claim)
		}
		return []string{claim}
	case bool:
		return []string{strconv.FormatBool(claim)}
	case Number:
		return []string{string(claim)}
	case []any:
		var values []string
		for _, element := range claim {
			if _, nested := element.([]any); !nested {
				values = append(values, ClaimValues("", element)...)
			}
		}
		return values
	default:
		return nil
	}
}
