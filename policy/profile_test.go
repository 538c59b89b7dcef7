package policy_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/policy"
)

// parsed compiles a policy document.
func parsed(t testing.TB, document string) *policy.Policy {
	t.Helper()
	config, err := policy.Parse([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func jwtAdmission(t testing.TB, claims string) *policy.Admission {
	t.Helper()
	c := metadata(t, claims)
	return &policy.Admission{Kind: "jwt", Issuer: c.String("iss"), Claims: c}
}

// TestProfileOf: which profile is for which app, in the order in which they are
// written.
func TestProfileOf(t *testing.T) {
	t.Parallel()
	const (
		classes = `{"profiles":[{"name":"provider"},{"name":"backend"},{"name":"patient"}]}`
		presets = `{"profiles":[{"name":"a","preset":"public"},{"name":"b","preset":"confidential_symmetric"},{"name":"c","preset":"confidential_asymmetric"},{"name":"d","preset":"backend_services"}]}`
		tokens  = `{"profiles":[
			{"name":"gold","match":{"class":"patient","token":{"kind":["jwt"],"issuer":["https://portal.example"],"claims":{"tier":["gold","platinum"]}}}},
			{"name":"other","match":{"metadata":{"software_id":{"one_of":["x"],"essential":true}}}},
			{"name":"rest","match":{"token":{"kind":["jwt","open"]}}}]}`
		defaults = `{"metadata_policy":{"token_endpoint_auth_method":{"default":"none"},"grant_types":{"default":["client_credentials"]}},"profiles":[{"name":"public","match":{"metadata":{"token_endpoint_auth_method":{"one_of":["none"]},"grant_types":{"superset_of":["client_credentials"]}}}}]}`
	)
	gold := jwtAdmission(t, `{"iss":"https://portal.example","tier":["silver","gold"]}`)
	for name, test := range map[string]struct {
		policy, body string
		admission    *policy.Admission
		want         string
	}{
		"without profiles, a user's app":   {`{}`, `{` + web + `}`, nil, "patient"},
		"without profiles, a service":      {`{}`, `{` + backend + `}`, nil, "backend"},
		"patient by class":                 {classes, `{` + web + `,"scope":"openid patient/*.rs"}`, nil, "patient"},
		"patient when no grant is named":   {classes, `{` + web + `,"grant_types":[]}`, nil, "patient"},
		"provider by its scopes":           {classes, `{` + web + `,"scope":"openid user/*.rs"}`, nil, "provider"},
		"backend by its grants":            {classes, `{` + backend + `}`, nil, "backend"},
		"backend, whatever it asks":        {classes, `{` + backend + `,"scope":"user/*.rs"}`, nil, "backend"},
		"a grant twice is one":             {classes, `{"grant_types":["client_credentials","client_credentials"]}`, nil, "backend"},
		"public":                           {presets, `{` + web + `,"token_endpoint_auth_method":"none"}`, nil, "a"},
		"symmetric is what absent means":   {presets, `{` + web + `}`, nil, "b"},
		"asymmetric":                       {presets, `{` + web + `,"token_endpoint_auth_method":"private_key_jwt"}`, nil, "c"},
		"backend services":                 {presets, `{` + backend + `}`, nil, "d"},
		"none is for a certificate":        {presets, `{` + web + `,"token_endpoint_auth_method":"tls_client_auth"}`, nil, ""},
		"by claims":                        {tokens, `{` + web + `}`, gold, "gold"},
		"by claims, and the class is not":  {tokens, `{` + backend + `}`, gold, "rest"},
		"by issuer, which is another":      {tokens, `{` + web + `}`, jwtAdmission(t, `{"iss":"https://other.example","tier":"gold"}`), "rest"},
		"by claims, which are others":      {tokens, `{` + web + `}`, jwtAdmission(t, `{"iss":"https://portal.example","tier":"silver"}`), "rest"},
		"by metadata":                      {tokens, `{` + web + `,"software_id":"x"}`, nil, "other"},
		"by metadata that is of no type":   {tokens, `{` + web + `,"software_id":["x"]}`, &policy.Admission{Kind: "open"}, "rest"},
		"by kind":                          {tokens, `{` + web + `}`, &policy.Admission{Kind: "open"}, "rest"},
		"claims of an unverified token":    {tokens, `{` + web + `}`, &policy.Admission{Kind: "passthrough", Issuer: "https://portal.example"}, ""},
		"nobody vouches":                   {tokens, `{` + web + `}`, nil, ""},
		"what the policy makes of absence": {defaults, `{}`, nil, "public"},
		"and of what is there":             {defaults, `{` + web + `,"grant_types":["authorization_code"]}`, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := parsed(t, test.policy).Decide(policy.Request{
				Operation: policy.Create, Metadata: metadata(t, test.body), Admission: test.admission,
			})
			if d.Profile != test.want {
				t.Errorf("got profile %q, want %q", d.Profile, test.want)
			}
			if refused := slices.Contains(broken(d), "profile "); refused != (test.want == "") {
				t.Errorf("refused for want of a profile: %v; %v", refused, broken(d))
			}
		})
	}
}

// TestProfileLayers: a profile narrows the policy, its default replaces the
// policy's, and what it forbids is said to be its.
func TestProfileLayers(t *testing.T) {
	t.Parallel()
	p := parsed(t, `{
		"metadata_policy": {
			"client_name": {"default": "An app", "max_length": 20},
			"contacts": {"essential": true},
			"grant_types": {"subset_of": ["authorization_code", "refresh_token", "client_credentials"]}
		},
		"rules": [{"name": "named", "expression": "has(metadata.client_name)", "message": "a name"}],
		"profiles": [
			{"name": "backend", "metadata_policy": {"client_name": {"default": "A service"}}},
			{"name": "patient", "metadata_policy": {"client_name": {"default": "A patient app", "max_length": 10}, "grant_types": {"subset_of": ["authorization_code"]}},
			 "rules": [{"name": "one_uri", "expression": "metadata.redirect_uris.size() == 1", "message": "one"}]}
		]
	}`)
	d := p.Decide(policy.Request{Operation: policy.Create, Metadata: metadata(t, `{`+backend+`,"contacts":["a"]}`)})
	if !d.Admitted() || d.Metadata.String("client_name") != "A service" {
		t.Errorf("got %s, %v", d.Metadata.Encode(), broken(d))
	}
	d = p.Decide(policy.Request{Operation: policy.Create, Metadata: metadata(t,
		`{"redirect_uris":["https://a.example/1","https://a.example/2"],"grant_types":["authorization_code","refresh_token"]}`)})
	var said []string
	for _, v := range d.Violations {
		said = append(said, v.Layer+": "+v.Rule+" "+v.Pointer)
	}
	want := []string{"profile patient: max_length /client_name", "policy: essential /contacts", "profile patient: one_uri "}
	if !slices.Equal(said, want) {
		t.Errorf("got %q, want %q", said, want)
	}
	i := slices.IndexFunc(d.Changes, func(c policy.Change) bool { return c.Member == "grant_types" })
	if i < 0 || d.Changes[i].Layer != "policy, profile patient" {
		t.Errorf("changes: %+v", d.Changes)
	}
}

// TestProfileUpdate: nobody vouches for an update, so what is said of the token
// is passed over, and what the server does not return is not asked for.
func TestProfileUpdate(t *testing.T) {
	t.Parallel()
	config, err := policy.Parse([]byte(`{
		"metadata_policy": {"contacts": {"essential": true, "max_count": 1}, "client_name": {"essential": true}},
		"profiles": [{"name": "gold", "match": {"token": {"claims": {"tier": ["gold"]}}, "metadata": {"software_id": {"one_of": ["x"], "essential": true}}}}]
	}`))
	if err != nil {
		t.Fatal(err)
	}
	config.Unreturned = func(member string) bool { return member == "contacts" || member == "software_id" }
	p, err := policy.New(config)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.CreateOnly(); !slices.Equal(got, []string{"contacts"}) {
		t.Errorf("for new registrations only: %v", got)
	}
	registered := metadata(t, `{`+web+`,"grant_types":["authorization_code"],"scope":"openid"}`)
	for body, want := range map[string][]string{
		`{` + web + `,"client_name":"A"}`:                                     nil,
		`{` + web + `}`:                                                       {"essential /client_name"},
		`{` + web + `,"client_name":"A","contacts":["a","b"]}`:                {"max_count /contacts"},
		`{` + web + `,"client_name":"A","software_id":"y"}`:                   {"profile "},
		`{` + web + `,"client_name":"A","scope":"openid patient/*.rs"}`:       {"widening /scope"},
		`{` + web + `,"client_name":"A","software_id":"x","contacts":["a"]} `: nil,
	} {
		d := p.Decide(policy.Request{Operation: policy.Update, Metadata: metadata(t, body), Registered: registered})
		if got := broken(d); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", body, got, want)
		}
	}
	d := p.Decide(policy.Request{
		Operation: policy.Create, Metadata: metadata(t, `{`+web+`,"client_name":"A","software_id":"x"}`),
		Admission: jwtAdmission(t, `{"tier":"gold"}`),
	})
	if got := broken(d); !slices.Equal(got, []string{"essential /contacts"}) {
		t.Errorf("a new registration: %v", got)
	}
}

// TestProfileOfUpdate: nobody is judged by the profile of others because it is the
// laxer one, and nobody who needed it loses what it gave.
func TestProfileOfUpdate(t *testing.T) {
	t.Parallel()
	p := parsed(t, `{"profiles":[
		{"name":"gold","match":{"token":{"claims":{"tier":["gold"]}}},"scopes":{"allow":["openid","patient/*.cruds"]}},
		{"name":"patient","metadata_policy":{"client_name":{"pattern":["App.*"]},"redirect_uris":{"path_prefix":["/cb"],"max_count":1}}}]}`)
	const clients = `{"client_secret":"s","redirect_uris":["https://app.example.org/cb"],"client_name":"App","grant_types":["authorization_code"],"response_types":["code"],"token_endpoint_auth_method":"client_secret_basic"`
	for name, test := range map[string]struct{ registered, asked, profile, violated string }{
		"one of a patient app's":     {clients + `,"scope":"openid"}`, `{"redirect_uris":["https://app.example.org/cb"],"client_name":"App two","scope":"openid"}`, "patient", ""},
		"that would be gold":         {clients + `,"scope":"openid"}`, `{"redirect_uris":["https://app.example.org/cb","https://app.example.org/other"],"client_name":"Evil BANK","scope":"openid"}`, "patient", "pattern /client_name, max_count /redirect_uris, path_prefix /redirect_uris/1"},
		"of one that only gold made": {clients + `,"scope":"openid patient/*.cruds"}`, `{"redirect_uris":["https://app.example.org/cb"],"client_name":"Gold","scope":"openid patient/*.cruds"}`, "gold", ""},
		"of one that nobody made":    {clients + `,"scope":"system/*.rs"}`, `{"redirect_uris":["https://app.example.org/cb"],"client_name":"App","scope":"openid"}`, "patient", "widening /scope"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := p.Decide(policy.Request{Operation: policy.Update, Metadata: metadata(t, test.asked), Registered: metadata(t, test.registered)})
			if d.Profile != test.profile || violated(d) != violatedSorted(test.violated) {
				t.Errorf("profile %s, violated %s", d.Profile, violated(d))
			}
		})
	}
}

