package docs_test

import (
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/policy"
)

// TestPolicyPage holds the tables of docs/policy.md against the language, and its
// example of a file against one that is tested.
func TestPolicyPage(t *testing.T) {
	t.Parallel()
	const page = "docs/policy.md"
	first := func(heading string) []string {
		_, section, found := strings.Cut(read(t, page), "\n## "+heading+"\n")
		if !found {
			t.Fatalf("%s has no section %s", page, heading)
		}
		section, _, _ = strings.Cut(section, "\n## ")
		var names []string
		for _, cell := range firstGroups("(?m)^\\| (`.*?) \\| ", section) {
			names = append(names, firstGroups("(?:^|, )`([a-z_]+)", cell)...)
		}
		return names
	}
	sameNames(t, first("Operators"), policy.Operators())
	sameNames(t, first("Profiles"), policy.Presets())
	sameNames(t, first("Limits of a token"), policy.Limits())

	const file = "testdata/policies/partners.yaml"
	if got := blocksBelow(t, page, "Policies in files", "yaml"); len(got) != 1 || got[0] != read(t, file) {
		t.Errorf("%s does not show %s as it is", page, file)
	}
}
