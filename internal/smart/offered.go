package smart

import (
	"cmp"
	"slices"
)

// Offered is an index of the scopes that an authorization server has, for
// servers that compare scopes as strings, as Keycloak does: to them
// patient/*.read and patient/*.rs are two scopes. Build it once with NewOffered;
// it is immutable and safe for concurrent use.
type Offered struct {
	tokens    map[string]struct{}   // all of them, as the server spells them
	spellings map[meaning]spellings // the resource scopes
	contexts  [System + 1]offeredIn // the resource scopes again
}

// spellings are the names of one meaning, by Syntax; of several in one syntax
// the first.
type spellings [SyntaxV2 + 1]string

// in returns the name in a syntax, or else in the other.
func (s spellings) in(syntax Syntax) string {
	return cmp.Or(s[syntax], s[SyntaxV1], s[SyntaxV2])
}

// offeredIn are the resource scopes of one context.
type offeredIn struct {
	types map[string][]offeredQuery // the Wildcard among them; shorter queries first
	order []string                  // the types but the Wildcard as they came, so that Translate is deterministic
}

// offeredQuery are the resource scopes of one context, type and query.
type offeredQuery struct {
	query []string
	sets  permissionSets
}

// NewOffered makes an index of a server's scopes. Those that OAuth does not
// allow (ErrToken) are left out: nobody can ask for them.
func NewOffered(tokens []string) *Offered {
	o := &Offered{tokens: make(map[string]struct{}, len(tokens)), spellings: make(map[meaning]spellings)}
	for _, token := range tokens {
		scope, ok := admit(token)
		if !ok {
			continue
		}
		o.tokens[token] = struct{}{}
		if scope.Kind == Resource {
			o.add(scope)
		}
	}
	for i := range o.contexts {
		for _, queries := range o.contexts[i].types {
			slices.SortStableFunc(queries, func(a, b offeredQuery) int { return len(a.query) - len(b.query) })
		}
	}
	return o
}

// Has tells whether the server has a scope of exactly this spelling.
func (o *Offered) Has(token string) bool {
	_, ok := o.tokens[token]
	return ok
}

func (o *Offered) add(scope Scope) {
	key := scope.meaning()
	names := o.spellings[key]
	if names[scope.Syntax] == "" {
		names[scope.Syntax] = scope.text
		o.spellings[key] = names
	}
	o.contexts[scope.Context].add(scope)
}

func (x *offeredIn) add(scope Scope) {
	if x.types == nil {
		x.types = make(map[string][]offeredQuery)
	}
	queries, known := x.types[scope.ResourceType]
	if !known && scope.ResourceType != Wildcard {
		x.order = append(x.order, scope.ResourceType)
	}
	at := slices.IndexFunc(queries, func(q offeredQuery) bool { return slices.Equal(q.query, scope.Query) })
	if at < 0 {
		at = len(queries)
		queries = append(queries, offeredQuery{query: scope.Query})
	}
	queries[at].sets |= 1 << scope.Permissions
	x.types[scope.ResourceType] = queries
}
