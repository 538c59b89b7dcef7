package policy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/policy"
)

// TestLimits: a token limits what it vouches for, and nothing else.
func TestLimits(t *testing.T) {
	t.Parallel()
	const strip = `{"scopes":{"allow":["openid","fhirUser","patient/*.rs"],"default":["openid","patient/*.rs"]},"metadata_policy":{"contacts":{"default":["us@example.org"]}}}`
	reject := strings.Replace(strip, `"allow"`, `"excess":"reject","allow"`, 1)
	const uris = `"redirect_uris":["https://app.example.org/cb","https://app.example.org/other"]`
	for name, test := range map[string]struct {
		policy, limits, body string
		want                 []string // what is violated
		member, value        string   // of what comes out
	}{
		"redirect URIs":                     {strip, `{"redirect_uris":["https://app.example.org/cb"]}`, `{` + uris + `}`, nil, "redirect_uris", `["https://app.example.org/cb"]`},
		"other redirect URIs":               {strip, `{"redirect_uris":["https://b.example/cb"]}`, `{` + uris + `}`, []string{"redirect_uris_required /redirect_uris"}, "", ""},
		"the software":                      {strip, `{"software_id":"x"}`, `{` + uris + `,"software_id":"x"}`, nil, "software_id", `"x"`},
		"another software":                  {strip, `{"software_id":"x"}`, `{` + uris + `,"software_id":"y"}`, []string{"one_of /software_id"}, "", ""},
		"no software":                       {strip, `{"software_id":"x"}`, `{` + uris + `}`, []string{"essential /software_id"}, "", ""},
		"another name":                      {strip, `{"client_name":"A"}`, `{` + uris + `,"client_name":"B"}`, []string{"pattern /client_name"}, "", ""},
		"another name in a language":        {strip, `{"client_name":"A.b"}`, `{` + uris + `,"client_name":"A.b","client_name#de":"A-b"}`, []string{"pattern /client_name#de"}, "", ""},
		"scope":                             {strip, `{"scope":"openid patient/Patient.r"}`, `{` + uris + `,"scope":"openid fhirUser patient/*.rs"}`, nil, "scope", `"openid patient/Patient.r"`},
		"scope beyond what may be had":      {strip, `{"scope":"openid system/*.rs user/*.rs"}`, `{` + uris + `,"scope":"openid user/*.rs"}`, nil, "scope", `"openid"`},
		"scope of the defaults":             {strip, `{"scope":"patient/Patient.rs"}`, `{` + uris + `}`, nil, "scope", `"patient/Patient.rs"`},
		"no scope at all":                   {strip, `{"scope":""}`, `{` + uris + `}`, nil, "scope", `""`},
		"no scope at all, and one is asked": {strip, `{"scope":""}`, `{` + uris + `,"scope":"openid"}`, []string{"scope_none_left /scope"}, "", ""},
		"scope, and the excess is refused":  {reject, `{"scope":"openid"}`, `{` + uris + `,"scope":"openid fhirUser"}`, []string{"scope_excess /scope"}, "", ""},
		"defaults are no excess":            {reject, `{"scope":"openid"}`, `{` + uris + `}`, nil, "scope", `"openid"`},
		"operators":                         {strip, `{"metadata_policy":{"redirect_uris":{"max_count":1},"logo_uri":{"value":null}}}`, `{` + uris + `}`, []string{"max_count /redirect_uris"}, "", ""},
		"operators and a name":              {strip, `{"client_name":"A","metadata_policy":{"client_name":{"one_of":["A","B"]}}}`, `{` + uris + `,"client_name":"B"}`, []string{"pattern /client_name"}, "", ""},
		"operators that contradict":         {strip, `{"software_id":"A","metadata_policy":{"software_id":{"one_of":["B"]}}}`, `{` + uris + `,"software_id":"B"}`, []string{"policy_error "}, "", ""},
		"operators that contradict policy":  {strip, `{"metadata_policy":{"contacts":{"default":["them@example.org"]}}}`, `{` + uris + `}`, []string{"policy_error "}, "", ""},
		"operators that nobody knows":       {strip, `{"metadata_policy":{"contacts":{"forbidden":true}}}`, `{` + uris + `}`, []string{"policy_error "}, "", ""},
		"operators that are none":           {strip, `{"metadata_policy":[]}`, `{` + uris + `}`, []string{"policy_error "}, "", ""},
		"scope that is none":                {strip, `{"scope":["openid"]}`, `{` + uris + `}`, []string{"policy_error "}, "", ""},
		"scope that is null":                {strip, `{"scope":null}`, `{` + uris + `}`, []string{"policy_error "}, "", ""},
		"redirect URIs that are none":       {strip, `{"redirect_uris":"https://app.example.org/cb"}`, `{` + uris + `}`, []string{"policy_error "}, "", ""},
		"a name that is none":               {strip, `{"client_name":1}`, `{` + uris + `,"client_name":"A"}`, []string{"policy_error "}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := parsed(t, test.policy)
			admission := &policy.Admission{Kind: "jwt", Limits: metadata(t, test.limits)}
			d := p.Decide(policy.Request{Operation: policy.Create, Metadata: metadata(t, test.body), Admission: admission})
			if got := broken(d); !slices.Equal(got, test.want) {
				t.Fatalf("got %v, want %v", got, test.want)
			}
			for _, v := range d.Violations {
				if v.Rule == "policy_error" && (v.Layer != "token" || !slices.Equal(d.FailedRules(), []string{"token_limits"})) {
					t.Errorf("nobody is told: %+v, %v", v, d.FailedRules())
				}
			}
			if test.member != "" {
				if got, _ := d.Metadata.Get(test.member); text(got) != test.value {
					t.Errorf("%s is %s, want %s", test.member, text(got), test.value)
				}
			}
			// An update has nobody who vouches for it.
			u := p.Decide(policy.Request{Operation: policy.Update, Metadata: metadata(t, test.body), Admission: admission})
			for _, v := range u.Violations {
				if v.Layer == "token" {
					t.Errorf("an update: %+v", v)
				}
			}
		})
	}
}

