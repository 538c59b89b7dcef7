package policy_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/caddy-smart/smartregistration/policy"
)

func TestMerge(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, superior, subordinate, want string }{
		{"members of either", `{"b": {"value": 1}}`, `{"a": {"value": 2}, "c": {"value": 3}}`, `{"a":{"value":2},"b":{"value":1},"c":{"value":3}}`},
		{"operators of either", `{"a": {"one_of": ["x"]}}`, `{"a": {"essential": true, "default": "x"}}`, `{"a":{"default":"x","one_of":["x"],"essential":true}}`},
		{"value", `{"a": {"value": {"k": 1, "l": 2}}}`, `{"a": {"value": {"l": 2, "k": 1}}}`, `{"a":{"value":{"k":1,"l":2}}}`},
		{"value null", `{"a": {"value": null}}`, `{"a": {"value": null}}`, `{"a":{"value":null}}`},
		{"add", `{"a": {"add": ["x", "y"]}}`, `{"a": {"add": ["z", "x"]}}`, `{"a":{"add":["x","y","z"]}}`},
		{"one_of", `{"a": {"one_of": ["x", "y", "z"]}}`, `{"a": {"one_of": ["z", "x"]}}`, `{"a":{"one_of":["x","z"]}}`},
		{"subset_of", `{"a": {"subset_of": ["x", "y"]}}`, `{"a": {"subset_of": ["z", "y"]}}`, `{"a":{"subset_of":["y"]}}`},
		{"subset_of, nothing left", `{"a": {"subset_of": ["x"]}}`, `{"a": {"subset_of": ["y"]}}`, `{"a":{"subset_of":[]}}`},
		{"superset_of", `{"a": {"superset_of": ["x"]}}`, `{"a": {"superset_of": ["y"]}}`, `{"a":{"superset_of":["x","y"]}}`},
		{"essential", `{"a": {"essential": true}, "b": {"essential": false}}`, `{"a": {"essential": false}, "b": {"essential": false}}`, `{"a":{"essential":true},"b":{"essential":false}}`},
		{"the order of scopes means nothing", `{"scope": {"default": "a b"}}`, `{"scope": {"default": ["b", "a"]}}`, `{"scope":{"default":"a b"}}`},
	} {
		merged, err := compile(t, "policy", c.superior).Merge(compile(t, "token", c.subordinate))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if got := string(merged.Document().Encode()); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestMergeConflicts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ superior, subordinate, want string }{
		{`{"a": {"value": "x"}}`, `{"a": {"value": null}}`, `policy, profile patient: member "a": value: the values must be equal`},
		{`{"a": {"value": ["x", "y"]}}`, `{"a": {"value": ["y", "x"]}}`, `policy, profile patient: member "a": value: the values must be equal`},
		{`{"a": {"default": "x"}}`, `{"a": {"default": "y"}}`, `policy, profile patient: member "a": default: the values must be equal`},
		{`{"scope": {"default": "a b"}}`, `{"scope": {"default": "a"}}`, `policy, profile patient: member "scope": default: the values must be equal`},
		{`{"scope": {"value": "a"}}`, `{"scope": {"value": "a b"}}`, `policy, profile patient: member "scope": value: the values must be equal`},
		{`{"a": {"one_of": ["x"]}}`, `{"a": {"one_of": ["y"]}}`, `policy, profile patient: member "a": one_of: no value is allowed by both`},
		{`{"a": {"one_of": ["x"]}}`, `{"a": {"add": ["x"]}}`, `profile patient, policy: member "a": add with one_of: the operators cannot be combined`},
		// Each pair alone would do; what the merge made of them does not.
		{
			`{"a": {"subset_of": ["x", "y"], "superset_of": ["x"]}}`, `{"a": {"subset_of": ["y", "z"]}}`,
			`policy, profile patient: member "a": subset_of with superset_of: what is allowed must contain all that is required`,
		},
		{
			`{"a": {"value": null, "essential": false}}`, `{"a": {"essential": true}}`,
			`policy, profile patient: member "a": value with essential: a value of null cannot be essential`,
		},
	} {
		merged, err := compile(t, "policy", c.superior).Merge(compile(t, "profile patient", c.subordinate))
		if err == nil || err.Error() != c.want || merged != nil {
			t.Errorf("%s with %s:\ngot  %v\nwant %s", c.superior, c.subordinate, err, c.want)
		}
		if fault := (*policy.PolicyError)(nil); !errors.As(err, &fault) || len(fault.Layers) != 2 {
			t.Errorf("got %v: want both layers", err)
		}
	}
}

func TestLayersAreNamed(t *testing.T) {
	t.Parallel()
	merged, err := compile(t, "policy", `{"a": {"one_of": ["x", "y"]}, "b": {"essential": true}, "c": {"essential": false}, "d": {"default": "x"}, "e": {"add": ["x"]}}`).
		Merge(compile(t, "profile patient", `{"a": {"one_of": ["y", "z"]}, "b": {"essential": false}, "c": {"essential": true}, "e": {"subset_of": ["x"]}}`))
	if err == nil {
		merged, err = merged.Merge(compile(t, "token", `{"a": {"one_of": ["y"], "essential": true}, "d": {"default": "x"}, "e": {"superset_of": ["x"]}}`))
	}
	if err != nil {
		t.Fatal(err)
	}
	changes, violations := apply(merged, document(t, []byte(`{"a": "x", "e": ["y"]}`)))
	got := make([]string, 0, len(changes)+len(violations))
	for _, c := range changes {
		got = append(got, c.Member+" "+c.Rule+": "+c.Layer)
	}
	for _, v := range violations {
		got = append(got, v.Pointer+" "+v.Rule+": "+v.Layer)
	}
	want := []string{
		"d default: policy, token", "e add: policy", "e subset_of: profile patient",
		"/a one_of: policy, profile patient, token", "/b essential: policy", "/c essential: profile patient",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestMergeLeavesBothAlone: a static policy is merged with every token's.
func TestMergeLeavesBothAlone(t *testing.T) {
	t.Parallel()
	superior := compile(t, "policy", `{"a": {"add": ["x"], "superset_of": ["x"]}, "b": {"essential": true}, "d": {"one_of": ["x", "y"]}}`)
	subordinate := compile(t, "token", `{"a": {"add": ["y"]}, "c": {"value": "x"}, "d": {"one_of": ["x"]}}`)
	above, below := string(superior.Document().Encode()), string(subordinate.Document().Encode())
	if _, err := superior.Merge(subordinate); err != nil {
		t.Fatal(err)
	}
	if string(superior.Document().Encode()) != above || string(subordinate.Document().Encode()) != below {
		t.Error("a merge changed what was merged")
	}
}
