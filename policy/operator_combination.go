package policy

// combination is a restriction on two operators on one member.
type combination struct {
	first, second string
	// allowed tells whether the two operands go together; nil: never.
	allowed func(member string, first, second *operand) bool
	reason  string
}

// combinations are the restrictions of OpenID Federation 1.0 section 6.1.3.1,
// and one on two operators beyond it that could never both hold; any other two
// operators go together. A policy is held against them when it is
// read, and again whatever a merge made of it.
var combinations = []combination{
	{opValue, opAdd, listWithinValue, "what is added must be part of the value"},
	{opValue, opDefault, valueNotNull, "a value of null cannot have a default"},
	{opValue, opOneOf, valueAmongChoice, "the value must be one of those allowed"},
	{opValue, opSubsetOf, valueWithinList, "the value must be a subset of what is allowed"},
	{opValue, opSupersetOf, listWithinValue, "the value must contain all that is required"},
	{opValue, opEssential, nullNotEssential, "a value of null cannot be essential"},
	{opAdd, opOneOf, nil, "the operators cannot be combined"},
	{opAdd, opSubsetOf, firstWithinSecond, "what is added must be a subset of what is allowed"},
	{opOneOf, opSubsetOf, nil, "the operators cannot be combined"},
	{opOneOf, opSupersetOf, nil, "the operators cannot be combined"},
	{opSubsetOf, opSupersetOf, secondWithinFirst, "what is allowed must contain all that is required"},
	{opMinCount, opMaxCount, countPossible, "no list has so many values and so few"},
}

// checkCombinations holds the member's operators against the table.
func (mp *memberPolicy) checkCombinations() error {
	for _, c := range combinations {
		first, second := mp.operand(c.first), mp.operand(c.second)
		if first == nil || second == nil {
			continue
		}
		if c.allowed == nil || !c.allowed(mp.name, first, second) {
			return &PolicyError{
				Member: mp.name, Operators: []string{c.first, c.second},
				Layers: joinLayers(first.layers, second.layers), Reason: c.reason,
			}
		}
	}
	return nil
}

func valueNotNull(_ string, value, _ *operand) bool { return value.value != nil }

func nullNotEssential(_ string, value, essential *operand) bool {
	return value.value != nil || essential.value == false
}

func valueAmongChoice(_ string, value, choice *operand) bool {
	return isElement(value.value) && choice.set.contains(value.value)
}

func valueWithinList(member string, value, list *operand) bool {
	has, ok := elements(member, value.value)
	return ok && len(list.set.keep(has)) == len(has)
}

func listWithinValue(member string, value, list *operand) bool {
	has, ok := elements(member, value.value)
	return ok && list.set.within(has)
}

func firstWithinSecond(_ string, first, second *operand) bool {
	return first.set.within(second.set.values)
}

func secondWithinFirst(_ string, first, second *operand) bool {
	return second.set.within(first.set.values)
}

func countPossible(_ string, least, most *operand) bool { return least.limit <= most.limit }
