package smart_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/smart"
)

func FuzzParse(f *testing.F) {
	var vectors scopeVectors
	readVectors(f, "smart_scopes.json", &vectors)
	for i, v := range vectors.Scopes {
		f.Add(v.Scope, vectors.Scopes[(i+7)%len(vectors.Scopes)].Scope)
	}
	f.Add("patient/*.rs?a=%2B&%3d=x", "patient/Goal.cruds?a=%25&b==")
	f.Fuzz(func(t *testing.T, token, other string) {
		scope := smart.Parse(token)
		if scope.String() != token {
			t.Fatalf("String() = %q", scope)
		}
		if smart.Check(token) != nil && scope.Kind != smart.Opaque {
			t.Fatalf("a broken token has kind %d", scope.Kind)
		}
		v2 := smart.Parse(scope.V2())
		if v2.V2() != scope.V2() || v2.Kind != scope.Kind {
			t.Fatalf("V2() = %q, of that %q", scope.V2(), v2.V2())
		}
		if !smart.Covers(scope, v2) || !smart.Covers(v2, scope) {
			t.Fatalf("%q is not the same as %q", scope.V2(), token)
		}
		if v1, exact := scope.V1(); exact && !smart.Covers(smart.Parse(v1), scope) {
			t.Fatalf("%q is not the same as %q", v1, token)
		}

		if errors.Is(smart.Check(token), smart.ErrToken) {
			return // no set admits it, not even for itself
		}
		set, asked := smart.NewSet([]string{token}), smart.Parse(other)
		if got, want := set.Covers(asked), smart.Covers(scope, asked); got != want {
			t.Fatalf("%q covers %q: %v as a set, %v as a pair", token, other, got, want)
		}
		parts, ok := set.Narrow(asked)
		if set.Covers(asked) && !slices.Equal(parts, []string{other}) {
			t.Fatalf("covered, and narrowed to %q", parts)
		}
		if ok != (len(parts) > 0) {
			t.Fatalf("narrowed to %q with ok %v", parts, ok)
		}
		for _, part := range parts {
			if p := smart.Parse(part); !smart.Covers(scope, p) || !smart.Covers(asked, p) {
				t.Fatalf("%q and %q narrowed to %q", token, other, part)
			}
		}
	})
}
