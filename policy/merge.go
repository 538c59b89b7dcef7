package policy

import (
	"errors"
	"slices"
	"strings"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// Merge makes one policy of two (OpenID Federation 1.0 section 6.1.3.1): p is
// the superior, sub may only narrow it. What they say together is held against
// the combination rules again. Where they contradict each other the error, a
// [*PolicyError], names the member, the operator and both layers. Neither is
// changed; nil on either side is a policy that says nothing.
func (p *MetadataPolicy) Merge(sub *MetadataPolicy) (*MetadataPolicy, error) {
	if p == nil {
		return sub, nil
	}
	if sub == nil {
		return p, nil
	}
	merged := &MetadataPolicy{members: make([]memberPolicy, 0, len(p.members)+len(sub.members))}
	superior, subordinate := p.members, sub.members
	for len(superior) > 0 && len(subordinate) > 0 {
		switch c := strings.Compare(superior[0].name, subordinate[0].name); {
		case c < 0:
			merged.members = append(merged.members, superior[0])
			superior = superior[1:]
		case c > 0:
			merged.members = append(merged.members, subordinate[0])
			subordinate = subordinate[1:]
		default:
			both, err := mergeMember(&superior[0], &subordinate[0])
			if err != nil {
				return nil, err
			}
			merged.members = append(merged.members, both)
			superior, subordinate = superior[1:], subordinate[1:]
		}
	}
	merged.members = append(append(merged.members, superior...), subordinate...)
	return merged, nil
}

func mergeMember(superior, subordinate *memberPolicy) (memberPolicy, error) {
	merged := memberPolicy{name: superior.name}
	for i := range operators {
		op := &operators[i]
		above, below := superior.operand(op.name), subordinate.operand(op.name)
		switch {
		case above == nil && below == nil:
		case below == nil:
			merged.operands = append(merged.operands, *above)
		case above == nil:
			merged.operands = append(merged.operands, *below)
		default:
			both, err := op.merge(above, below)
			if err != nil {
				return merged, &PolicyError{
					Member: merged.name, Operators: []string{op.name},
					Layers: joinLayers(above.layers, below.layers), Reason: err.Error(),
				}
			}
			both.operator = op
			if both.layers == nil {
				both.layers = joinLayers(above.layers, below.layers)
			}
			both.layer = strings.Join(both.layers, ", ")
			merged.operands = append(merged.operands, both)
		}
	}
	return merged, merged.checkCombinations()
}

// joinLayers names each layer once, the superior's first.
func joinLayers(superior, subordinate []string) []string {
	joined := slices.Clone(superior)
	for _, layer := range subordinate {
		if !slices.Contains(joined, layer) {
			joined = append(joined, layer)
		}
	}
	return joined
}

// mergeEqual merges "value" and "default". Arrays are equal in their order, which
// means something to some members (default_acr_values); only scope, whose order
// never does (RFC 6749 section 3.3), is compared as a set.
func mergeEqual(superior, subordinate *operand) (operand, error) {
	same := registration.Equal(superior.value, subordinate.value)
	if superior.set != nil && subordinate.set != nil {
		same = superior.set.equal(subordinate.set)
	}
	if !same {
		return operand{}, errors.New("the values must be equal")
	}
	return operand{value: superior.value, set: superior.set}, nil
}

// mergeUnion merges "add" and "superset_of".
func mergeUnion(superior, subordinate *operand) (operand, error) {
	return listOperand(slices.Concat(superior.set.values, subordinate.set.values)), nil
}

// mergeIntersection merges "subset_of". That nothing is left is a policy that
// allows the empty list.
func mergeIntersection(superior, subordinate *operand) (operand, error) {
	return listOperand(subordinate.set.keep(superior.set.values)), nil
}

// mergeChoice merges "one_of". That nothing is left is a policy that no value
// satisfies.
func mergeChoice(superior, subordinate *operand) (operand, error) {
	both, err := mergeIntersection(superior, subordinate)
	if err == nil && len(both.set.values) == 0 {
		err = errors.New("no value is allowed by both")
	}
	return both, err
}

// mergeEssential merges "essential": the member is required if either requires
// it, and only who does is named for it.
func mergeEssential(superior, subordinate *operand) (operand, error) {
	if superior.value == subordinate.value {
		return operand{value: superior.value}, nil
	}
	if superior.value == true {
		return *superior, nil
	}
	return *subordinate, nil
}
