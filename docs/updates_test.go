package docs_test

import (
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/policy"
)

// TestUpdates holds the table of docs/updates.md against the bounds of an update.
func TestUpdates(t *testing.T) {
	t.Parallel()
	var table strings.Builder
	for _, bound := range policy.Bounds() {
		if bound.Wider != "" {
			table.WriteString("| `" + strings.Join(bound.Members, "`, `") + "` | " + bound.Wider + " |\n")
		}
	}
	if page := read(t, "docs/updates.md"); !strings.Contains(page, "|---|---|\n"+table.String()+"\n") {
		t.Errorf("the table is not\n%s", &table)
	}
}
