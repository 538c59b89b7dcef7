package smartregistration_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestProfiles: each part of a profile changes what happens.
func TestProfiles(t *testing.T) {
	s := newServer(t, echo)
	kc := bearer(initialToken)
	portalToken := func(claims string) string { return bearer(hmacToken(portalSecret, claims)) }
	portalBlock := func(lines string) string {
		return strings.Replace(portal, "secret ", lines+"\nsecret ", 1) + "upstream_credential bearer ours\n"
	}
	const (
		service = `{"grant_types":["client_credentials"],"scope":"system/*.rs"}`
		public  = `{"redirect_uris":["https://app.example.org/cb"],"token_endpoint_auth_method":"none"}`
	)
	for name, test := range map[string]struct {
		lines, token, body string
		status             int
		says               string // in the answer
	}{
		"a class that there is a profile for":  {passthrough + "profile backend {\nscopes {\nallow system/*.rs\n}\n}", kc, service, 201, `"scope":"system/*.rs"`},
		"a class that there is none for":       {passthrough + "profile backend {\nscopes {\nallow system/*.rs\n}\n}", kc, app, 400, `"profile: no profile is for such an app (profiles: backend)"`},
		"preset":                               {passthrough + "profile apps {\npreset public\n}", kc, public, 201, `"token_endpoint_auth_method":"none"`},
		"preset that is for others":            {passthrough + "profile apps {\npreset public\n}", kc, app, 400, "no profile"},
		"match: class":                         {passthrough + "profile gp {\nmatch {\nclass provider\n}\n}", kc, app, 400, "no profile"},
		"match: metadata":                      {passthrough + "profile x {\nmatch {\nmetadata client_name one_of Other\n}\n}", kc, app, 400, "no profile"},
		"match: token kind":                    {passthrough + "profile x {\nmatch {\ntoken kind jwt\n}\n}", kc, app, 400, "no profile"},
		"match: token issuer":                  {portalBlock("") + "profile x {\nmatch {\ntoken issuer https://a.example\n}\n}", portalToken(`{"iss":"https://a.example"}`), app, 201, ""},
		"match: another issuer":                {portalBlock("") + "profile x {\nmatch {\ntoken issuer https://a.example\n}\n}", portalToken(`{"iss":"https://b.example"}`), app, 400, "no profile"},
		"match: token claim":                   {portalBlock("") + "profile x {\nmatch {\ntoken claim tier gold\n}\n}", portalToken(`{"tier":"gold"}`), app, 201, ""},
		"match: another claim":                 {portalBlock("") + "profile x {\nmatch {\ntoken claim tier gold\n}\n}", portalToken(`{"tier":"silver"}`), app, 400, "no profile"},
		"policy":                               {passthrough + "profile x {\npolicy {\ncontacts essential\n}\n}", kc, app, 400, `"layer":"profile x"`},
		"policy: rule":                         {passthrough + "profile x {\npolicy {\nrule named `metadata.client_name == \"Other\"` \"a name\"\n}\n}", kc, app, 400, `"rule":"named"`},
		"scopes":                               {passthrough + "profile x {\nscopes {\ndefault openid\n}\n}", kc, app, 201, `"scope":"openid"`},
		"a token's limits":                     {portalBlock(""), portalToken(`{"scope":"openid"}`), app, 201, `"scope":"openid"`},
		"limits that are in another claim":     {portalBlock("limits scope may_have"), portalToken(`{"scope":"openid","may_have":"openid fhirUser"}`), app, 201, `"scope":"openid fhirUser"`},
		"limits that are off":                  {portalBlock("limits scope off"), portalToken(`{"scope":"openid"}`), app, 201, `"scope":"launch/patient openid fhirUser patient/*.rs"`},
		"scope that says what a token permits": {portalBlock("claims scope register"), portalToken(`{"scope":"register"}`), app, 201, `"scope":"launch/patient openid fhirUser patient/*.rs"`},
		"limits that cannot be read":           {portalBlock(""), portalToken(`{"metadata_policy":1}`), app, 400, `"rule":"policy_error"`},
		"explain none":                         {passthrough + "explain none\npolicy {\ncontacts essential\n}", kc, app, 400, `"error_description":"the registration is not permitted"}`},
	} {
		t.Run(name, func(t *testing.T) {
			a := ask(t, http.MethodPost, gateway(t, s.URL, test.lines)+"/register", test.body, test.token)
			if a.status != test.status || !strings.Contains(a.text, test.says) {
				t.Errorf("got %s, want %d with %s", a, test.status, test.says)
			}
		})
	}
}
