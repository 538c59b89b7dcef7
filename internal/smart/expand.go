package smart

// maxLooks is how often a list of scopes has offered ones looked at for parts of its
// scopes, beyond those of one scope: some ten milliseconds. It is enough for a hundred
// wildcards where a server offers 2,000 scopes.
const maxLooks = 1 << 18

// expand returns offered scopes that scope covers and that together grant what
// all of these do, and how much was looked at. It stops at the first beyond most.
func (o *Offered) expand(scope Scope, most int) (parts []string, looks int) {
	e := expansion{offered: o, scope: scope, most: most}
	types := o.contexts[scope.Context].types
	wide := e.take(scope.ResourceType, types[scope.ResourceType], nil)
	if scope.ResourceType == Wildcard {
		for _, typ := range o.contexts[scope.Context].order {
			e.take(typ, types[typ], wide)
		}
	}
	return e.tokens, e.looks
}

// expansion is one scope on its way into its parts.
type expansion struct {
	offered *Offered
	scope   Scope
	most    int
	tokens  []string
	looks   int
}

// take appends the parts that are offered on one type and returns what they
// grant. Nothing is taken that wider grants already.
func (e *expansion) take(typ string, queries []offeredQuery, wider grants) grants {
	var taken grants
	for _, q := range queries { // the shorter first: they may make longer ones superfluous
		e.looks += 1 + len(taken)
		if !subset(e.scope.Query, q.query) {
			continue
		}
		granted := wider.permissions(q.query) | taken.permissions(q.query)
		for _, p := range q.sets.fewest(e.scope.Permissions, granted) {
			if len(e.tokens) > e.most {
				return taken
			}
			part := Scope{Kind: Resource, Context: e.scope.Context, ResourceType: typ, Permissions: p, Query: q.query}
			e.tokens = append(e.tokens, e.offered.spellings[part.meaning()].in(e.scope.Syntax))
			taken = taken.add(grant{p, q.query})
		}
	}
	return taken
}
