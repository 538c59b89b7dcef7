package policy

import (
	"fmt"
	"strings"
)

// PolicyError is a metadata policy that cannot be: unreadable, contradicting
// itself, or contradicting the layer above it.
type PolicyError struct {
	// Member is whose operators are at fault; empty for the policy as a whole.
	Member string
	// Operators are the one or two operators at fault, where it is they.
	Operators []string
	// Layers are the policies that they come from: of one operator the superior
	// first, of two those of the first operator first.
	Layers []string
	// Reason says what is wrong.
	Reason string
}

// Error is the fault in one line.
func (e *PolicyError) Error() string {
	var b strings.Builder
	b.WriteString(strings.Join(e.Layers, ", "))
	if e.Member != "" {
		fmt.Fprintf(&b, ": member %q", e.Member)
	}
	if len(e.Operators) > 0 {
		fmt.Fprintf(&b, ": %s", strings.Join(e.Operators, " with "))
	}
	fmt.Fprintf(&b, ": %s", e.Reason)
	return b.String()
}

var _ error = (*PolicyError)(nil)
