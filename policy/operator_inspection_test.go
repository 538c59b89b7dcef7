package policy_test

import (
	"fmt"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/policy"
)

// TestInspections: where the operators beyond the standard stand among others,
// what they look at, and what they say.
func TestInspections(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, policy, metadata, says string }{
		{
			"each element by its pointer", `{"redirect_uris": {"hosts": ["*.example.org"], "max_count": 2}}`,
			`{"redirect_uris": ["https://a.example.org/", "https://evil.example/", "https://b.example/"]}`,
			`max_count at /redirect_uris (invalid_redirect_uri) given ["https://a.example.org/","https://evil.example/","https://b.example/"] allowed 2; ` +
				`hosts at /redirect_uris/1 (invalid_redirect_uri) given "https://evil.example/" allowed *.example.org; ` +
				`hosts at /redirect_uris/2 (invalid_redirect_uri) given "https://b.example/" allowed *.example.org`,
		},
		{
			"each key by its pointer", `{"jwks": {"key_types": ["RSA"], "key_ids": "required"}}`,
			`{"jwks": {"keys": [{"kty": "RSA", "kid": "1"}, {"kty": "EC"}]}}`,
			`key_types at /jwks/keys/1/kty (invalid_client_metadata) given "EC" allowed RSA; ` +
				`key_ids at /jwks/keys/1/kid (invalid_client_metadata) given null allowed required`,
		},
		{
			"absent is fine", `{"redirect_uris": {"hosts": ["a.example"], "min_count": 1, "same_host_as": "client_uri"}, "jwks": {"key_ids": "required"}, "scope": {"min_count": 1}, "client_name": {"pattern": "x"}}`,
			`{"redirect_uris": null}`, ``,
		},
		{
			"behind modifiers", `{"scope": {"default": "a b c", "max_count": 2}, "redirect_uris": {"subset_of": ["https://a.example/"], "hosts": ["a.example"], "min_count": 2}}`,
			`{"redirect_uris": ["https://a.example/", "https://evil.example/"]}`,
			`subset_of redirect_uris ["https://a.example/","https://evil.example/"]>["https://a.example/"]; default scope null>"a b c"; ` +
				`min_count at /redirect_uris (invalid_redirect_uri) given ["https://a.example/"] allowed 2; ` +
				`max_count at /scope (invalid_client_metadata) given "a b c" allowed 2`,
		},
		{
			"types that they are not made for", `{"a": {"hosts": ["a.example"], "essential": true}, "b": {"max_count": 1}, "c": {"key_ids": "optional"}, "d": {"max_length": 3}, "e": {"same_host_as": "f"}, "scope": {"pattern": "x"}}`,
			`{"a": ["https://evil.example/", 1], "b": "x", "c": {"keys": [{"kty": "RSA", "d": "secret"}, 1]}, "d": [["x"]], "e": {}, "scope": ["x"]}`,
			`policy_error at /a (invalid_client_metadata) given ["https://evil.example/",1] allowed ; ` +
				`policy_error at /b (invalid_client_metadata) given "x" allowed ; ` +
				`policy_error at /c (invalid_client_metadata) given null allowed ; ` +
				`policy_error at /d (invalid_client_metadata) given [["x"]] allowed ; ` +
				`policy_error at /e (invalid_client_metadata) given {} allowed ; ` +
				`policy_error at /scope (invalid_client_metadata) given ["x"] allowed `,
		},
		{
			"every language of the member", `{"client_uri": {"one_of": ["https://a.example/"], "hosts": ["a.example"], "essential": true}, "redirect_uris": {"max_count": 9}}`,
			`{"client_uri#de": "https://evil.example/", "client_uri": "https://a.example/", "client_uri#DE": "https://a.example/de", "client_uri#": "//x", "redirect_uris#de": [1,2,3,4,5,6,7,8,9,10]}`,
			`hosts at /client_uri# (invalid_client_metadata) given "//x" allowed a.example; ` +
				`hosts at /client_uri#de (invalid_client_metadata) given "https://evil.example/" allowed a.example`,
		},
		{
			"a language without the member", `{"client_uri": {"hosts": ["a.example"]}}`, `{"client_uri#de": "https://evil.example/"}`,
			`hosts at /client_uri#de (invalid_client_metadata) given "https://evil.example/" allowed a.example`,
		},
		{
			"a language behind its own operators", `{"client_uri": {"hosts": ["a.example"]}, "client_uri#de": {"value": "https://evil.example/"}, "client_uri#fr": {"value": "https://a.example/fr"}}`,
			`{"client_uri#de": "https://a.example/", "client_uri#fr": "https://evil.example/"}`,
			`value client_uri#de "https://a.example/">"https://evil.example/"; value client_uri#fr "https://evil.example/">"https://a.example/fr"; ` +
				`hosts at /client_uri#de (invalid_client_metadata) given "https://evil.example/" allowed a.example`,
		},
		{
			"what is said of a language is not said of the member", `{"client_uri#de": {"hosts": ["a.example"]}}`,
			`{"client_uri": "https://b.example/", "client_uri#fr": "https://b.example/"}`, ``,
		},
		{
			// a goes first, and is compared with what b will be.
			"another member as it will be", `{"a": {"same_host_as": "b"}, "b": {"value": "https://b.example/"}, "c": {"same_host_as": "b"}}`,
			`{"a": "https://a.example/", "b": "https://a.example/", "c": "https://b.example/"}`,
			`value b "https://a.example/">"https://b.example/"; same_host_as at /a (invalid_client_metadata) given "https://a.example/" allowed b`,
		},
		{
			"another member that is absent", `{"a": {"same_host_as": ["b", "c"]}, "d": {"registrable_domain_of": "e"}, "e": {"value": null}}`,
			`{"a": ["https://b.example/", "x"], "b": "https://b.example/", "d": "https://b.example/", "e": "https://b.example/"}`,
			`value e "https://b.example/">null; ` +
				`same_host_as at /a/0 (invalid_client_metadata) given "https://b.example/" allowed b c; ` +
				`same_host_as at /a/1 (invalid_client_metadata) given "x" allowed b c; ` +
				`registrable_domain_of at /d (invalid_client_metadata) given "https://b.example/" allowed e`,
		},
		{
			"another member of a wrong type", `{"a": {"same_host_as": "b"}, "b": {"add": ["https://a.example/"]}}`,
			`{"a": "https://a.example/", "b": "https://a.example/"}`,
			`policy_error at /b (invalid_client_metadata) given "https://a.example/" allowed `,
		},
		{
			"all of them with all of the standard", `{"scope": {"add": ["a"], "default": "a", "subset_of": ["a", "b"], "superset_of": ["a"], "essential": true, "min_count": 1, "max_count": 1, "max_length": 1, "pattern": "[ab]"}}`,
			`{}`, `add scope null>"a"`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := summary(apply(compile(t, "policy", c.policy), document(t, []byte(c.metadata)))); got != c.says {
				t.Errorf("got  %s\nwant %s", got, c.says)
			}
		})
	}
}

