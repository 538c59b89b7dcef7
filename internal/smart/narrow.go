package smart

// Narrow returns the largest part of asked that the set covers, as tokens that
// together grant exactly that part; false means that nothing is left. What is
// covered whole comes back as it was written. Otherwise the tokens are in the
// syntax of asked where that is exact, in SMART 2 syntax where it is not.
//
// One token can become several: of patient/*.rs a set of patient/Patient.rs and
// patient/Goal.r leaves these two. Query items of both sides add up.
func (s *Set) Narrow(asked Scope) ([]string, bool) {
	if s.Covers(asked) {
		return []string{asked.text}, true
	}
	if asked.Kind != Resource {
		return nil, false
	}
	index := &s.resources[asked.Context]
	want := grant{asked.Permissions, asked.Query}

	if asked.ResourceType != Wildcard {
		both := index.wildcard.meet(want)
		for _, g := range index.types[asked.ResourceType].meet(want) {
			both = both.add(g)
		}
		parts := printAs(nil, asked, asked.ResourceType, both.irredundant(nil))
		return parts, len(parts) > 0
	}

	wide := index.wildcard.meet(want).irredundant(nil)
	parts := printAs(nil, asked, Wildcard, wide)
	for _, typ := range index.order {
		parts = printAs(parts, asked, typ, index.types[typ].meet(want).irredundant(wide))
	}
	return parts, len(parts) > 0
}

// Overlap returns how many different grants of the set have letters in common with
// asked, which is what Narrow has to look at, for a caller that wants to know before.
// The time for each of them grows with their number where they are of one type.
func (s *Set) Overlap(asked Scope) int {
	if asked.Kind != Resource {
		return 0
	}
	index := &s.resources[asked.Context]
	n := index.wildcard.overlap(asked.Permissions)
	if asked.ResourceType != Wildcard {
		return n + index.types[asked.ResourceType].overlap(asked.Permissions)
	}
	for _, gs := range index.types {
		n += gs.overlap(asked.Permissions)
	}
	return n
}

// printAs appends a token for each grant on typ, in the syntax of asked if that
// can express it.
func printAs(tokens []string, asked Scope, typ string, gs grants) []string {
	for _, g := range gs {
		part := Scope{
			Kind:         Resource,
			Context:      asked.Context,
			ResourceType: typ,
			Permissions:  g.permissions,
			Query:        g.query,
		}
		tokens = append(tokens, part.in(asked.Syntax))
	}
	return tokens
}
