package smart

import "strings"

// meaning is what a scope stands for, as a key of maps: two scopes with the same
// meaning grant the same, and only they do.
type meaning struct {
	context     Context
	permissions Permissions
	name        string // the resource type; of what is no resource scope the token
	query       string
}

func (s Scope) meaning() meaning {
	if s.Kind != Resource {
		return meaning{name: s.text}
	}
	// No item holds a bare &: different queries stay different.
	return meaning{s.Context, s.Permissions, s.ResourceType, strings.Join(s.Query, "&")}
}

// SpellAs returns the registered scopes as a caller spells them: each that means
// exactly what one of the caller's does is named as that one, patient/*.rs as
// patient/*.read for a caller that writes so. The others stay as they are. None
// is named twice.
func SpellAs(caller, registered []string) []string {
	own := make(map[string]struct{}, len(caller))
	words := make(map[meaning]string, len(caller))
	for _, token := range caller {
		own[token] = struct{}{}
		if m := Parse(token).meaning(); words[m] == "" {
			words[m] = token
		}
	}
	tokens := newDistinct(len(registered))
	for _, token := range registered {
		if _, ok := own[token]; !ok {
			if word := words[Parse(token).meaning()]; word != "" {
				token = word
			}
		}
		tokens.add(token)
	}
	return tokens.list
}
