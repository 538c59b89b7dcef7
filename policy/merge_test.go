package policy_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
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
		{"schemes", `{"a": {"schemes": ["HTTPS", "http"]}}`, `{"a": {"schemes": ["b", "https"]}}`, `{"a":{"schemes":["https"]}}`},
		{"hosts below hosts", `{"a": {"hosts": ["**.A.example", "b.example", "*.c.example"]}}`, `{"a": {"hosts": ["*.x.a.example", "*.c.example", "d.c.example"]}}`, `{"a":{"hosts":["*.c.example","*.x.a.example","d.c.example"]}}`},
		{"hosts with ports", `{"a": {"hosts": ["*.a.example:8443", "*.a.example"]}}`, `{"a": {"hosts": ["b.a.example:8443", "c.a.example:1"]}}`, `{"a":{"hosts":["b.a.example:8443"]}}`},
		{"hosts in the form that is compared", `{"a": {"hosts": ["B\u00fccher.Example", "[0::1]:80"]}}`, `{}`, `{"a":{"hosts":["xn--bcher-kva.example","[::1]:80"]}}`},
		{"ports", `{"a": {"ports": [80, 443]}}`, `{"a": {"ports": [443, 8443]}}`, `{"a":{"ports":[443]}}`},
		{"path_prefix", `{"a": {"path_prefix": ["/app", "/b/", "/c"]}}`, `{"a": {"path_prefix": ["/app/cb", "/b", "/cc"]}}`, `{"a":{"path_prefix":["/b/","/app/cb"]}}`},
		{"loopback", `{"a": {"loopback": "deny"}, "b": {"loopback": "allow"}}`, `{"a": {"loopback": "allow"}, "b": {"loopback": "allow"}}`, `{"a":{"loopback":"deny"},"b":{"loopback":"allow"}}`},
		{"private_use", `{"a": {"private_use": "allow"}}`, `{"a": {"private_use": "deny"}}`, `{"a":{"private_use":"deny"}}`},
		{"same_host_as", `{"a": {"same_host_as": "b"}}`, `{"a": {"same_host_as": ["c", "b"]}}`, `{"a":{"same_host_as":["b","c"]}}`},
		{"registrable_domain_of", `{"a": {"registrable_domain_of": ["b"]}}`, `{"a": {"registrable_domain_of": "b"}}`, `{"a":{"registrable_domain_of":"b"}}`},
		{"limits", `{"a": {"max_count": 5, "min_count": 1, "max_length": 60}}`, `{"a": {"max_count": 3, "min_count": 2, "max_length": 80}}`, `{"a":{"max_count":3,"min_count":2,"max_length":60}}`},
		{"pattern", `{"a": {"pattern": "x.*"}}`, `{"a": {"pattern": [".*y", "x.*"]}}`, `{"a":{"pattern":["x.*",".*y"]}}`},
		{"keys", `{"jwks": {"key_types": ["RSA", "EC"], "min_rsa_bits": 2048, "curves": ["P-256", "P-384"], "key_ids": "optional"}}`, `{"jwks": {"key_types": ["EC"], "min_rsa_bits": 3072, "curves": ["P-384"], "key_ids": "required"}}`, `{"jwks":{"key_types":["EC"],"min_rsa_bits":3072,"curves":["P-384"],"key_ids":"required"}}`},
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
		{`{"a": {"hosts": ["*.a.example"]}}`, `{"a": {"hosts": ["**.b.a.example"]}}`, `policy, profile patient: member "a": hosts: no value is allowed by both`},
		{`{"a": {"hosts": ["a.example"]}}`, `{"a": {"hosts": ["a.example:8443"]}}`, `policy, profile patient: member "a": hosts: no value is allowed by both`},
		{`{"a": {"schemes": ["https"]}}`, `{"a": {"schemes": ["http"]}}`, `policy, profile patient: member "a": schemes: no value is allowed by both`},
		{`{"a": {"ports": [1]}}`, `{"a": {"ports": [2]}}`, `policy, profile patient: member "a": ports: no value is allowed by both`},
		{`{"a": {"path_prefix": ["/a"]}}`, `{"a": {"path_prefix": ["/ab"]}}`, `policy, profile patient: member "a": path_prefix: no value is allowed by both`},
		{`{"a": {"key_types": ["RSA"]}}`, `{"a": {"key_types": ["EC"]}}`, `policy, profile patient: member "a": key_types: no value is allowed by both`},
		{`{"a": {"curves": ["P-256"]}}`, `{"a": {"curves": ["P-384"]}}`, `policy, profile patient: member "a": curves: no value is allowed by both`},
		{`{"a": {"max_count": 1}}`, `{"a": {"min_count": 2}}`, `profile patient, policy: member "a": min_count with max_count: no list has so many values and so few`},
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

// TestMergedPatternsBothHold: what is merged is compiled anew, or from both.
func TestMergedPatternsBothHold(t *testing.T) {
	t.Parallel()
	merged, err := compile(t, "policy", `{"a": {"pattern": "x.*", "hosts": ["**.a.example"], "max_count": 2}}`).
		Merge(compile(t, "token", `{"a": {"pattern": [".*y", "x.*"], "hosts": ["*.b.a.example"], "max_count": 3}}`))
	if err != nil {
		t.Fatal(err)
	}
	_, violations := apply(merged, document(t, []byte(`{"a": ["xy", "https://c.b.a.example/", "xz"]}`)))
	got := make([]string, 0, len(violations))
	for _, v := range violations {
		got = append(got, fmt.Sprintf("%s %s of %s: %s", v.Rule, v.Pointer, v.Layer, strings.Join(v.Allowed, " ")))
	}
	want := []string{
		"max_count /a of policy: 2",
		"pattern /a/1 of policy, token: x.* .*y", "pattern /a/2 of policy, token: x.* .*y",
		"hosts /a/0 of policy, token: *.b.a.example", "hosts /a/2 of policy, token: *.b.a.example",
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
