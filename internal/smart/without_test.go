package smart

import "testing"

func TestWithout(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		scope  string
		denied []string
		want   string
	}{
		{"patient/Observation.cruds", nil, "patient/Observation.cruds"},
		{"patient/Observation.cruds", []string{"patient/Observation.cud"}, "patient/Observation.rs"},
		{"patient/Observation.*", []string{"patient/*.write"}, "patient/Observation.read"},
		{"patient/Observation.read", []string{"patient/Observation.s"}, "patient/Observation.r"},
		{"patient/Observation.rs", []string{"user/Observation.rs", "patient/Condition.rs"}, "patient/Observation.rs"},
		{"patient/*.rs", []string{"patient/Observation.s"}, "patient/*.r"},
		{"patient/*.rs", []string{"patient/Observation.rs"}, ""},
		{"patient/Observation.rs?category=x", []string{"patient/Observation.s"}, "patient/Observation.r?category=x"},
		{"patient/Observation.rs", []string{"patient/Observation.rs?category=x"}, ""},
		{"offline_access", []string{"offline_access", "patient/*.rs"}, ""},
		{"openid", []string{"offline_access", "patient/*.rs"}, "openid"},
	} {
		var denied []Scope
		for _, d := range test.denied {
			denied = append(denied, Parse(d))
		}
		if got := Parse(test.scope).Without(denied); got != test.want {
			t.Errorf("%s without %v: got %q, want %q", test.scope, test.denied, got, test.want)
		}
	}
}

// TestWithoutGrantsNothingDenied: by the meaning of scopes, not by their spelling.
func TestWithoutGrantsNothingDenied(t *testing.T) {
	t.Parallel()
	tokens := []string{"patient/*.rs", "patient/Observation.cruds", "patient/Observation.read", "user/*.s", "patient/Goal.u", "openid"}
	for _, scope := range tokens {
		for _, denied := range tokens {
			left := Parse(scope).Without([]Scope{Parse(denied)})
			if left == "" {
				continue
			}
			if both := Intersect([]string{left}, []string{denied}); len(both) > 0 {
				t.Errorf("%s without %s is %s, which grants %v", scope, denied, left, both)
			}
			if !Covers(Parse(scope), Parse(left)) {
				t.Errorf("%s without %s is %s, which is more", scope, denied, left)
			}
		}
	}
}
