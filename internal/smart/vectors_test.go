package smart_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/smart"
)

// scopeVectors is testdata/vectors/smart_scopes.json.
type scopeVectors struct {
	Scopes []struct {
		Scope        string
		Verdict      string
		V1, V2       *bool
		NormalizedV2 *string `json:"normalized_v2"`
		Reason       string
	}
	Coverage []struct {
		Allowed   []string
		Requested string
		Covered   bool
		Why       string
	}
}

func readVectors(t testing.TB, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "testdata", "vectors", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

func TestScopeVectors(t *testing.T) {
	t.Parallel()
	var vectors scopeVectors
	readVectors(t, "smart_scopes.json", &vectors)
	if len(vectors.Scopes) != 76 {
		t.Fatalf("got %d scopes", len(vectors.Scopes))
	}

	for _, v := range vectors.Scopes {
		t.Run(v.Scope, func(t *testing.T) {
			t.Parallel()
			scope, err := smart.Parse(v.Scope), smart.Check(v.Scope)
			if scope.String() != v.Scope {
				t.Errorf("String() = %q", scope)
			}
			isSMART := err == nil && scope.Kind != smart.Opaque
			switch v.Verdict {
			case "valid":
				if !isSMART {
					t.Fatalf("kind %d, error %v; %s", scope.Kind, err, v.Reason)
				}
				if scope.Kind == smart.Resource && smart.Releases(scope.ResourceType)&smart.R4 == 0 {
					t.Errorf("type %s is not in R4", scope.ResourceType)
				}
			case "unknown_type":
				// The grammar knows forms, not lists: such a scope is well-formed,
				// and its type is not in R4, which is what the verdict says.
				if scope.Kind != smart.Resource || err != nil {
					t.Fatalf("kind %d, error %v", scope.Kind, err)
				}
				if smart.Releases(scope.ResourceType)&smart.R4 != 0 {
					t.Errorf("type %s is in R4", scope.ResourceType)
				}
			case "invalid":
				// Two groups in one word: what is broken has an error, what
				// belongs to another vocabulary (api:fhir) is only opaque.
				if isSMART {
					t.Fatalf("kind %d; %s", scope.Kind, v.Reason)
				}
			case "ambiguous":
				// patient/Observation. is the only one, with "reject" recommended.
				if err == nil {
					t.Fatalf("accepted; %s", v.Reason)
				}
			default:
				t.Fatalf("verdict %s", v.Verdict)
			}
			if v.Verdict == "valid" {
				checkSyntax(t, scope, v.V1, v.V2)
			}
			if v.NormalizedV2 != nil && scope.V2() != *v.NormalizedV2 {
				t.Errorf("V2() = %q, want %q", scope.V2(), *v.NormalizedV2)
			}
		})
	}
}

func checkSyntax(t *testing.T, scope smart.Scope, v1, v2 *bool) {
	t.Helper()
	want := smart.NoSyntax
	switch {
	case v1 != nil && *v1:
		want = smart.SyntaxV1
	case v2 != nil && *v2:
		want = smart.SyntaxV2
	}
	if scope.Syntax != want {
		t.Errorf("syntax %d, want %d", scope.Syntax, want)
	}
	if (scope.Kind == smart.Resource) != (want != smart.NoSyntax) {
		t.Errorf("kind %d with syntax %d", scope.Kind, want)
	}
}

func TestCoverageVectors(t *testing.T) {
	t.Parallel()
	var vectors scopeVectors
	readVectors(t, "smart_scopes.json", &vectors)
	if len(vectors.Coverage) != 12 {
		t.Fatalf("got %d cases", len(vectors.Coverage))
	}
	for _, v := range vectors.Coverage {
		t.Run(v.Why, func(t *testing.T) {
			t.Parallel()
			asked := smart.Parse(v.Requested)
			if got := smart.NewSet(v.Allowed).Covers(asked); got != v.Covered {
				t.Errorf("%v covers %s: %v, want %v", v.Allowed, v.Requested, got, v.Covered)
			}
			if len(v.Allowed) == 1 {
				if got := smart.Covers(smart.Parse(v.Allowed[0]), asked); got != v.Covered {
					t.Errorf("as a pair: %v, want %v", got, v.Covered)
				}
			}
		})
	}
}
