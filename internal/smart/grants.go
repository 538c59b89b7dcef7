package smart

import "slices"

// grant is a resource scope without its context and type: permissions on the
// resources that satisfy every item of the query.
type grant struct {
	permissions Permissions
	query       []string
}

// grants are what is granted on one type. No two have the same query.
type grants []grant

// add returns gs with g, merged with the grant of the same query.
func (gs grants) add(g grant) grants {
	for i := range gs {
		if slices.Equal(gs[i].query, g.query) {
			gs[i].permissions |= g.permissions
			return gs
		}
	}
	return append(gs, g)
}

// permissions returns what gs grants on the resources that satisfy query. A
// grant applies if it demands nothing that query does not.
func (gs grants) permissions(query []string) Permissions {
	var p Permissions
	for i := range gs {
		if subset(gs[i].query, query) {
			p |= gs[i].permissions
		}
	}
	return p
}

// meet returns what both gs and g grant.
func (gs grants) meet(g grant) grants {
	var both grants
	for _, own := range gs {
		if p := own.permissions & g.permissions; p != 0 {
			both = both.add(grant{p, union(own.query, g.query)})
		}
	}
	return both
}

// overlap returns how many of gs have any of the letters.
func (gs grants) overlap(letters Permissions) int {
	n := 0
	for i := range gs {
		if gs[i].permissions&letters != 0 {
			n++
		}
	}
	return n
}

// superfluous reports whether g, which is all that gs grants on its query, is
// granted without it: by others of gs with shorter queries, and by wider.
func (gs grants) superfluous(g grant, wider grants) bool {
	granted := wider.permissions(g.query)
	for _, other := range gs {
		// Judging by all of gs, superfluous or not, is sound: queries differ, so
		// what makes a grant superfluous is always strictly shorter, and the
		// shortest ones stay.
		if len(other.query) < len(g.query) && subset(other.query, g.query) {
			granted |= other.permissions
		}
	}
	return granted.Contains(g.permissions)
}

// irredundant returns gs without the grants that are superfluous.
func (gs grants) irredundant(wider grants) grants {
	var kept grants
	for _, g := range gs {
		if !gs.superfluous(g, wider) {
			kept = append(kept, g)
		}
	}
	return kept
}