// TestInspectionsPrintAsTheyRead: lists once each and in the form in which they
// are compared.
func TestInspectionsPrintAsTheyRead(t *testing.T) {
	t.Parallel()
	p := compile(t, "policy", `{"a": {"pattern": ["x"], "hosts": ["A.example", "a.example", "**.B.Example:8443"], "schemes": ["HTTPS", "https"],
		"same_host_as": ["b", "b"], "max_count": 3, "ports": [443, 443], "loopback": "deny"}}`)
	want := `{"a":{"max_count":3,"pattern":"x","schemes":["https"],"hosts":["a.example","**.b.example:8443"],` +
		`"ports":[443],"loopback":"deny","same_host_as":"b"}}`
	if got := string(p.Document().Encode()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	again, err := policy.ParseMetadataPolicy("policy", p.Document())
	if err != nil || !registration.Equal(again.Document(), p.Document()) {
		t.Errorf("parsed again: %v", err)
	}
}

// TestThousandHosts goes through all of a long list: the first, the last, each
// kind of pattern.
func TestThousandHosts(t *testing.T) {
	t.Parallel()
	patterns := make([]any, 0, 1000)
	for i := range cap(patterns) {
		patterns = append(patterns, fmt.Sprintf([]string{"%d.example.org", "*.%d.example.org", "**.x%d.example.org:8443"}[i%3], i))
	}
	spec := registration.New(registration.Member{Name: "hosts", Value: patterns})
	p, err := policy.ParseMetadataPolicy("policy", registration.New(registration.Member{Name: "a", Value: spec}))
	if err != nil {
		t.Fatal(err)
	}
	for i := range patterns {
		accepted := fmt.Sprintf([]string{"https://%d.example.org/", "https://a.%d.example.org", "https://b.a.x%d.example.org:8443/"}[i%3], i)
		refused := fmt.Sprintf([]string{"https://a%d.example.org/", "https://b.a.%d.example.org", "https://b.a.x%d.example.org/"}[i%3], i)
		m := registration.New(registration.Member{Name: "a", Value: []any{accepted, refused}})
		if _, vs := p.ApplyMember(m, "a"); len(vs) != 1 || vs[0].Pointer != "/a/1" || len(vs[0].Allowed) != len(patterns) {
			t.Fatalf("%s and %s: %d violations", accepted, refused, len(vs))
		}
	}
}
