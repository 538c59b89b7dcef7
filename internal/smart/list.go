package smart

import (
	"slices"
	"strings"
)

// few is up to how many tokens looking at each is cheaper than a map.
const few = 32

// Split returns the tokens of a scope string (RFC 6749 section 3.3) in their
// order, each once. It splits at spaces only; other white space becomes part of
// a token, which Check then refuses.
func Split(scope string) []string {
	if scope == "" {
		return nil
	}
	most := strings.Count(scope, " ") + 1
	tokens := make([]string, 0, most)
	var seen map[string]struct{}
	if most > few {
		seen = make(map[string]struct{}, most)
	}
	for token := range strings.SplitSeq(scope, " ") {
		switch {
		case token == "":
		case seen == nil:
			if !slices.Contains(tokens, token) {
				tokens = append(tokens, token)
			}
		default:
			if _, ok := seen[token]; !ok {
				seen[token] = struct{}{}
				tokens = append(tokens, token)
			}
		}
	}
	return tokens
}

// Join makes a scope string of tokens.
func Join(tokens []string) string { return strings.Join(tokens, " ") }
