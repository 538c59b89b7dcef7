package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/policy"
)

func metadata(t testing.TB, body string) *policy.Metadata {
	t.Helper()
	m, err := registration.Decode([]byte(body))
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return m
}

// newPolicy compiles a policy of operators in JSON ("" for none).
func newPolicy(t testing.TB, operators string, scopes policy.Scopes, builtIn policy.BuiltIn) *policy.Policy {
	t.Helper()
	config := policy.Config{Scopes: scopes, BuiltIn: builtIn}
	if operators != "" {
		config.MetadataPolicy = metadata(t, operators)
	}
	p, err := policy.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func broken(d policy.Decision) []string {
	var rules []string
	for _, v := range d.Violations {
		rules = append(rules, v.Rule+" "+v.Pointer)
	}
	return rules
}

const (
	web     = `"redirect_uris":["https://app.example.org/cb"]`
	backend = `"grant_types":["client_credentials"],"token_endpoint_auth_method":"private_key_jwt","jwks_uri":"https://app.example.org/jwks"`
)

// TestDecideCompletes: the document that is sent on leaves no default to the
// server, whatever was left out.
func TestDecideCompletes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ body, operators, want string }{
		"patient app that names nothing": {
			`{` + web + `}`, "",
			`{` + web + `,"grant_types":["authorization_code"],"token_endpoint_auth_method":"client_secret_basic","response_types":["code"],"application_type":"web","scope":"launch/patient openid fhirUser patient/*.rs"}`,
		},
		"backend service": {
			`{` + backend + `}`, "",
			`{` + backend + `,"response_types":[],"application_type":"web","scope":""}`,
		},
		"native app, by its redirect URIs": {
			`{"redirect_uris":["org.example.app:/cb","http://127.0.0.1/cb"],"token_endpoint_auth_method":"none"}`, "",
			`{"redirect_uris":["org.example.app:/cb","http://127.0.0.1/cb"],"token_endpoint_auth_method":"none","grant_types":["authorization_code"],"response_types":["code"],"application_type":"native","scope":"launch/patient openid fhirUser patient/*.rs"}`,
		},
		"empty list of grants": {
			`{` + web + `,"grant_types":[]}`, "",
			`{` + web + `,"grant_types":["authorization_code"],"token_endpoint_auth_method":"client_secret_basic","response_types":["code"],"application_type":"web","scope":"launch/patient openid fhirUser patient/*.rs"}`,
		},
		"the policy's default is not the RFC's": {
			`{` + web + `}`, `{"grant_types":{"default":["authorization_code","refresh_token"]},"token_endpoint_auth_method":{"default":"none"}}`,
			`{` + web + `,"grant_types":["authorization_code","refresh_token"],"response_types":["code"],"application_type":"web","scope":"launch/patient openid fhirUser patient/*.rs","token_endpoint_auth_method":"none"}`,
		},
		"add adds to what absent means": {
			`{` + web + `}`, `{"grant_types":{"add":["refresh_token"]}}`,
			`{` + web + `,"grant_types":["authorization_code","refresh_token"],"token_endpoint_auth_method":"client_secret_basic","response_types":["code"],"application_type":"web","scope":"launch/patient openid fhirUser patient/*.rs"}`,
		},
		"what the policy removes is named all the same": {
			`{` + web + `,"response_types":["code"]}`, `{"grant_types":{"value":null},"response_types":{"value":null},"token_endpoint_auth_method":{"value":null}}`,
			`{` + web + `,"grant_types":["authorization_code"],"application_type":"web","scope":"launch/patient openid fhirUser patient/*.rs","token_endpoint_auth_method":"client_secret_basic","response_types":["code"]}`,
		},
		"stripped by subset_of": {
			`{` + web + `,"grant_types":["authorization_code","implicit"],"response_types":["code","token","id_token token"]}`,
			`{"grant_types":{"subset_of":["authorization_code"]},"response_types":{"subset_of":["code"]}}`,
			`{` + web + `,"grant_types":["authorization_code"],"response_types":["code"],"token_endpoint_auth_method":"client_secret_basic","application_type":"web","scope":"launch/patient openid fhirUser patient/*.rs"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newPolicy(t, test.operators, policy.Scopes{}, policy.BuiltIn{}).
				Decide(policy.Request{Metadata: metadata(t, test.body)})
			if !d.Admitted() {
				t.Fatalf("refused: %v", broken(d))
			}
			if got := string(d.Metadata.Encode()); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
			again := newPolicy(t, test.operators, policy.Scopes{}, policy.BuiltIn{}).
				Decide(policy.Request{Metadata: d.Metadata.Clone()})
			if !again.Admitted() || !registration.Equal(again.Metadata, d.Metadata) {
				t.Errorf("deciding again gives %s, %v", again.Metadata.Encode(), broken(again))
			}
		})
	}
}

// TestDecideRefuses: an absent member is no way past a check, and a refusal names
// everything.
func TestDecideRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body, operators string
		want            []string
	}{
		"one_of sees the RFC's default":  {`{` + web + `}`, `{"token_endpoint_auth_method":{"one_of":["private_key_jwt"]}}`, []string{"one_of /token_endpoint_auth_method"}},
		"superset_of sees it too":        {`{` + web + `}`, `{"grant_types":{"superset_of":["refresh_token"]}}`, []string{"superset_of /grant_types"}},
		"essential wants it written":     {`{` + web + `}`, `{"grant_types":{"essential":true},"contacts":{"essential":true}}`, []string{"essential /grant_types", "essential /contacts"}},
		"no grant is left":               {`{` + web + `}`, `{"grant_types":{"subset_of":["client_credentials"]}}`, []string{"grant_types_required /grant_types"}},
		"everything at once":             {`{"redirect_uris":["https://*.example.org/cb"],"client_name":1,"scope":"system/*.rs","grant_types":["authorization_code","password"],"jwks":{"keys":[{"kty":"oct","k":"x"}]},"jwks_uri":"javascript:1"}`, "", []string{"type /client_name", "scope_none_left /scope", "grant_type /grant_types/1", "redirect_uri_wildcard /redirect_uris/0", "jwks_exclusive /jwks_uri", "jwks_private /jwks/keys/0/k", "jwks_key_type /jwks/keys/0/kty"}},
		"a wrong type is said once":      {`{"redirect_uris":"https://app.example.org/cb"}`, "", []string{"type /redirect_uris"}},
		"a key of one byte":              {`{` + web + `,"jwks":{"keys":[{"kty":"RSA","n":"AQ","e":"AQAB"}]}}`, "", []string{"jwks_parameters /jwks/keys/0/n"}},
		"a point that is too short":      {`{` + web + `,"jwks":{"keys":[{"kty":"EC","crv":"P-256","x":"AQ","y":"AQ"}]}}`, "", []string{"jwks_parameters /jwks/keys/0/x"}},
		"a curve for encryption":         {`{` + web + `,"jwks":{"keys":[{"kty":"OKP","crv":"X25519","x":"AQ"}]}}`, "", []string{"jwks_parameters /jwks/keys/0/crv"}},
		"subject type":                   {`{` + web + `,"subject_type":"PAIRWISE"}`, "", []string{"subject_type /subject_type"}},
		"no signature":                   {`{` + web + `,"token_endpoint_auth_signing_alg":"none"}`, "", []string{"signing_alg_none /token_endpoint_auth_signing_alg"}},
		"a name that shows nothing":      {`{` + web + `,"client_name":"\u3164\u2800"}`, "", []string{"client_name_characters /client_name"}},
		"two URIs in one":                {`{` + web + `,"request_uris":["https://app.example.org/r##http://127.0.0.1/"]}`, "", []string{"uri_characters /request_uris/0"}},
		"half of a separator":            {`{` + web + `,"request_uris":["https://app.example.org/r#"]}`, "", []string{"request_uri_fragment /request_uris/0"}},
		"too many redirect URIs":         {`{"redirect_uris":[` + strings.Repeat(`"*",`, 100) + `"*"]}`, "", []string{"too_many /redirect_uris"}},
		"too many keys":                  {`{` + web + `,"jwks":{"keys":[` + strings.Repeat(`{},`, 100) + `{}]}}`, "", []string{"too_many /jwks/keys"}},
		"too many members":               {`{` + manyMembers(201) + `}`, "", []string{"too_many "}},
		"a grant named twice":            {`{"grant_types":["client_credentials","client_credentials"],"scope":"patient/*.rs"}`, "", []string{"scope_none_left /scope"}},
		"scope of a wrong type":          {`{` + web + `,"scope":["openid"]}`, "", []string{"type /scope"}},
		"backend with a patient's scope": {`{` + backend + `,"scope":"patient/*.rs"}`, "", []string{"scope_none_left /scope"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newPolicy(t, test.operators, policy.Scopes{}, policy.BuiltIn{}).Decide(policy.Request{Metadata: metadata(t, test.body)})
			got := broken(d)
			for _, want := range test.want {
				if !slices.Contains(got, want) {
					t.Errorf("got %v, want %q among them", got, want)
				}
			}
			if len(test.want) == 1 && len(got) != 1 {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestRefusal(t *testing.T) {
	t.Parallel()
	p := newPolicy(t, `{"contacts":{"superset_of":["a@b.example"]}}`, policy.Scopes{}, policy.BuiltIn{})
	for name, test := range map[string]struct {
		body string
		code registration.Code
	}{
		"redirect URIs alone": {`{"redirect_uris":["https://a.example/*","http://b.example/"],"contacts":["a@b.example"]}`, registration.InvalidRedirectURI},
		"and something else":  {`{"redirect_uris":["https://a.example/*"],"contacts":["x"]}`, registration.InvalidClientMetadata},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := p.Decide(policy.Request{Metadata: metadata(t, test.body)})
			full, brief, none := d.Refusal(policy.ExplainFull), d.Refusal(policy.ExplainBrief), d.Refusal(policy.ExplainNone)
			if full.Status != 400 || full.Code != test.code || len(full.Violations) != len(d.Violations) || len(d.Violations) < 2 {
				t.Errorf("got %+v", full)
			}
			if !strings.Contains(full.Description, "more, see violations") {
				t.Errorf("the description does not say that there is more: %q", full.Description)
			}
			if none.Status != 400 || none.Code != test.code || none.Violations != nil || none.Description != "the registration is not permitted" {
				t.Errorf("nothing is to be explained: %+v", none)
			}
			if len(brief.Violations) != len(full.Violations) {
				t.Errorf("brief has %d violations, full %d", len(brief.Violations), len(full.Violations))
			}
			for _, v := range brief.Violations {
				if v.Allowed != nil || v.Rule == "" || v.Pointer == "" {
					t.Errorf("a brief violation: %+v", v)
				}
			}
			if name == "and something else" && !slices.ContainsFunc(full.Violations, func(v policy.Violation) bool { return slices.Equal(v.Allowed, []string{"a@b.example"}) }) {
				t.Errorf("nothing says what was allowed: %+v", full.Violations)
			}
		})
	}
}

func TestScopes(t *testing.T) {
	t.Parallel()
	kodjin := strings.Fields("patient/*.read user/*.read fhirUser profile offline_access online_access")
	for name, test := range map[string]struct {
		scopes policy.Scopes
		body   string
		want   string // the scope, or the broken rules in brackets
	}{
		"absent":                             {policy.Scopes{}, `{` + web + `}`, "launch/patient openid fhirUser patient/*.rs"},
		"empty":                              {policy.Scopes{}, `{` + web + `,"scope":""}`, "launch/patient openid fhirUser patient/*.rs"},
		"as asked, in its order":             {policy.Scopes{}, `{` + web + `,"scope":"patient/Observation.rs openid"}`, "patient/Observation.rs openid"},
		"covered in the other syntax":        {policy.Scopes{}, `{` + web + `,"scope":"patient/*.read"}`, "patient/*.read"},
		"cut down to what is allowed":        {policy.Scopes{}, `{` + web + `,"scope":"openid patient/*.cruds system/*.rs unknown"}`, "openid patient/*.rs"},
		"none left":                          {policy.Scopes{}, `{` + web + `,"scope":"system/*.rs"}`, "[scope_none_left /scope]"},
		"excess refused":                     {policy.Scopes{Excess: "reject"}, `{` + web + `,"scope":"openid patient/*.cruds system/*.rs"}`, "[scope_excess /scope scope_excess /scope]"},
		"only the operator's":                {policy.Scopes{Default: []string{"openid"}}, `{` + web + `,"scope":"openid patient/*.rs"}`, "openid"},
		"allowed beyond the default":         {policy.Scopes{Default: []string{"openid"}, Allow: []string{"openid", "user/*.rs"}}, `{` + web + `,"scope":"user/Patient.r"}`, "user/Patient.r"},
		"allow narrows the class's default":  {policy.Scopes{Allow: []string{"openid", "patient/*.rs"}}, `{` + web + `}`, "openid patient/*.rs"},
		"always":                             {policy.Scopes{Default: []string{"openid", "fhirUser"}, Allow: []string{"openid", "fhirUser", "patient/*.rs"}, Inject: "always"}, `{` + web + `,"scope":"patient/*.rs fhirUser"}`, "patient/*.rs fhirUser openid"},
		"no default at all":                  {policy.Scopes{Default: []string{}, Allow: []string{"openid"}}, `{` + web + `}`, ""},
		"backend, nothing written":           {policy.Scopes{}, `{` + backend + `}`, ""},
		"backend gets what it can use":       {policy.Scopes{Default: []string{"launch", "launch/patient", "openid", "fhirUser", "patient/*.rs", "user/*.rs", "system/*.rs", "offline_access", "x"}}, `{` + backend + `}`, "system/*.rs x"},
		"code gets what it can use":          {policy.Scopes{Default: []string{"launch", "launch/patient", "openid", "system/*.rs", "offline_access", "x"}}, `{` + web + `}`, "launch/patient openid x"},
		"offline_access with refresh_token":  {policy.Scopes{Default: []string{"openid", "offline_access"}}, `{` + web + `,"grant_types":["authorization_code","refresh_token"]}`, "openid offline_access"},
		"both grants":                        {policy.Scopes{Default: []string{"patient/*.rs", "system/*.rs"}}, `{` + web + `,"grant_types":["authorization_code","client_credentials"]}`, "patient/*.rs system/*.rs"},
		"launch is there for the asking":     {policy.Scopes{Default: []string{"openid"}, Allow: []string{"openid", "launch"}}, `{` + web + `,"scope":"launch"}`, "launch"},
		"SMART 1.0":                          {policy.Scopes{Default: kodjin}, `{` + web + `,"grant_types":["authorization_code","refresh_token"]}`, "patient/*.read user/*.read fhirUser profile offline_access online_access"},
		"a user's app gets no system scope":  {policy.Scopes{Allow: []string{"openid", "system/*.rs"}}, `{` + web + `,"scope":"openid system/*.rs"}`, "openid"},
		"a service gets no user's scope":     {policy.Scopes{Allow: []string{"launch", "openid", "patient/*.rs", "system/*.rs"}}, `{` + backend + `,"scope":"launch openid patient/*.rs system/*.rs"}`, "system/*.rs"},
		"more than is left of what is asked": {policy.Scopes{Allow: everyType("patient/", ".rs")}, `{` + web + `,"scope":"` + manyQueries(1000) + `"}`, "[scope_count /scope]"},
		"twice is once":                      {policy.Scopes{}, `{` + web + `,"scope":"openid  openid patient/*.r patient/*.r"}`, "openid patient/*.r"},
		"more than anybody means":            {policy.Scopes{}, `{` + web + `,"scope":"` + manyScopes(1001) + `"}`, "[scope_count /scope]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newPolicy(t, "", test.scopes, policy.BuiltIn{}).Decide(policy.Request{Metadata: metadata(t, test.body)})
			got := d.Metadata.String("scope")
			if !d.Admitted() {
				got = fmt.Sprint(broken(d))
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if d.Admitted() && !d.Metadata.Has("scope") {
				t.Error("scope is left to the server")
			}
		})
	}
}

func manyMembers(n int) string {
	members := make([]string, n)
	for i := range members {
		members[i] = fmt.Sprintf("%q:1", fmt.Sprint("x", i))
	}
	return strings.Join(members, ",")
}

func manyScopes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "patient/T%c%d.rs ", 'A'+rune(i%26), i)
	}
	return strings.TrimSpace(b.String())
}

// everyType is a scope for each of 145 types.
func everyType(before, after string) []string {
	scopes := make([]string, 145)
	for i := range scopes {
		scopes[i] = fmt.Sprintf("%sT%c%c%s", before, 'A'+rune(i%26), 'a'+rune(i/26), after)
	}
	return scopes
}

func manyQueries(n int) string {
	scopes := make([]string, n)
	for i := range scopes {
		scopes[i] = fmt.Sprintf("patient/*.rs?a=%d", i)
	}
	return strings.Join(scopes, " ")
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config policy.Config
		want   string
	}{
		"a default that is not allowed":   {policy.Config{Scopes: policy.Scopes{Default: []string{"openid", "system/*.rs"}, Allow: []string{"openid"}}}, `default scope "system/*.rs" of policy is not among those allowed by policy`},
		"a word that is no scope":         {policy.Config{Scopes: policy.Scopes{Allow: []string{"a\"b"}}}, `scope "a\"b"`},
		"an unknown way with excess":      {policy.Config{Scopes: policy.Scopes{Excess: "keep"}}, "must be strip or reject"},
		"an unknown time to inject":       {policy.Config{Scopes: policy.Scopes{Inject: "never"}}, "must be when_absent or always"},
		"a rule that does not exist":      {policy.Config{BuiltIn: policy.BuiltIn{Off: []string{"grants"}}}, `there is no built-in rule "grants"`},
		"a rule that always holds":        {policy.Config{BuiltIn: policy.BuiltIn{Off: []string{"uri_forbidden_scheme"}}}, "cannot be switched off"},
		"operators against each other":    {policy.Config{MetadataPolicy: metadata(t, `{"client_name":{"value":"A","one_of":["B"]}}`)}, "client_name"},
		"a match without a condition":     {policy.Config{Profiles: []policy.Profile{{Name: "patient", Match: &policy.Match{Metadata: metadata(t, `{}`)}}}}, "profile patient: match: it has no condition"},
		"an operator that does not exist": {policy.Config{MetadataPolicy: metadata(t, `{"client_name":{"is":"A"}}`)}, "there is no such operator"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := policy.New(test.config); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want something with %q", err, test.want)
			}
		})
	}
}

// registered is what the client of the widening tests has.
const registered = `{"redirect_uris":["https://app.example.org/cb","org.example.app:/cb","http://127.0.0.1:8080/cb"],"application_type":"native",` +
	`"grant_types":["authorization_code"],"response_types":["code"],"token_endpoint_auth_method":"client_secret_basic","scope":"openid patient/Observation.rs launch/patient"}`

func TestUpdateMayNotWiden(t *testing.T) {
	t.Parallel()
	everything := policy.Scopes{Allow: []string{"openid", "fhirUser", "launch/patient", "patient/*.cruds", "user/*.cruds", "system/*.cruds", "offline_access"}}
	p := newPolicy(t, "", everything, policy.BuiltIn{})
	for name, test := range map[string]struct {
		body string
		want []string
	}{
		"the same again":               {registered, nil},
		"less of everything":           {`{"redirect_uris":["https://app.example.org/cb"],"scope":"patient/Observation.r"}`, nil},
		"another path":                 {`{"redirect_uris":["https://app.example.org/other?x=y"],"scope":"openid"}`, nil},
		"another loopback port":        {`{"redirect_uris":["http://127.0.0.1:9999/cb"],"application_type":"native","scope":"openid"}`, nil},
		"stronger authentication":      {`{` + web + `,"token_endpoint_auth_method":"private_key_jwt","jwks_uri":"https://app.example.org/jwks","scope":"openid"}`, nil},
		"scope absent":                 {`{` + web + `}`, nil},
		"a grant":                      {`{` + web + `,"grant_types":["authorization_code","refresh_token"],"scope":"openid"}`, []string{"widening /grant_types/1"}},
		"a grant with system scopes":   {`{` + web + `,"grant_types":["authorization_code","client_credentials"],"scope":"system/*.rs"}`, []string{"widening /grant_types/1", "widening /scope"}},
		"another host":                 {`{"redirect_uris":["https://app.example.org/cb","https://evil.example/cb"],"scope":"openid"}`, []string{"widening /redirect_uris/1"}},
		"a host below":                 {`{"redirect_uris":["https://x.app.example.org/cb"],"scope":"openid"}`, []string{"widening /redirect_uris/0"}},
		"another port":                 {`{"redirect_uris":["https://app.example.org:8443/cb"],"scope":"openid"}`, []string{"widening /redirect_uris/0"}},
		"another app's scheme":         {`{"redirect_uris":["org.example.evil:/cb"],"application_type":"native","scope":"openid"}`, []string{"widening /redirect_uris/0"}},
		"another loopback":             {`{"redirect_uris":["http://[::1]/cb"],"application_type":"native","scope":"openid"}`, []string{"widening /redirect_uris/0"}},
		"a scope":                      {`{` + web + `,"scope":"openid fhirUser"}`, []string{"widening /scope"}},
		"another type":                 {`{` + web + `,"scope":"patient/Patient.rs"}`, []string{"widening /scope"}},
		"all types":                    {`{` + web + `,"scope":"patient/*.r"}`, []string{"widening /scope"}},
		"what the policy would strip":  {`{` + web + `,"scope":"openid unheard_of"}`, []string{"widening /scope"}},
		"another letter":               {`{` + web + `,"scope":"patient/Observation.crs"}`, []string{"widening /scope"}},
		"another level":                {`{` + web + `,"scope":"user/Observation.rs"}`, []string{"widening /scope"}},
		"no authentication":            {`{` + web + `,"token_endpoint_auth_method":"none","scope":"openid"}`, []string{"widening /token_endpoint_auth_method"}},
		"narrower in another spelling": {`{` + web + `,"scope":"patient/Observation.read"}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := p.Decide(policy.Request{
				Operation: policy.Update, Metadata: metadata(t, test.body), Registered: metadata(t, registered),
			})
			if got := broken(d); !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
	t.Run("another origin to somebody, whatever rules are off", func(t *testing.T) {
		t.Parallel()
		off := slices.DeleteFunc(policy.BuiltInRules(), func(rule string) bool { return rule == "uri_forbidden_scheme" })
		lax := newPolicy(t, "", everything, policy.BuiltIn{Off: off})
		for _, uri := range []string{
			`https://evil.example\@app.example.org/cb`, `https://evil.example:443\@app.example.org/cb`, `http://[::1]\@127.0.0.1/cb`,
			"http://127.0.0.1:[::1]/cb", "https://\uff41pp.example.org/cb", "https://app\u3002example.org/cb", "https://app%2eexample.org/cb",
			"https://app.example.org./cb", "https://x@app.example.org/cb", "https://app.example.org:0443/cb", "https:app.example.org/cb",
			`https:\\app.example.org\cb`, "https://app.example.org?@evil.example/cb", "https://app.examp\tle.org/cb", "//app.example.org/cb",
		} {
			body := metadata(t, `{`+web+`,"scope":"openid"}`)
			body.SetStrings("redirect_uris", []string{uri})
			d := lax.Decide(policy.Request{Operation: policy.Update, Metadata: body, Registered: metadata(t, registered)})
			if got := broken(d); !slices.Equal(got, []string{"widening /redirect_uris/0"}) {
				t.Errorf("%q: %v", uri, got)
			}
		}
	})
	t.Run("scope absent leaves what there is of the default", func(t *testing.T) {
		t.Parallel()
		d := newPolicy(t, "", policy.Scopes{}, policy.BuiltIn{}).Decide(policy.Request{
			Operation: policy.Update, Metadata: metadata(t, `{`+web+`}`), Registered: metadata(t, registered),
		})
		if got := d.Metadata.String("scope"); got != "launch/patient openid patient/Observation.rs" || !d.Admitted() {
			t.Errorf("got %q, %v", got, broken(d))
		}
	})
	t.Run("protections stay", func(t *testing.T) {
		t.Parallel()
		strong := metadata(t, registered)
		for _, member := range []string{"require_pushed_authorization_requests", "dpop_bound_access_tokens", "tls_client_certificate_bound_access_tokens"} {
			strong.Set(member, true)
		}
		strong.Set("subject_type", "pairwise")
		d := p.Decide(policy.Request{Operation: policy.Update, Metadata: metadata(t, `{`+web+`,"scope":"openid","dpop_bound_access_tokens":false,"post_logout_redirect_uris":["https://evil.example/out","https://app.example.org/out"]}`), Registered: strong})
		want := []string{
			"widening /post_logout_redirect_uris/0", "widening /require_pushed_authorization_requests", "widening /dpop_bound_access_tokens",
			"widening /tls_client_certificate_bound_access_tokens", "widening /subject_type",
		}
		if got := broken(d); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
	t.Run("a method that is unknown is not given up", func(t *testing.T) {
		t.Parallel()
		for has, refused := range map[string]bool{"attest_jwt_client_auth": true, "": true, "none": false} {
			is := metadata(t, registered)
			is.Set("token_endpoint_auth_method", has)
			d := p.Decide(policy.Request{Operation: policy.Update, Metadata: metadata(t, `{`+web+`,"token_endpoint_auth_method":"none","scope":"openid"}`), Registered: is})
			if d.Admitted() == refused {
				t.Errorf("%q: refused is %v", has, !d.Admitted())
			}
		}
	})
	t.Run("a weaker method", func(t *testing.T) {
		t.Parallel()
		strong := metadata(t, registered)
		strong.Set("token_endpoint_auth_method", "private_key_jwt")
		for method, refused := range map[string]bool{"": true, "none": true, "client_secret_post": true, "private_key_jwt": false, "tls_client_auth": false} {
			body := metadata(t, `{`+web+`,"jwks_uri":"https://app.example.org/jwks","scope":"openid"}`)
			if method != "" {
				body.Set("token_endpoint_auth_method", method)
			}
			d := p.Decide(policy.Request{Operation: policy.Update, Metadata: body, Registered: strong})
			if d.Admitted() == refused {
				t.Errorf("%q: refused is %v, want %v: %v", method, !d.Admitted(), refused, broken(d))
			}
		}
	})
}

// TestApplicationTypeOfWhatIsLeft: what kind of app it is shows in the redirect URIs
// that it is registered with, not in those that it asked for.
func TestApplicationTypeOfWhatIsLeft(t *testing.T) {
	t.Parallel()
	const both, native = `{"redirect_uris":["https://app.example.org/cb","org.example.app:/cb"],"token_endpoint_auth_method":"none"}`, `["org.example.app:/cb"]`
	for name, test := range map[string]struct {
		operators, asked string
		limits           *policy.Metadata
		want             string
	}{
		"as asked":           {`{}`, both, nil, "web"},
		"of the policy":      {`{"redirect_uris":{"subset_of":` + native + `}}`, both, nil, "native"},
		"by default":         {`{"redirect_uris":{"default":` + native + `}}`, `{"token_endpoint_auth_method":"none"}`, nil, "native"},
		"of the token":       {`{}`, both, metadata(t, `{"redirect_uris":`+native+`}`), "native"},
		"of none that it is": {`{"redirect_uris":{"subset_of":["https://app.example.org/cb"]}}`, both, nil, "web"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newPolicy(t, test.operators, policy.Scopes{}, policy.BuiltIn{Off: []string{"redirect_uri_https"}}).Decide(policy.Request{
				Operation: policy.Create, Metadata: metadata(t, test.asked), Admission: &policy.Admission{Kind: "jwt", Limits: test.limits},
			})
			if got := d.Metadata.String("application_type"); got != test.want || !d.Admitted() {
				t.Errorf("application_type %q, violated %v", got, broken(d))
			}
		})
	}
}

// TestExcessOfOperators: scopes that the policy's own operators put there are dropped
// where an app cannot have them, and no excess of the caller's.
func TestExcessOfOperators(t *testing.T) {
	t.Parallel()
	const users = `["openid","patient/*.rs"]`
	for name, test := range map[string]struct{ operators, asked, scope, violated string }{
		"default, and none asked for": {`{"scope":{"default":` + users + `}}`, `{` + backend + `}`, "", ""},
		"added":                       {`{"scope":{"add":` + users + `}}`, `{` + backend + `,"scope":"system/*.rs"}`, "system/*.rs", ""},
		"beyond what may be had":      {`{"scope":{"add":["fhirUser"]}}`, `{` + web + `,"scope":"openid"}`, "openid", ""},
		"asked for as well":           {`{"scope":{"add":` + users + `}}`, `{` + backend + `,"scope":"system/*.rs openid"}`, "system/*.rs", "scope_excess /scope"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scopes := policy.Scopes{Allow: []string{"openid", "patient/*.rs", "system/*.rs"}, Excess: "reject"}
			d := newPolicy(t, test.operators, scopes, policy.BuiltIn{}).Decide(policy.Request{Operation: policy.Create, Metadata: metadata(t, test.asked)})
			if got := d.Metadata.String("scope"); got != test.scope || violated(d) != test.violated {
				t.Errorf("scope %q, violated %q", got, violated(d))
			}
		})
	}
}