// TestProfileOfUpdateWithRules: the rules of the profile that is tried on what is
// registered see of the update what there is to see.
func TestProfileOfUpdateWithRules(t *testing.T) {
	t.Parallel()
	for _, rule := range []string{
		`previous.client_name == metadata.client_name`,
		`now < timestamp('2099-01-01T00:00:00Z')`,
		`request.remote_ip.startsWith('192.0.2.')`,
		`token == null`,
	} {
		p := parsed(t, `{"profiles":[{"name":"gold","match":{"token":{"kind":["jwt"]}}},
			{"name":"patient","metadata_policy":{"redirect_uris":{"path_prefix":["/cb"]}},"rules":[{"name":"a_rule","expression":"`+rule+`","message":"no"}]}]}`)
		d := p.Decide(policy.Request{
			Operation: policy.Update, Now: time.Now(), RemoteIP: "192.0.2.7",
			Metadata:   metadata(t, `{"client_id":"c1","client_name":"App","redirect_uris":["https://app.example.org/elsewhere"],"scope":"openid"}`),
			Registered: metadata(t, `{"client_id":"c1","client_name":"App","redirect_uris":["https://app.example.org/cb"],"grant_types":["authorization_code"],"scope":"openid"}`),
		})
		if d.Profile != "patient" || violated(d) != "path_prefix /redirect_uris/0" {
			t.Errorf("%s: profile %s, violated %s", rule, d.Profile, violated(d))
		}
	}
}

