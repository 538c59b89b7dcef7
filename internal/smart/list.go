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
	tokens := newDistinct(strings.Count(scope, " ") + 1)
	for token := range strings.SplitSeq(scope, " ") {
		if token != "" {
			tokens.add(token)
		}
	}
	return tokens.list
}

// Join makes a scope string of tokens.
func Join(tokens []string) string { return strings.Join(tokens, " ") }

// Joined tells whether a scope string, of which these are the tokens by [Split], is
// what [Join] makes of them. What Split leaves out, a space or a token that was
// there before, makes it longer.
func Joined(scope string, tokens []string) bool {
	length := max(len(tokens)-1, 0)
	for _, token := range tokens {
		length += len(token)
	}
	return len(scope) == length
}

// distinct collects tokens in their order, each once.
type distinct struct {
	list []string
	seen map[string]struct{} // nil with few tokens
}

// newDistinct makes room for that many tokens.
func newDistinct(most int) *distinct {
	d := &distinct{list: make([]string, 0, most)}
	if most > few {
		d.seen = make(map[string]struct{}, most)
	}
	return d
}

func (d *distinct) add(token string) {
	if d.seen == nil {
		if !slices.Contains(d.list, token) {
			d.list = append(d.list, token)
		}
		return
	}
	if _, ok := d.seen[token]; !ok {
		d.seen[token] = struct{}{}
		d.list = append(d.list, token)
	}
}
