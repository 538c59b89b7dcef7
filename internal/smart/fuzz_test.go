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
	f.Add("patient/*.rs?a=1", "patient/Goal.rs?a=1&%5Finclude:iterate=x")
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

func FuzzLists(f *testing.F) {
	f.Add("patient/*.r patient/Goal.rs?a=1 openid", "patient/Goal.read launch patient/*.s?a=1", 3)
	f.Add("patient/*.read user/Goal.cruds", "patient/Goal.rs patient/List.rs user/Goal.c user/Goal.*", 1)
	f.Add("openid  launch openid ", " launch", 1)
	f.Add("system/*.rs?b=2&a=%31 a\\b", "system/Goal.rs?a=1&b=2 system/*.d", 0)
	f.Fuzz(func(t *testing.T, a, b string, most int) {
		as, bs := smart.Split(a), smart.Split(b)
		if got, want := smart.Joined(a, as), smart.Join(as) == a; got != want {
			t.Fatalf("%q is what its tokens make: %t", a, got)
		}
		if len(as)+len(bs) > 100 {
			return
		}
		least := smart.Minimise(as)
		if len(least) > len(as) || !coversAll(as, least) || !coversAll(least, as) {
			t.Fatalf("%q minimised to %q", as, least)
		}
		if again := smart.Minimise(least); !slices.Equal(again, least) {
			t.Fatalf("%q minimised again to %q", least, again)
		}
		if both := smart.Intersect(as, bs); !coversAll(as, both) || !coversAll(bs, both) {
			t.Fatalf("%q and %q have %q in common", as, bs, both)
		}

		for i, got := range smart.NewOffered(bs).Translate(as, most) {
			if got.Token != as[i] || len(got.Offered) > max(most, 1) {
				t.Fatalf("%q offered, %s becomes %+v", bs, as[i], got)
			}
			for _, token := range got.Offered {
				if !slices.Contains(bs, token) || !smart.Covers(smart.Parse(as[i]), smart.Parse(token)) {
					t.Fatalf("%q offered, %s becomes %+v", bs, as[i], got)
				}
			}
			if got.Outcome == smart.OutcomeEqual && !slices.Equal(smart.SpellAs(as[i:i+1], got.Offered), as[i:i+1]) {
				t.Fatalf("%s becomes %+v, and not the way back", as[i], got)
			}
		}
	})
}

// coversAll leaves out what no set admits.
func coversAll(allowed, asked []string) bool {
	set := smart.NewSet(allowed)
	for _, token := range asked {
		if !errors.Is(smart.Check(token), smart.ErrToken) && !set.Covers(smart.Parse(token)) {
			return false
		}
	}
	return true
}
