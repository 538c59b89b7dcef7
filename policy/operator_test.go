package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/policy"
)

func compile(t testing.TB, layer, text string, opts ...policy.ParseOption) *policy.MetadataPolicy {
	t.Helper()
	p, err := policy.ParseMetadataPolicy(layer, document(t, []byte(text)), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func apply(p *policy.MetadataPolicy, m *policy.Metadata) (changes []policy.Change, violations []policy.Violation) {
	for _, member := range p.Members() {
		c, v := p.ApplyMember(m, member)
		changes, violations = append(changes, c...), append(violations, v...)
	}
	return changes, violations
}

// summary is what happened, in one line.
func summary(changes []policy.Change, violations []policy.Violation) string {
	parts := make([]string, 0, len(changes)+len(violations))
	for _, c := range changes {
		parts = append(parts, fmt.Sprintf("%s %s %s>%s", c.Rule, c.Member, encode(c.Before), encode(c.After)))
	}
	for _, v := range violations {
		parts = append(parts, fmt.Sprintf("%s at %s (%s) given %s allowed %s", v.Rule, v.Pointer, v.Code,
			encode(v.Given), strings.Join(v.Allowed, " ")))
	}
	return strings.Join(parts, "; ")
}

func encode(v any) string {
	s := string(registration.New(registration.Member{Name: "v", Value: v}).Encode())
	return s[len(`{"v":`) : len(s)-1]
}

func TestOperators(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, policy, metadata, result, says string }{
		{
			"value sets, replaces and removes",
			`{"a": {"value": "x"}, "b": {"value": true}, "c": {"value": null}, "d": {"value": null}}`,
			`{"b": false, "c": {"k": 1}}`, `{"b": true, "a": "x"}`,
			`value a null>"x"; value b false>true; value c {"k":1}>null`,
		},
		{
			"value of any type", `{"a": {"value": {"k": [1, "x"]}}, "b": {"value": 1.50}}`,
			`{"a": "x", "b": 1.5}`, `{"a": {"k": [1, "x"]}, "b": 1.50}`,
			`value a "x">{"k":[1,"x"]}; value b 1.5>1.50`,
		},
		{
			"add keeps what is there and its order", `{"contacts": {"add": ["b@x", "c@x", "b@x"]}}`,
			`{"contacts": ["z@x", "b@x"]}`, `{"contacts": ["z@x", "b@x", "c@x"]}`,
			`add contacts ["z@x","b@x"]>["z@x","b@x","c@x"]`,
		},
		{
			"add creates, be it an empty list", `{"a": {"add": []}, "b": {"add": [1, {"k": 2}]}}`,
			`{}`, `{"a": [], "b": [1, {"k": 2}]}`, `add a null>[]; add b null>[1,{"k":2}]`,
		},
		{
			"default behind add", `{"a": {"add": ["x"], "default": ["y"]}}`, `{}`, `{"a": ["x"]}`, `add a null>["x"]`,
		},
		{
			"null is absent", `{"a": {"default": "x"}, "b": {"essential": true}, "c": {"one_of": ["x"]}, "d": {"superset_of": ["x"]}}`,
			`{"a": null, "b": null, "c": null, "d": null}`, `{"a": "x", "b": null, "c": null, "d": null}`,
			`default a null>"x"; essential at /b (invalid_client_metadata) given null allowed `,
		},
		{
			"default stays out of what is there", `{"a": {"default": "x"}, "b": {"default": "x"}}`,
			`{"a": "", "b": []}`, `{"a": "", "b": []}`, ``,
		},
		{
			"one_of strings, numbers, objects", `{"a": {"one_of": ["x", "y"]}, "b": {"one_of": [1, 2]}, "c": {"one_of": [{"k": 1}]}}`,
			`{"a": "z", "b": 2, "c": {"k": 2}}`, `{"a": "z", "b": 2, "c": {"k": 2}}`,
			`one_of at /a (invalid_client_metadata) given "z" allowed x y; ` +
				`one_of at /c (invalid_client_metadata) given {"k":2} allowed {"k":1}`,
		},
		{
			"a number is no string", `{"a": {"one_of": ["1"]}, "b": {"subset_of": ["1", 2]}}`,
			`{"a": 1, "b": [1, 2, "2"]}`, `{"a": 1, "b": [2]}`,
			`subset_of b [1,2,"2"]>[2]; one_of at /a (invalid_client_metadata) given 1 allowed 1`,
		},
		{
			"all violations of a member", `{"redirect_uris": {"subset_of": ["https://a/", "https://b/"], "superset_of": ["https://b/"]}}`,
			`{"redirect_uris": ["https://a/", "https://c/"]}`, `{"redirect_uris": ["https://a/"]}`,
			`subset_of redirect_uris ["https://a/","https://c/"]>["https://a/"]; ` +
				`superset_of at /redirect_uris (invalid_redirect_uri) given ["https://a/"] allowed https://b/`,
		},
		{
			"essential", `{"redirect_uris": {"essential": true}, "a/b": {"essential": true}, "c": {"essential": false}, "d": {"essential": true}}`,
			`{"d": {}}`, `{"d": {}}`,
			`essential at /a~1b (invalid_client_metadata) given null allowed ; ` +
				`essential at /redirect_uris (invalid_redirect_uri) given null allowed `,
		},
		{
			"a type that the operator is not made for, once a member",
			`{"a": {"add": ["x"], "subset_of": ["x"], "superset_of": ["x"], "essential": true}, "b": {"one_of": ["x"]}, "c": {"subset_of": ["x"]}}`,
			`{"a": "x", "b": ["x"], "c": ["x", null]}`, `{"a": "x", "b": ["x"], "c": ["x", null]}`,
			`policy_error at /a (invalid_client_metadata) given "x" allowed ; ` +
				`policy_error at /b (invalid_client_metadata) given ["x"] allowed ; ` +
				`policy_error at /c (invalid_client_metadata) given ["x",null] allowed `,
		},
		{
			"value mends the type before others see it", `{"a": {"value": ["x"], "subset_of": ["x", "y"], "superset_of": ["x"]}}`,
			`{"a": "x"}`, `{"a": ["x"]}`, `value a "x">["x"]`,
		},
		{
			"exactly the name", `{"client_name": {"one_of": ["x"]}}`,
			`{"client_name": "x", "client_name#de": "y"}`, `{"client_name": "x", "client_name#de": "y"}`, ``,
		},
		{
			"scope: a default as string", `{"scope": {"default": "openid launch/patient"}}`,
			`{}`, `{"scope": "openid launch/patient"}`, `default scope null>"openid launch/patient"`,
		},
		{
			"scope: a value as array", `{"scope": {"value": ["openid", "launch"]}}`,
			`{"scope": "x"}`, `{"scope": "openid launch"}`, `value scope "x">"openid launch"`,
		},
		{
			"scope: add and subset_of", `{"scope": {"add": ["openid"], "subset_of": ["openid", "a"]}}`,
			`{"scope": "b a"}`, `{"scope": "a openid"}`, `add scope "b a">"b a openid"; subset_of scope "b a openid">"a openid"`,
		},
		{
			"scope: nothing remains", `{"scope": {"subset_of": ["openid"], "essential": true}}`,
			`{"scope": "x"}`, `{"scope": ""}`, `subset_of scope "x">""`,
		},
		{
			"scope: only spaces separate, and unchanged is untouched", `{"scope": {"subset_of": ["a", "b"]}}`,
			`{"scope": " b  a b"}`, `{"scope": " b  a b"}`, ``,
		},
		{
			"scope: a tab is no space", `{"scope": {"subset_of": ["a", "b"]}}`, `{"scope": "a\tb a"}`, `{"scope": "a"}`,
			`subset_of scope "a\tb a">"a"`,
		},
		{
			"scope: superset_of", `{"scope": {"superset_of": ["openid"]}}`, `{"scope": "openidx"}`, `{"scope": "openidx"}`,
			`superset_of at /scope (invalid_client_metadata) given "openidx" allowed openid`,
		},
		{
			"scope: an array is not what RFC 7591 has", `{"scope": {"subset_of": ["a"]}}`, `{"scope": ["a"]}`, `{"scope": ["a"]}`,
			`policy_error at /scope (invalid_client_metadata) given ["a"] allowed `,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := document(t, []byte(c.metadata))
			if got := summary(apply(compile(t, "policy", c.policy), m)); got != c.says {
				t.Errorf("got  %s\nwant %s", got, c.says)
			}
			if !registration.Equal(m, document(t, []byte(c.result))) {
				t.Errorf("got %s, want %s", m.Encode(), c.result)
			}
		})
	}
}

