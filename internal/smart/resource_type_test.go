package smart

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// TestResourceTypes holds the table against the types of the published
// definitions, both ways.
func TestResourceTypes(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "testdata", "vectors", "fhir_resource_types.json"))
	if err != nil {
		t.Fatal(err)
	}
	var published struct{ R4, R4B, R5 []string }
	if err := json.Unmarshal(text, &published); err != nil {
		t.Fatal(err)
	}
	want := map[string]Release{Wildcard: R4 | R4B | R5}
	for release, names := range map[Release][]string{R4: published.R4, R4B: published.R4B, R5: published.R5} {
		if len(names) < 140 {
			t.Fatalf("only %d types: the test has lost its point", len(names))
		}
		for _, name := range names {
			want[name] |= release
		}
	}
	for name, releases := range want {
		if got := Releases(name); got != releases {
			t.Errorf("%s: in %03b, want %03b", name, got, releases)
		}
		if !isResourceType(name) {
			t.Errorf("%s: the grammar does not take it for a type", name)
		}
	}
	for name := range resourceTypes {
		if want[name] == 0 {
			t.Errorf("%s: no release has it", name)
		}
	}
	for _, name := range []string{"", "Procedures", "observation", "DomainResource", "Resource"} {
		if got := Releases(name); got != 0 {
			t.Errorf("%q: in %03b", name, got)
		}
	}
}
