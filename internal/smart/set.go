package smart

import "errors"

// Covers reports whether allowed grants everything that asked does. It does not
// allocate.
func Covers(allowed, asked Scope) bool {
	if asked.Kind != Resource || allowed.Kind != Resource {
		// A resource scope is never spelled like one of another kind.
		return allowed.text == asked.text
	}
	return allowed.Context == asked.Context &&
		(allowed.ResourceType == Wildcard || allowed.ResourceType == asked.ResourceType) &&
		allowed.Permissions.Contains(asked.Permissions) &&
		subset(allowed.Query, asked.Query)
}

// Set is what a number of scopes grant together.
type Set struct {
	resources [len(contextNames)]contextIndex
	literals  map[string]struct{} // all scopes that are not resource scopes
}

// contextIndex holds the resource scopes of one context.
type contextIndex struct {
	wildcard grants
	types    map[string]grants
	order    []string // the keys of types as they came, so that Narrow is deterministic
}

// NewSet parses tokens and makes a set of them. Tokens that are no SMART scopes
// belong to it literally; use Check to find those that were meant to be. Tokens
// that OAuth does not allow (ErrToken) are left out: nothing covers them.
func NewSet(tokens []string) *Set {
	s := newSet()
	for _, token := range tokens {
		if scope, ok := admit(token); ok {
			s.add(scope)
		}
	}
	return s
}

func newSet() *Set { return &Set{literals: make(map[string]struct{})} }

// admit parses a token; false means that OAuth does not allow it.
func admit(token string) (Scope, bool) {
	scope, err := parse(token)
	return scope, !errors.Is(err, ErrToken)
}

func (s *Set) add(scope Scope) {
	if scope.Kind == Resource {
		s.resources[scope.Context].add(scope)
		return
	}
	s.literals[scope.text] = struct{}{}
}

func (x *contextIndex) add(scope Scope) {
	g := grant{scope.Permissions, scope.Query}
	if scope.ResourceType == Wildcard {
		x.wildcard = x.wildcard.add(g)
		return
	}
	if x.types == nil {
		x.types = make(map[string]grants)
	}
	known, ok := x.types[scope.ResourceType]
	if !ok {
		x.order = append(x.order, scope.ResourceType)
	}
	x.types[scope.ResourceType] = known.add(g)
}

// Covers reports whether the scopes of the set together grant everything that
// asked does: each of its letters, by its type or by the wildcard.
func (s *Set) Covers(asked Scope) bool {
	if asked.Kind != Resource {
		_, ok := s.literals[asked.text]
		return ok
	}
	index := &s.resources[asked.Context]
	granted := index.wildcard.permissions(asked.Query)
	if !granted.Contains(asked.Permissions) && asked.ResourceType != Wildcard {
		granted |= index.types[asked.ResourceType].permissions(asked.Query)
	}
	return granted.Contains(asked.Permissions)
}
