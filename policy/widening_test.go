package policy_test

import (
	"slices"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/policy"
)

// guarded is a client that has something in every member that an update can go
// beyond.
const guarded = `{"client_id":"c1","client_secret":"s","registration_client_uri":"https://auth.example.org/register/c1",
	"redirect_uris":["https://app.example.org/cb"],"post_logout_redirect_uris":["https://out.example.org/out"],
	"grant_types":["authorization_code"],"response_types":["code"],"application_type":"web",
	"token_endpoint_auth_method":"private_key_jwt","token_endpoint_auth_signing_alg":"ES384","jwks_uri":"https://keys.example.org/jwks",
	"scope":"openid patient/Observation.rs","client_name":"App","client_uri":"https://www.example.org/",
	"logo_uri":"https://cdn.example.org/logo.png","policy_uri":"https://app.example.org/p","tos_uri":"https://app.example.org/t",
	"id_token_signed_response_alg":"ES256","userinfo_signed_response_alg":"ES256","authorization_signed_response_alg":"ES256",
	"request_object_signing_alg":"ES256","backchannel_authentication_request_signing_alg":"ES256",
	"id_token_encrypted_response_alg":"RSA-OAEP","id_token_encrypted_response_enc":"A256GCM",
	"userinfo_encrypted_response_alg":"RSA-OAEP","userinfo_encrypted_response_enc":"A256GCM",
	"authorization_encrypted_response_alg":"RSA-OAEP","authorization_encrypted_response_enc":"A256GCM",
	"request_object_encryption_alg":"RSA-OAEP","request_object_encryption_enc":"A256GCM",
	"require_pushed_authorization_requests":true,"dpop_bound_access_tokens":true,"tls_client_certificate_bound_access_tokens":true,
	"require_auth_time":true,"backchannel_logout_session_required":true,"frontchannel_logout_session_required":true,
	"backchannel_logout_revoke_offline_tokens":true,"subject_type":"pairwise","sector_identifier_uri":"https://app.example.org/sector",
	"default_max_age":300,"default_acr_values":["gold"],"software_id":"app","backchannel_token_delivery_mode":"poll",
	"backchannel_client_notification_endpoint":"https://app.example.org/ciba","backchannel_logout_uri":"https://app.example.org/bc",
	"frontchannel_logout_uri":"https://app.example.org/fc","initiate_login_uri":"https://app.example.org/login",
	"request_uris":["https://app.example.org/r1"],"tls_client_auth_subject_dn":"CN=app","tls_client_auth_san_dns":"app.example.org",
	"tls_client_auth_san_uri":"https://app.example.org/","tls_client_auth_san_ip":"192.0.2.1","tls_client_auth_san_email":"a@example.org",
	"contacts":["a@example.org"],"software_version":"1"}`

