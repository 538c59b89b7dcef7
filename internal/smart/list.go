package smart

import "strings"

// Split returns the tokens of a scope string (RFC 6749 section 3.3) in their
// order, each once. It splits at spaces only; other white space becomes part of
// a token, which Check then refuses.
func Split(scope string) []string {
	var tokens []string
	seen := make(map[string]struct{})
	for token := range strings.SplitSeq(scope, " ") {
		if token == "" {
			continue
		}
		if _, ok := seen[token]; !ok {
			seen[token] = struct{}{}
			tokens = append(tokens, token)
		}
	}
	return tokens
}

// Join makes a scope string of tokens.
func Join(tokens []string) string { return strings.Join(tokens, " ") }
