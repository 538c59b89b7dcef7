package docs_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/policy"
)

// TestRules holds the tables of docs/rules.md against the rules, in their order.
func TestRules(t *testing.T) {
	t.Parallel()
	var documented []string
	for line := range strings.Lines(read(t, "docs/rules.md")) {
		name, rest, isRow := strings.Cut(strings.TrimPrefix(line, "| `"), "` |")
		if !isRow || !strings.HasPrefix(line, "| `") {
			continue
		}
		documented = append(documented, name)
		cells := strings.Split(strings.TrimSuffix(strings.TrimSpace(rest), "|"), "|")
		if len(cells) != 2 || strings.TrimSpace(cells[0]) == "" || strings.TrimSpace(cells[1]) == "" {
			t.Errorf("%s: what it refuses and why are needed", name)
		}
	}
	sameNames(t, documented, policy.BuiltInRules())
	if !t.Failed() && !slices.Equal(documented, policy.BuiltInRules()) {
		t.Errorf("the order is that of the reports: %s", strings.Join(policy.BuiltInRules(), " "))
	}
}