// widenings are changes of one member of the guarded client; nil takes it out.
var widenings = map[string][]string{
	"grant_types":                                    {`["authorization_code","refresh_token"]`, `["client_credentials"]`},
	"response_types":                                 {`["code","token"]`, `["token"]`, `["code id_token"]`, `["code","none","id_token token"]`},
	"redirect_uris":                                  {`["https://evil.example/cb"]`, `["https://app.example.org:8443/cb"]`, `["http://app.example.org/cb"]`, `["https://out.example.org/cb"]`, `["https://keys.example.org/cb"]`},
	"post_logout_redirect_uris":                      {`["https://evil.example/out"]`, `["https://www.example.net/"]`},
	"scope":                                          {`"openid patient/Observation.cruds"`, `"openid patient/*.rs"`, `"system/*.rs"`, `"offline_access"`},
	"token_endpoint_auth_method":                     {`"client_secret_basic"`, `"client_secret_jwt"`, `"none"`, `"attest"`, ""},
	"application_type":                               {`"native"`},
	"token_endpoint_auth_signing_alg":                {`"HS256"`, `"RS256"`, `"none"`, `"XY1"`, `"ESx"`, ""},
	"id_token_signed_response_alg":                   {`"HS256"`, `"RS256"`, `"RS1"`, `"none"`, ""},
	"userinfo_signed_response_alg":                   {`"HS256"`, ""},
	"authorization_signed_response_alg":              {`"HS256"`, `"none"`},
	"request_object_signing_alg":                     {`"HS256"`, `"none"`, `"any"`, ""},
	"backchannel_authentication_request_signing_alg": {`"HS256"`, ""},
	"id_token_encrypted_response_alg":                {`"RSA1_5"`, `"dir"`, `"none"`, `"rsa-oaep"`, ""},
	"id_token_encrypted_response_enc":                {`"none"`, `"A128"`, ""},
	"userinfo_encrypted_response_alg":                {`"RSA1_5"`, `"none"`, ""},
	"userinfo_encrypted_response_enc":                {`"none"`, ""},
	"authorization_encrypted_response_alg":           {`"RSA1_5"`, `"none"`, ""},
	"authorization_encrypted_response_enc":           {`"none"`, ""},
	"request_object_encryption_alg":                  {`"RSA1_5"`, `"none"`, ""},
	"request_object_encryption_enc":                  {`"none"`, ""},
	"require_pushed_authorization_requests":          {`false`, `null`, ""},
	"dpop_bound_access_tokens":                       {`false`, ""},
	"tls_client_certificate_bound_access_tokens":     {`false`, ""},
	"require_auth_time":                              {`false`, ""},
	"backchannel_logout_session_required":            {`false`, ""},
	"frontchannel_logout_session_required":           {`false`, ""},
	"backchannel_logout_revoke_offline_tokens":       {`false`, ""},
	"subject_type":                                   {`"public"`, ""},
	"default_max_age":                                {`301`, `1e9`, `-1`, `null`, ""},
	"default_acr_values":                             {`["silver"]`, `["silver","gold"]`, `[]`, ""},
	"software_id":                                    {`"another"`, ""},
	"backchannel_token_delivery_mode":                {`"push"`, `"ping"`},
	"tls_client_auth_subject_dn":                     {`"CN=evil"`, ""},
	"tls_client_auth_san_dns":                        {`"evil.example"`},
	"tls_client_auth_san_uri":                        {`"https://evil.example/"`},
	"tls_client_auth_san_ip":                         {`"192.0.2.2"`},
	"tls_client_auth_san_email":                      {`"evil@example.org"`},
	"jwks_uri":                                       {`"https://evil.example/jwks"`, `"https://cdn.example.org/jwks"`, `"https://out.example.org/jwks"`, `"https://www.example.org/jwks"`},
	"jwks":                                           {`{"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}`},
	"request_uris":                                   {`["https://evil.example/r"]`, `["https://app.example.org/r1","https://evil.example/r"]`},
	"sector_identifier_uri":                          {`"https://evil.example/sector"`},
	"initiate_login_uri":                             {`"https://evil.example/login"`},
	"frontchannel_logout_uri":                        {`"https://evil.example/fc"`},
	"backchannel_logout_uri":                         {`"https://evil.example/bc"`, `"https://www.example.org/bc"`, `"https://keys.example.org/bc"`},
	"backchannel_client_notification_endpoint":       {`"https://evil.example/ciba"`},
	"client_uri":                                     {`"https://evil.example/"`},
	"logo_uri":                                       {`"https://evil.example/logo.png"`, `"https://out.example.org/logo.png"`},
	"policy_uri":                                     {`"https://evil.example/p"`},
	"tos_uri":                                        {`"https://evil.example/t"`},
}

// lax is a policy without rules of its own and, as far as they can be switched
// off, without built-in ones: what refuses is the widening alone.
func lax(t *testing.T, builtIn policy.BuiltIn) *policy.Policy {
	t.Helper()
	builtIn.Off = slices.DeleteFunc(policy.BuiltInRules(), func(rule string) bool { return rule == "uri_forbidden_scheme" })
	builtIn.AllowGrants = []string{"implicit"}
	return newPolicy(t, "", policy.Scopes{Allow: []string{"openid", "offline_access", "patient/*.cruds", "system/*.cruds"}}, builtIn)
}

func put(t *testing.T, p *policy.Policy, document *policy.Metadata, admission *policy.Admission) policy.Decision {
	t.Helper()
	return p.Decide(policy.Request{
		Operation: policy.Update, Metadata: document, Registered: metadata(t, guarded), Admission: admission,
	})
}