// text is a value as JSON.
func text(v any) string {
	m := &policy.Metadata{}
	m.Set("v", v)
	return strings.TrimSuffix(strings.TrimPrefix(string(m.Encode()), `{"v":`), "}")
}

// TestMerged: what judges a request can be asked for, with where it comes from.
func TestMerged(t *testing.T) {
	t.Parallel()
	p := parsed(t, `{"metadata_policy":{"contacts":{"essential":true}},"profiles":[{"name":"patient","metadata_policy":{"grant_types":{"subset_of":["authorization_code","refresh_token"]}}}]}`)
	request := policy.Request{
		Operation: policy.Create, Metadata: metadata(t, `{`+web+`}`),
		Admission: &policy.Admission{Limits: metadata(t, `{"metadata_policy":{"grant_types":{"subset_of":["authorization_code"]}}}`)},
	}
	profile, merged, err := p.Merged(request)
	if err != nil || profile != "patient" {
		t.Fatalf("got %q, %v", profile, err)
	}
	if got := string(merged.Document().Encode()); got != `{"contacts":{"essential":true},"grant_types":{"subset_of":["authorization_code"]}}` {
		t.Errorf("got %s", got)
	}
	if got := string(merged.Sources().Encode()); got != `{"/contacts/essential":["policy"],"/grant_types/subset_of":["profile patient","token"]}` {
		t.Errorf("sources: %s", got)
	}
	if got := string(request.Metadata.Encode()); got != `{`+web+`}` {
		t.Errorf("asking has changed the request: %s", got)
	}
	request.Admission.Limits = metadata(t, `{"scope":1}`)
	if _, _, err := p.Merged(request); err == nil {
		t.Error("limits that cannot be applied are no error")
	}
	request.Metadata = metadata(t, `{"grant_types":["client_credentials"]}`)
	request.Admission = nil
	if profile, merged, err := p.Merged(request); profile != "" || err != nil || len(merged.Members()) != 1 {
		t.Errorf("no profile: got %q, %v, %v", profile, merged.Members(), err)
	}
}
