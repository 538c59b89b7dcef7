package smart

import (
	"math/bits"
	"slices"
)

// permissionSets is a set of Permissions: bit p is set if p is in it.
type permissionSets uint32

// within returns those that have no letter beyond limit.
func (sets permissionSets) within(limit Permissions) permissionSets {
	var inside permissionSets
	for rest := sets; rest != 0; rest &= rest - 1 {
		if p := rest.first(); limit.Contains(p) {
			inside |= 1 << p
		}
	}
	return inside
}

// first returns the set of the lowest bit.
func (sets permissionSets) first() Permissions {
	return Permissions(bits.TrailingZeros32(uint32(sets)))
}

// fewest chooses as few as possible of the sets within limit so that, with what
// is granted already, they have every letter that any of those sets has. The
// whole limit, where it is among them, is the choice.
func (sets permissionSets) fewest(limit, granted Permissions) []Permissions {
	if sets&(1<<limit) != 0 {
		sets = 1 << limit
	} else {
		sets = sets.within(limit)
	}
	goal := granted
	for rest := sets; rest != 0; rest &= rest - 1 {
		goal |= rest.first()
	}

	// Each set leads from one state of what is granted to another, of 32 in all:
	// a breadth-first search finds a shortest way to the goal.
	var arrivals [allV1 + 1]struct{ from, set Permissions }
	queue := append(make([]Permissions, 0, len(arrivals)), granted)
	reached := permissionSets(1) << granted
	for i := 0; reached&(1<<goal) == 0; i++ {
		for rest := sets; rest != 0; rest &= rest - 1 {
			set := rest.first()
			to := queue[i] | set
			if reached&(1<<to) == 0 {
				reached |= 1 << to
				arrivals[to].from, arrivals[to].set = queue[i], set
				queue = append(queue, to)
			}
		}
	}
	var chosen []Permissions
	for at := goal; at != granted; at = arrivals[at].from {
		chosen = append(chosen, arrivals[at].set)
	}
	slices.Reverse(chosen)
	return chosen
}
