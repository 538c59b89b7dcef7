package smart

import "cmp"

// Minimise returns the shortest list of scopes that grants exactly what tokens
// do. Letters of the same context, type and query are united, in the place of
// the first; what a wildcard or a shorter query covers goes, and so does what
// OAuth does not allow (ErrToken), which grants nothing. What grants as much as
// before stays as it was written; what is united is spelled as the token that
// already said all of it, or else in the syntax of the first.
func Minimise(tokens []string) []string {
	set := newSet()
	united := make([]Scope, 0, len(tokens))
	place := make(map[meaning]int, len(tokens))
	for _, token := range tokens {
		scope, ok := admit(token)
		if !ok {
			continue
		}
		set.add(scope)
		key := scope.meaning()
		key.permissions = 0
		if i, ok := place[key]; ok {
			united[i].unite(scope)
			continue
		}
		place[key] = len(united)
		united = append(united, scope)
	}

	least := make([]string, 0, len(united))
	for _, scope := range united {
		if !set.superfluous(scope) {
			least = append(least, cmp.Or(scope.text, scope.in(scope.Syntax)))
		}
	}
	return least
}

// unite adds the permissions of other, a scope of the same context, type and
// query. Without a token that says all of it the text becomes empty.
func (s *Scope) unite(other Scope) {
	all := s.Permissions | other.Permissions
	switch {
	case all == other.Permissions && (all != s.Permissions || s.text == ""):
		s.text = other.text
	case all != s.Permissions:
		s.text = ""
	}
	s.Permissions = all
}

// superfluous reports whether the set, without what it holds of exactly this
// context, type and query, still grants all of that. scope has all permissions
// that the set holds there.
func (s *Set) superfluous(scope Scope) bool {
	if scope.Kind != Resource {
		return false
	}
	index := &s.resources[scope.Context]
	g := grant{scope.Permissions, scope.Query}
	if scope.ResourceType == Wildcard {
		return index.wildcard.superfluous(g, nil)
	}
	return index.types[scope.ResourceType].superfluous(g, index.wildcard)
}

// Intersect returns the shortest list of scopes that grants exactly what both a
// and b grant, in the order and syntax of a. Which of the two comes first makes
// no other difference.
func Intersect(a, b []string) []string {
	set := NewSet(b)
	var both []string
	for _, token := range a {
		part, _ := set.Narrow(Parse(token))
		both = append(both, part...)
	}
	return Minimise(both)
}