// TestLongLists goes beyond the length from which values are looked up.
func TestLongLists(t *testing.T) {
	t.Parallel()
	list := make([]any, 0, 1002)
	for i := range 1000 {
		list = append(list, fmt.Sprintf("https://a.example/%d", i))
	}
	list = append(list, registration.Number("7"), registration.New(registration.Member{Name: "k", Value: "v"}))
	all := registration.New(registration.Member{Name: "a", Value: list})
	with := func(operator string) *policy.MetadataPolicy {
		spec := registration.New(registration.Member{Name: operator, Value: list})
		p, err := policy.ParseMetadataPolicy("policy", registration.New(registration.Member{Name: "a", Value: spec}))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	for _, operator := range []string{"add", "subset_of", "superset_of"} {
		if got := summary(apply(with(operator), all.Clone())); got != "" {
			t.Errorf("%s: %.200s", operator, got)
		}
	}
	choice := with("one_of")
	for _, v := range list {
		if got := summary(apply(choice, registration.New(registration.Member{Name: "a", Value: v}))); got != "" {
			t.Errorf("one_of %v: %.200s", v, got)
		}
	}
	_, violations := apply(choice, document(t, []byte(`{"a": "7"}`)))
	if len(violations) != 1 || len(violations[0].Allowed) != 1002 {
		t.Errorf("a string is not among numbers: got %d violations", len(violations))
	}
	m := document(t, []byte(`{"a": ["x", {"k": "v"}, "https://a.example/999", 7, "7"]}`))
	apply(with("subset_of"), m)
	if got := string(m.Encode()); got != `{"a":[{"k":"v"},"https://a.example/999",7]}` {
		t.Errorf("got %s", got)
	}
	m = registration.New(registration.Member{Name: "a", Value: slices.Clone(list[1:])})
	if _, violations := apply(with("superset_of"), m); len(violations) != 1 {
		t.Error("one of a thousand may be missing")
	}
	apply(with("add"), m)
	if got, _ := m.Get("a"); len(got.([]any)) != len(list) {
		t.Errorf("add made %d of %d", len(got.([]any)), len(list))
	}
}