// TestProfileOfUntoldMembers: what the server does not return says nothing of what
// was registered, whether an update leaves it out or names it anew.
func TestProfileOfUntoldMembers(t *testing.T) {
	t.Parallel()
	config, err := policy.Parse([]byte(`{"profiles":[
		{"name":"partners","match":{"metadata":{"software_id":{"one_of":["portal-one"],"essential":true}}},
			"metadata_policy":{"redirect_uris":{"hosts":["*.partner.example"]}},"scopes":{"allow":["openid","patient/*.cruds"]}},
		{"name":"patient","metadata_policy":{"client_name":{"pattern":["App.*"]}}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	config.Unreturned = func(member string) bool { return member == "software_id" }
	config.BuiltIn.Widening = policy.WideningAdmission
	p, err := policy.New(config)
	if err != nil {
		t.Fatal(err)
	}
	const ours, partners = `"redirect_uris":["https://app.example.org/cb"]`, `"redirect_uris":["https://app.partner.example/cb"]`
	const rest = `,"grant_types":["authorization_code"],"response_types":["code"],"token_endpoint_auth_method":"client_secret_basic"`
	vouched := &policy.Admission{Kind: "jwt"}
	for name, test := range map[string]struct {
		registered, asked string
		admission         *policy.Admission
		profile, violated string
	}{
		"one of all others":            {ours + `,"client_name":"App","scope":"openid"`, ours + `,"client_name":"App two","scope":"openid"`, nil, "patient", ""},
		"that would be a partner's":    {ours + `,"client_name":"App","scope":"openid"`, ours + `,"client_name":"Bank","scope":"openid"`, nil, "patient", "pattern /client_name"},
		"and says so":                  {ours + `,"client_name":"App","scope":"openid"`, ours + `,"client_name":"Bank","scope":"openid","software_id":"portal-one"`, nil, "patient", "pattern /client_name"},
		"a partner's":                  {partners + `,"client_name":"Bank","scope":"openid patient/*.cruds"`, partners + `,"client_name":"Bank","scope":"openid patient/*.cruds"`, nil, "partners", ""},
		"a partner's that goes abroad": {partners + `,"client_name":"Bank","scope":"openid"`, ours + `,"client_name":"Bank","scope":"openid"`, nil, "partners", "hosts /redirect_uris/0, widening /redirect_uris/0"},
		"vouched for as a partner's":   {ours + `,"client_name":"App","scope":"openid"`, partners + `,"client_name":"Bank","scope":"openid","software_id":"portal-one"`, vouched, "partners", ""},
		"vouched for as another":       {ours + `,"client_name":"App","scope":"openid"`, ours + `,"client_name":"Bank","scope":"openid"`, vouched, "patient", "pattern /client_name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := p.Decide(policy.Request{
				Operation: policy.Update, Metadata: metadata(t, `{`+test.asked+`}`), Registered: metadata(t, `{`+test.registered+rest+`}`),
				Admission: test.admission,
			})
			if d.Profile != test.profile || violated(d) != violatedSorted(test.violated) {
				t.Errorf("profile %s, violated %s", d.Profile, violated(d))
			}
		})
	}
}

func violatedSorted(s string) string {
	rules := strings.Split(s, ", ")
	slices.Sort(rules)
	return strings.Join(rules, ", ")
}

// TestProfileScopes: whose scopes hold.
func TestProfileScopes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		scopes, profiles, body string
		want                   string // the scope, or what is violated
	}{
		"a class's own default":               {`{}`, `[{"name":"provider"}]`, `"scope":"user/*.cruds"`, "user/*.rs"},
		"a provider app that names nothing":   {`{}`, `[{"name":"gp","match":{"class":"provider"}},{"name":"patient"}]`, ``, "launch/patient openid fhirUser patient/*.rs"},
		"the profile's default":               {`{"default":["openid"]}`, `[{"name":"patient","scopes":{"default":["fhirUser"]}}]`, ``, "fhirUser"},
		"both lists hold":                     {`{"allow":["openid","patient/*.rs"]}`, `[{"name":"patient","scopes":{"allow":["patient/*.cruds","fhirUser"]}}]`, `"scope":"openid fhirUser patient/*.cruds"`, "patient/*.rs"},
		"the policy's default gives way":      {`{"default":["openid","fhirUser"]}`, `[{"name":"patient","scopes":{"allow":["openid"]}}]`, ``, "openid"},
		"either refuses":                      {`{"excess":"reject","allow":["openid"]}`, `[{"name":"patient","scopes":{"excess":"strip","allow":["openid"]}}]`, `"scope":"openid fhirUser"`, "scope_excess /scope"},
		"the profile injects always":          {`{"allow":["openid","fhirUser"],"default":["openid"]}`, `[{"name":"patient","scopes":{"inject":"always"}}]`, `"scope":"fhirUser"`, "fhirUser openid"},
		"none left of what was asked":         {`{"allow":["openid"]}`, `[{"name":"patient","scopes":{"allow":["fhirUser"]}}]`, `"scope":"openid"`, "scope_none_left /scope"},
		"the strictest on unknown types":      {`{"unknown_types":"refuse","allow":["patient/*.rs"]}`, `[{"name":"patient","scopes":{"unknown_types":"accept"}}]`, `"scope":"patient/Procedures.rs"`, "scope_resource_type /scope"},
		"denied nothing":                      {`{"deny":[],"allow":["openid"]}`, `[{"name":"patient","scopes":{"deny":[]}}]`, `"scope":"openid"`, "openid"},
		"a service's scopes are not a user's": {`{"allow":["openid","system/*.rs"],"excess":"reject"}`, `[{"name":"patient"}]`, `"scope":"openid system/*.rs"`, "scope_excess /scope"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := web
			if test.body != "" {
				body += "," + test.body
			}
			d := parsed(t, `{"scopes":`+test.scopes+`,"profiles":`+test.profiles+`}`).
				Decide(policy.Request{Metadata: metadata(t, `{`+body+`}`)})
			got := d.Metadata.String("scope")
			if !d.Admitted() {
				got = strings.Join(broken(d), ", ")
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestImpossibleProfiles: what can never be as it is meant is an error at load.
func TestImpossibleProfiles(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ document, want string }{
		{`{"profiles":[{"name":""}]}`, `profile "": the name must be`},
		{`{"profiles":[{"name":"a b"}]}`, `profile "a b": the name must be`},
		{`{"profiles":[{"name":"backend"},{"name":"backend"}]}`, "profile backend is there twice"},
		{`{"profiles":[{"name":"all"},{"name":"patient"}]}`, "profile patient is never chosen: profile all before it"},
		{`{"profiles":[{"name":"patient"},{"name":"provider"}]}`, "profile provider is never chosen: profile patient before it"},
		{`{"profiles":[{"name":"a","preset":"gold"}]}`, `profile a: there is no preset "gold" (presets: public, `},
		{`{"profiles":[{"name":"a","match":{"class":"doctor"}}]}`, `profile a: match: class is "doctor"`},
		{`{"profiles":[{"name":"a","match":{"token":{"kind":["jwk"]}}}]}`, `profile a: match: token: kind is "jwk"`},
		{`{"profiles":[{"name":"a","match":{"token":{"issuer":[]}}}]}`, "a condition needs at least one value"},
		{`{"profiles":[{"name":"a","match":{"token":{"issuer":[""]}}}]}`, "an issuer is empty"},
		{`{"profiles":[{"name":"a","match":{"token":{"kind":["open"],"issuer":["x"]}}}]}`, "issuer and claims are known of the kind jwt only"},
		{`{"profiles":[{"name":"a","preset":"public"},{"name":"b","preset":"public"}]}`, "profile b is never chosen: profile a before it"},
		{`{"profiles":[{"name":"a","match":{"token":{"claims":{"x":[]}}}}]}`, `claim "x" needs at least one value`},
		{`{"profiles":[{"name":"a","match":{"metadata":{"x":{"is":1}}}}]}`, `match: member "x": is: there is no such operator`},
		{`{"metadata_policy":{"client_name":{"value":"A"}},"profiles":[{"name":"a","metadata_policy":{"client_name":{"value":"B"}}}]}`, `policy, profile a: member "client_name": value: the values must be equal`},
		{`{"profiles":[{"name":"a","preset":"public","metadata_policy":{"token_endpoint_auth_method":{"one_of":["private_key_jwt"]}}}]}`, `preset public, profile a: member "token_endpoint_auth_method"`},
		{`{"rules":[{"name":"r","expression":"true","message":"m"}],"profiles":[{"name":"a","rules":[{"name":"r","expression":"true","message":"m"}]}]}`, "profile a: rule r is there twice"},
		{`{"profiles":[{"name":"a","scopes":{"default":["fhirUser"],"allow":["openid"]}}]}`, `default scope "fhirUser" of profile a is not among those allowed by profile a`},
		{`{"scopes":{"allow":["openid"]},"profiles":[{"name":"a","scopes":{"default":["fhirUser"]}}]}`, `default scope "fhirUser" of profile a is not among those allowed by policy`},
		{`{"profiles":[{"name":"a","scopes":{"excess":"drop"}}]}`, `profile a: scopes: excess is "drop"`},
	} {
		config, err := policy.Parse([]byte(test.document))
		if err == nil {
			_, err = policy.New(config)
		}
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want something with %q", test.document, err, test.want)
		}
	}
}

// TestPresets: each preset takes the app that it is for and refuses what SMART
// App Launch does.
func TestPresets(t *testing.T) {
	t.Parallel()
	const (
		rsa   = `{"kty":"RSA","kid":"1","e":"AQAB","n":"` + rsa2048 + `"}`
		keyed = `"token_endpoint_auth_method":"private_key_jwt","jwks":{"keys":[` + rsa + `]}`
	)
	for name, test := range map[string]struct {
		preset, body string
		want         []string
	}{
		"public":                         {"public", `{` + web + `,"token_endpoint_auth_method":"none"}`, nil},
		"public without redirect URIs":   {"public", `{"token_endpoint_auth_method":"none"}`, []string{"essential /redirect_uris", "redirect_uris_required /redirect_uris"}},
		"symmetric":                      {"confidential_symmetric", `{` + web + `}`, nil},
		"symmetric by a JWT":             {"confidential_symmetric", `{` + web + `,"token_endpoint_auth_method":"client_secret_jwt"}`, []string{"one_of /token_endpoint_auth_method"}},
		"asymmetric":                     {"confidential_asymmetric", `{` + web + `,` + keyed + `}`, nil},
		"asymmetric, another algorithm":  {"confidential_asymmetric", `{` + web + `,` + keyed + `,"token_endpoint_auth_signing_alg":"RS256"}`, []string{"one_of /token_endpoint_auth_signing_alg"}},
		"asymmetric, a key with no name": {"confidential_asymmetric", `{` + web + `,"token_endpoint_auth_method":"private_key_jwt","jwks":{"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}}`, []string{"curves /jwks/keys/0/crv", "key_ids /jwks/keys/0/kid"}},
		"backend":                        {"backend_services", `{"grant_types":["client_credentials"],` + keyed + `}`, nil},
		"backend with a secret":          {"backend_services", `{"grant_types":["client_credentials"],"token_endpoint_auth_method":"client_secret_basic"}`, []string{"one_of /token_endpoint_auth_method"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := parsed(t, `{"profiles":[{"name":"it","preset":"`+test.preset+`"}]}`)
			d := p.Decide(policy.Request{Operation: policy.Create, Metadata: metadata(t, test.body)})
			if got := broken(d); d.Profile != "it" || !slices.Equal(got, test.want) {
				t.Errorf("profile %q: got %v, want %v", d.Profile, got, test.want)
			}
		})
	}
	// A preset that is printed and copied is the same preset.
	for _, name := range policy.Presets() {
		text, err := policy.PresetDocument(name)
		if err != nil {
			t.Fatal(err)
		}
		copied := parsed(t, `{"profiles":[`+strings.Replace(string(text), "{", `{"name":"it",`, 1)+`]}`)
		used := parsed(t, `{"profiles":[{"name":"it","preset":"`+name+`"}]}`)
		for _, member := range []string{"metadata_policy", "match"} {
			is, _ := copied.Document().Get("profiles")
			want, _ := used.Document().Get("profiles")
			a, _ := is.([]any)[0].(*policy.Metadata).Get(member)
			b, _ := want.([]any)[0].(*policy.Metadata).Get(member)
			if !registration.Equal(a, b) {
				t.Errorf("preset %s: the copy's %s is another", name, member)
			}
		}
	}
}

const rsa2048 = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"

// TestNoProfile: a registration that no profile is for is told, for each, what it
// misses first, as the configuration has it, and of a token no more than that it is
// another's.
func TestNoProfile(t *testing.T) {
	t.Parallel()
	p := parsed(t, `{"profiles":[
		{"name":"services","match":{"class":"backend"}},
		{"name":"partners","match":{"class":"patient","token":{"claims":{"tier":["gold"]}}}},
		{"name":"portal","match":{"metadata":{"software_id":{"one_of":["a","b"],"essential":true}}}},
		{"name":"named","match":{"metadata":{"client_name":{"essential":true},"contacts":{"max_count":1}}}}]}`)
	for body, want := range map[string]string{
		`{` + web + `}`: "services: class backend|partners: another token|portal: metadata software_id essential|named: metadata client_name essential",
		`{` + web + `,"software_id":"c","client_name":"A","contacts":["a","b"]}`: "services: class backend|partners: another token|portal: metadata software_id one_of a b|named: metadata contacts max_count 1",
	} {
		d := p.Decide(policy.Request{Operation: policy.Create, Metadata: metadata(t, body), Admission: jwtAdmission(t, `{"tier":"silver"}`)})
		i := slices.IndexFunc(d.Violations, func(v policy.Violation) bool { return v.Rule == "profile" })
		if i < 0 || strings.Join(d.Violations[i].Allowed, "|") != want {
			t.Errorf("%s: %+v", body, d.Violations)
		}
	}
}

// TestOutOfReach: profiles for tokens that nobody is admitted with.
func TestOutOfReach(t *testing.T) {
	t.Parallel()
	p, err := policy.New(policy.Config{Profiles: []policy.Profile{
		{Name: "passed_on", Match: &policy.Match{Token: policy.TokenMatch{Kind: []string{"passthrough"}}}},
		{Name: "of_a_portal", Match: &policy.Match{Token: policy.TokenMatch{Issuer: []string{"https://portal.example", "https://clinic.example"}}}},
		{Name: "gold", Match: &policy.Match{Token: policy.TokenMatch{Claims: map[string][]string{"tier": {"gold"}}}}},
		{Name: "all"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		ways []policy.Admission
		want []string
	}{
		"passthrough alone":   {[]policy.Admission{{Kind: "passthrough"}}, []string{"of_a_portal", "gold"}},
		"one of the issuers":  {[]policy.Admission{{Kind: "jwt", Issuer: "https://clinic.example"}}, []string{"passed_on"}},
		"any issuer":          {[]policy.Admission{{Kind: "jwt"}, {Kind: "passthrough"}}, nil},
		"a slash at the end":  {[]policy.Admission{{Kind: "passthrough"}, {Kind: "jwt", Issuer: "https://clinic.example/"}}, []string{"of_a_portal"}},
		"not verified by him": {[]policy.Admission{{Kind: "passthrough", Issuer: "https://clinic.example"}}, []string{"of_a_portal", "gold"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := p.OutOfReach(test.ways); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