func TestEverySingleWidening(t *testing.T) {
	t.Parallel()
	refuse, allow := lax(t, policy.BuiltIn{}), lax(t, policy.BuiltIn{Widening: policy.WideningAllow})
	vouched := lax(t, policy.BuiltIn{Widening: policy.WideningAdmission})
	if d := put(t, refuse, metadata(t, guarded), nil); !d.Admitted() {
		t.Fatalf("everything that is registered, sent back: %v", broken(d))
	}
	for member, values := range widenings {
		for _, value := range values {
			t.Run(member+" "+value, func(t *testing.T) {
				t.Parallel()
				document := func() *policy.Metadata {
					m := metadata(t, guarded)
					m.Delete(member)
					if value != "" {
						v, _ := metadata(t, `{"v":`+value+`}`).Get("v")
						m.Set(member, v)
					}
					return m
				}
				aims := func(d policy.Decision) bool {
					return slices.ContainsFunc(d.Violations, func(v policy.Violation) bool {
						return v.Rule == "widening" && (v.Pointer == "/"+member || v.Pointer[:len(member)+2] == "/"+member+"/")
					})
				}
				if d := put(t, refuse, document(), nil); !aims(d) {
					t.Errorf("got %v, want a widening of the member", broken(d))
				}
				if d := put(t, vouched, document(), nil); !aims(d) {
					t.Errorf("nobody vouches for it: got %v, want a widening of the member", broken(d))
				}
				// Who vouches for it on a gateway that does not ask for that does not count.
				if d := put(t, refuse, document(), &policy.Admission{Kind: "jwt"}); !aims(d) {
					t.Errorf("with an admission: got %v, want a widening of the member", broken(d))
				}
				for _, d := range []policy.Decision{put(t, allow, document(), nil), put(t, vouched, document(), &policy.Admission{Kind: "jwt"})} {
					if slices.ContainsFunc(d.Violations, func(v policy.Violation) bool { return v.Rule == "widening" }) {
						t.Errorf("got %v, want no widening", broken(d))
					}
				}
			})
		}
	}
}

func TestLanguagesAreBoundToo(t *testing.T) {
	t.Parallel()
	m := metadata(t, guarded)
	m.Set("logo_uri#de", "https://evil.example/logo.png")
	m.Set("client_name#de", "Anwendung")
	if got := broken(put(t, lax(t, policy.BuiltIn{}), m, nil)); !slices.Equal(got, []string{"widening /logo_uri#de"}) {
		t.Errorf("got %v", got)
	}
}

// TestBounds: each registered member has one bound, and each bound that is one a
// widening above.
func TestBounds(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, bound := range policy.Bounds() {
		for _, member := range bound.Members {
			if seen[member] {
				t.Errorf("%s is bound twice", member)
			}
			seen[member] = true
			if (bound.Wider != "") != (len(widenings[member]) > 0) {
				t.Errorf("%s: wider is %q, and there are %d widenings of it", member, bound.Wider, len(widenings[member]))
			}
		}
	}
	for _, member := range registration.MemberNames() {
		dropped := slices.Contains(registration.ServerSet, member) || member == "software_statement"
		if seen[member] == dropped {
			t.Errorf("%s: bound is %v", member, seen[member])
		}
	}
}

