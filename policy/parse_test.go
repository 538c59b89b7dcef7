package policy_test

import (
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/policy"
)

// TestParseYAML: a policy in YAML is the one in JSON.
func TestParseYAML(t *testing.T) {
	t.Parallel()
	fromYAML, err := policy.ParseYAML([]byte(`
# What may be registered.
metadata_policy:
  contacts: {essential: true}
  software_version:
    one_of: [2024-01-01, "2"]
  redirect_uris:
    ports: &ports [443, 8443]
    hosts: ['*.example.org']
  client_uri:
    ports: *ports
rules:
  - name: one_host
    expression: metadata.redirect_uris.map(u, uri(u).host).distinct().size() == 1
    message: one host
    on: create
profiles:
  - name: backend
    preset: backend_services
    scopes:
      allow: [system/*.rs]
  - name: patient
`))
	if err != nil {
		t.Fatal(err)
	}
	fromJSON, err := policy.Parse([]byte(`{
		"profiles": [{"name": "backend", "scopes": {"allow": ["system/*.rs"]}, "preset": "backend_services"}, {"name": "patient"}],
		"rules": [{"on": "create", "message": "one host", "name": "one_host", "expression": "metadata.redirect_uris.map(u, uri(u).host).distinct().size() == 1"}],
		"metadata_policy": {
			"client_uri": {"ports": [443, 8443]},
			"redirect_uris": {"hosts": ["*.example.org"], "ports": [443, 8443]},
			"software_version": {"one_of": ["2024-01-01", "2"]},
			"contacts": {"essential": true}
		}
	}`))
	if err != nil {
		t.Fatal(err)
	}
	a, err := policy.New(fromYAML)
	if err != nil {
		t.Fatal(err)
	}
	b, err := policy.New(fromJSON)
	if err != nil {
		t.Fatal(err)
	}
	if a.Digest() != b.Digest() {
		t.Errorf("got\n%s\nwant\n%s", a.Document().Encode(), b.Document().Encode())
	}
}

// TestParseErrors: a document that says something else than was meant is none.
func TestParseErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ document, want string }{
		{``, "is empty"},
		{`[]`, "not a JSON object"},
		{`{"metadata_polcy":{}}`, "/metadata_polcy: unknown object member name"},
		{`{"rules":[],"rules":[]}`, "/rules: a member name occurs twice"},
		{`{"metadata_policy":[]}`, "not a JSON object"},
		{`{"profiles":[{"naem":"a"}]}`, "/profiles/0/naem: unknown object member name"},
		{`{"scopes":{"allow":"x"}}`, "/scopes/allow: it cannot be a string"},
		{`{"rules":[],"Rules":[]}`, "/Rules: unknown object member name"},
		{`{"profiles":[{"name":"a","match":{"token":{"issuer":[null]}}}]}`, "/profiles/0/match/token/issuer/0 is null"},
		{`{"metadata_policy":null}`, "/metadata_policy is null"},
		{`{"profiles":[{"name":"a","match":{"class":"patient","metadata":null}}]}`, "/profiles/0/match/metadata is null"},
		{`{} {}`, "something behind"},
	} {
		if _, err := policy.Parse([]byte(test.document)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want something with %q", test.document, err, test.want)
		}
	}
	for document, want := range map[string]string{
		"": "the policy is empty", "# all of it is a comment\n": "the policy is empty",
		"rules: []\nrules: []":      "already defined",
		"metadata_policy: [":        "did not find",
		"rules: []\n---\nrules: []": "more than one YAML document",
		"- a":                       "not a JSON object",
		"scopes: {allow: [.nan]}":   "",
		"metadata_polcy: {}":        "/metadata_polcy: unknown object member name",
	} {
		if _, err := policy.ParseYAML([]byte(document)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want something with %q", document, err, want)
		}
	}
}

// TestDigest: the digest is that of what is in force, however it was written.
func TestDigest(t *testing.T) {
	t.Parallel()
	const one = `{"metadata_policy":{"contacts":{"essential":true},"grant_types":{"subset_of":["a","b","a"]}}}`
	same := parsed(t, one).Digest()
	if len(same) != 64 {
		t.Errorf("got %q", same)
	}
	if got := parsed(t, `{"metadata_policy":{"grant_types":{"subset_of":["a","b"]},"contacts":{"essential":true}},"profiles":[]}`).Digest(); got != same {
		t.Error("the same policy has another digest")
	}
	seen := map[string]string{same: one}
	for _, other := range []string{
		`{}`,
		`{"metadata_policy":{"contacts":{"essential":true},"grant_types":{"subset_of":["a"]}}}`,
		`{"metadata_policy":{"contacts":{"essential":true}},"profiles":[{"name":"patient"}]}`,
		`{"metadata_policy":{"contacts":{"essential":true}},"profiles":[{"name":"patient","preset":"public"}]}`,
		`{"scopes":{"allow":["openid"]}}`,
		`{"scopes":{"excess":"reject"}}`,
		`{"rules":[{"name":"r","expression":"true","message":"m"}]}`,
		`{"rules":[{"name":"r","expression":"true","message":"m","on":"create"}]}`,
	} {
		digest := parsed(t, other).Digest()
		if twin, ok := seen[digest]; ok {
			t.Errorf("%s and %s have one digest", other, twin)
		}
		seen[digest] = other
	}
	p := parsed(t, one)
	if d := p.Decide(policy.Request{Metadata: metadata(t, `{`+web+`}`)}); d.PolicyDigest != same {
		t.Errorf("the decision has %q", d.PolicyDigest)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`{"metadata_policy":{"contacts":{"essential":true}},"profiles":[{"name":"a","preset":"public"}]}`, false)
	f.Add("profiles:\n  - name: patient\n    match: {class: patient}\n", true)
	f.Add("a: &a [*a]", true)
	f.Fuzz(func(t *testing.T, document string, isYAML bool) {
		parse := policy.Parse
		if isYAML {
			parse = policy.ParseYAML
		}
		config, err := parse([]byte(document))
		if err != nil {
			return
		}
		p, err := policy.New(config)
		if err != nil {
			return
		}
		again, err := policy.New(config)
		if err != nil || again.Digest() != p.Digest() {
			t.Errorf("compiled again it is another policy: %v", err)
		}
	})
}
