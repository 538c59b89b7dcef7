package policy

import (
	"errors"
	"slices"
	"strings"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// MergeOption is a deviation from the standard's way of merging.
type MergeOption func(*merging)

// ReplaceDefaults lets the subordinate's "default" replace the superior's, where
// the standard wants them equal. A default forbids nothing, so what is replaced
// is no limit: an app class has defaults of its own.
func ReplaceDefaults() MergeOption { return func(m *merging) { m.replaceDefaults = true } }

type merging struct{ replaceDefaults bool }

// Merge makes one policy of two (OpenID Federation 1.0 section 6.1.3.1): p is
// the superior, sub may only narrow it. What they say together is held against
// the combination rules again. Where they contradict each other the error, a
// [*PolicyError], names the member, the operator and both layers. Neither is
// changed; nil on either side is a policy that says nothing.
func (p *MetadataPolicy) Merge(sub *MetadataPolicy, opts ...MergeOption) (*MetadataPolicy, error) {
	var how merging
	for _, opt := range opts {
		opt(&how)
	}
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
			both, err := how.member(&superior[0], &subordinate[0])
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

func (how merging) member(superior, subordinate *memberPolicy) (memberPolicy, error) {
	merged := newMemberPolicy(superior.name)
	for i := range operators {
		op := &operators[i]
		above, below := superior.operand(op.name), subordinate.operand(op.name)
		switch {
		case above == nil && below == nil:
		case below == nil:
			merged.operands = append(merged.operands, *above)
		case above == nil, op.name == opDefault && how.replaceDefaults:
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

var errNothingLeft = errors.New("no value is allowed by both")

// mergeChoice merges "one_of" and other lists of what is allowed. That nothing is left is a policy that no value
// satisfies.
func mergeChoice(superior, subordinate *operand) (operand, error) {
	both, err := mergeIntersection(superior, subordinate)
	if err == nil && len(both.set.values) == 0 {
		err = errNothingLeft
	}
	return both, err
}

// mergeStrict merges an operator whose value is one of two, of which strict is
// the stricter: it holds if either says so, and only who does is named for it.
func mergeStrict(strict any) func(superior, subordinate *operand) (operand, error) {
	return func(superior, subordinate *operand) (operand, error) {
		switch superior.value {
		case subordinate.value:
			return operand{value: superior.value}, nil
		case strict:
			return *superior, nil
		}
		return *subordinate, nil
	}
}

// mergeLeast merges the operators that set an upper limit: the lower one holds.
func mergeLeast(superior, subordinate *operand) (operand, error) {
	return limitOf(superior, subordinate, superior.limit < subordinate.limit), nil
}

// mergeMost merges the operators that set a lower limit: the upper one holds.
func mergeMost(superior, subordinate *operand) (operand, error) {
	return limitOf(superior, subordinate, superior.limit > subordinate.limit), nil
}

// limitOf names only who sets the stricter limit for it.
func limitOf(superior, subordinate *operand, superiorIsStricter bool) operand {
	switch {
	case superior.limit == subordinate.limit:
		return operand{value: superior.value, limit: superior.limit}
	case superiorIsStricter:
		return *superior
	}
	return *subordinate
}

// mergeCovered merges lists of patterns of which any two are disjoint or one
// covers the other: what both allow is then each pattern of either that one of
// the other's covers. A layer may so name one host below another's wildcard.
func mergeCovered(covers func(by, of *operand, i int) bool) func(superior, subordinate *operand) ([]any, error) {
	return func(superior, subordinate *operand) ([]any, error) {
		var both []any
		for _, pair := range [2][2]*operand{{superior, subordinate}, {subordinate, superior}} {
			for i, v := range pair[0].set.values {
				if covers(pair[1], pair[0], i) {
					both = append(both, v)
				}
			}
		}
		if len(both) == 0 {
			return nil, errNothingLeft
		}
		return both, nil
	}
}