// TestUntold: what the server does not tell is taken for not there, so that the
// addresses that users are shown are ones that are known; which software it is, is
// the policy's to judge.
func TestUntold(t *testing.T) {
	t.Parallel()
	p, err := policy.New(policy.Config{
		Unreturned: func(member string) bool {
			return slices.Contains([]string{"logo_uri", "software_id", "application_type", "backchannel_logout_session_required"}, member)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	registered := metadata(t, `{"client_id":"c1",`+web+`,"grant_types":["authorization_code"],"scope":"openid","backchannel_logout_session_required":true}`)
	asked := metadata(t, `{"client_id":"c1",`+web+`,"scope":"openid","logo_uri":"https://cdn.example.net/l.png","policy_uri":"https://app.example.org/p","tos_uri":"https://cdn.example.net/t","software_id":"x","application_type":"native"}`)
	d := p.Decide(policy.Request{Operation: policy.Update, Metadata: asked, Registered: registered})
	if got := broken(d); !slices.Equal(got, []string{"widening /application_type", "widening /logo_uri", "widening /tos_uri"}) {
		t.Errorf("got %v", got)
	}
}

// TestNotYetThere: what a registration does not have, an update does not bring.
func TestNotYetThere(t *testing.T) {
	t.Parallel()
	const plain = `"client_id":"c1","redirect_uris":["https://app.example.org/cb"],"scope":"openid"`
	for members, want := range map[string][]string{
		`"software_id":"x"`:                                         {"widening /software_id"},
		`"backchannel_token_delivery_mode":"push"`:                  {"widening /backchannel_token_delivery_mode"},
		`"backchannel_token_delivery_mode":"poll"`:                  nil,
		`"jwks_uri":"https://keys.example.org/jwks"`:                {"widening /jwks_uri"},
		`"jwks_uri":"https://app.example.org/jwks"`:                 nil,
		`"client_uri":"https://www.example.org/"`:                   {"widening /client_uri"},
		`"id_token_signed_response_alg":"HS256"`:                    {"widening /id_token_signed_response_alg"},
		`"id_token_signed_response_alg":"PS256"`:                    nil,
		`"userinfo_signed_response_alg":"HS256"`:                    nil,
		`"userinfo_signed_response_alg":"x"`:                        {"widening /userinfo_signed_response_alg"},
		`"request_uris":["https://app.example.org/r"]`:              nil,
		`"default_max_age":100,"require_auth_time":true`:            nil,
		`"default_acr_values":["gold"],"subject_type":"pairwise"`:   nil,
		`"tls_client_auth_subject_dn":"CN=app"`:                     nil,
		`"client_name":"Renamed","contacts":["a"]`:                  nil,
		`"redirect_uris":["https://app.example.org/elsewhere?a=b"]`: nil,
	} {
		document := metadata(t, `{`+plain+`}`)
		for _, m := range metadata(t, `{`+members+`}`).Members() {
			document.Set(m.Name, m.Value)
		}
		d := lax(t, policy.BuiltIn{}).Decide(policy.Request{Operation: policy.Update, Metadata: document, Registered: metadata(t, `{`+plain+`}`)})
		if got := broken(d); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", members, got, want)
		}
	}
}

// TestWideningOfThePolicy: an address that the operator's policy gives every app is
// no app's widening.
func TestWideningOfThePolicy(t *testing.T) {
	t.Parallel()
	p := newPolicy(t, `{"tos_uri":{"value":"https://operator.example/terms"},"logo_uri":{"default":"https://operator.example/logo.png"}}`,
		policy.Scopes{}, policy.BuiltIn{})
	for logo, want := range map[string][]string{
		``: nil,
		`,"logo_uri":"https://operator.example/logo.png"`: nil, // as it was answered
		`,"logo_uri":"https://operator.example/evil.png"`: {"widening /logo_uri"},
		`,"tos_uri":"https://evil.example/"`:              nil,
	} {
		d := p.Decide(policy.Request{
			Operation: policy.Update, Metadata: metadata(t, `{"client_id":"c1",`+web+`,"scope":"openid"`+logo+`}`),
			Registered: metadata(t, `{"client_id":"c1",`+web+`,"grant_types":["authorization_code"],"scope":"openid"}`),
		})
		if got := broken(d); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", logo, got, want)
		}
	}
}

// TestResponsesOfAServer: servers list other combinations of the same parts.
func TestResponsesOfAServer(t *testing.T) {
	t.Parallel()
	const client = `"client_id":"c1","redirect_uris":["https://app.example.org/cb"],"grant_types":["authorization_code","implicit"],"scope":"openid"`
	registered := metadata(t, `{`+client+`,"response_types":["code","id_token","id_token token","code id_token"]}`)
	for _, types := range []string{`["code","token"]`, `["code id_token token"]`, `["none","code"]`} {
		d := lax(t, policy.BuiltIn{}).Decide(policy.Request{
			Operation: policy.Update, Metadata: metadata(t, `{`+client+`,"response_types":`+types+`}`), Registered: registered,
		})
		if !d.Admitted() {
			t.Errorf("%s: %v", types, broken(d))
		}
	}
}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	for mode, want := range map[policy.ReadOnly][]string{
		"":                    nil,
		policy.ReadOnlyEqual:  nil,
		policy.ReadOnlyStrict: {"read_only /registration_client_uri"},
	} {
		if got := broken(put(t, lax(t, policy.BuiltIn{ReadOnly: mode}), metadata(t, guarded), nil)); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", mode, got, want)
		}
	}
	other := metadata(t, guarded)
	other.Set("client_id", "c2")
	other.Set("client_secret", "mine")
	other.Set("registration_client_uri", "https://evil.example/register/c1")
	want := []string{"client_id /client_id", "read_only /client_secret", "read_only /registration_client_uri"}
	if got := broken(put(t, lax(t, policy.BuiltIn{}), other, nil)); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestVouchedUpdate: somebody who vouches for an update limits it as he would a
// registration, and profiles and rules see him.
func TestVouchedUpdate(t *testing.T) {
	t.Parallel()
	p, err := policy.New(policy.Config{
		Rules: []policy.Rule{{Name: "vouched", Expression: `token != null`, Message: "somebody has to vouch for it", On: "update"}},
		Profiles: []policy.Profile{
			{Name: "partners", Match: &policy.Match{Token: policy.TokenMatch{Issuer: []string{"https://portal.example.org"}}}},
			{Name: "others"},
		},
		Scopes:  policy.Scopes{Allow: []string{"openid", "patient/*.rs"}},
		BuiltIn: policy.BuiltIn{Widening: policy.WideningAdmission},
	})
	if err != nil {
		t.Fatal(err)
	}
	const registered = `{"client_id":"c1",` + web + `,"grant_types":["authorization_code"],"scope":"openid"}`
	for name, test := range map[string]struct {
		admission *policy.Admission
		profile   string
		scope     string
		broken    []string
	}{
		"nobody vouches": {nil, "others", "openid patient/*.rs", []string{"vouched ", "widening /scope"}},
		"a partner": {
			&policy.Admission{Kind: "jwt", Issuer: "https://portal.example.org"}, "partners", "openid patient/*.rs", nil,
		},
		"a partner who limits": {
			&policy.Admission{Kind: "jwt", Issuer: "https://portal.example.org", Limits: metadata(t, `{"scope":"openid patient/Patient.rs"}`)},
			"partners", "openid patient/Patient.rs", nil,
		},
		"another portal": {&policy.Admission{Kind: "jwt", Issuer: "https://other.example.org"}, "others", "openid patient/*.rs", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := p.Decide(policy.Request{
				Operation: policy.Update, Registered: metadata(t, registered), Admission: test.admission,
				Metadata: metadata(t, `{"client_id":"c1",`+web+`,"scope":"openid patient/*.rs"}`),
			})
			if got := broken(d); !slices.Equal(got, test.broken) || d.Profile != test.profile || d.Metadata.String("scope") != test.scope {
				t.Errorf("got %v of profile %s with scope %q", got, d.Profile, d.Metadata.String("scope"))
			}
		})
	}
}

func TestWideningErrors(t *testing.T) {
	t.Parallel()
	matched := []policy.Profile{{Name: "partners", Match: &policy.Match{Token: policy.TokenMatch{Kind: []string{"jwt"}}}}, {Name: "others"}}
	for name, config := range map[string]policy.Config{
		"no such answer":             {BuiltIn: policy.BuiltIn{Widening: "sometimes"}},
		"no such reading":            {BuiltIn: policy.BuiltIn{ReadOnly: "never"}},
		"profile matched on a token": {BuiltIn: policy.BuiltIn{Widening: policy.WideningAllow}, Profiles: matched},
	} {
		if _, err := policy.New(config); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for _, mode := range []policy.Widening{"", policy.WideningRefuse, policy.WideningAdmission} {
		if _, err := policy.New(policy.Config{BuiltIn: policy.BuiltIn{Widening: mode}, Profiles: matched}); err != nil {
			t.Errorf("%q: %v", mode, err)
		}
	}
}
