package policy_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/policy"
)

const oneHost = `metadata.redirect_uris.map(u, uri(u).host).distinct().size() == 1`

var (
	modulus2048 = "gA" + strings.Repeat("A", 340) // 0x80, then 255 bytes
	coordinate  = strings.Repeat("A", 43)
	keys        = `"jwks":{"keys":[{"kty":"RSA","kid":"a","use":"sig","e":"AQAB","n":"` + modulus2048 + `"},` +
		`{"kty":"EC","crv":"P-256","x":"` + coordinate + `","y":"` + coordinate + `"}]}`
)

// withRule is a policy of one rule that is called "the_rule".
func withRule(t testing.TB, expression, on string) *policy.Policy {
	t.Helper()
	p, err := policy.New(policy.Config{
		Rules:  []policy.Rule{{Name: "the_rule", Expression: expression, Message: "a message", On: on}},
		Scopes: policy.Scopes{Allow: []string{"openid", "patient/*.rs", "user/Observation.rs?code=x"}, Default: []string{"openid", "patient/*.rs"}},
	})
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return p
}

// outcome of the rule: holds, refuses, fails.
func outcome(d policy.Decision) string {
	for _, v := range d.Violations {
		switch v.Rule {
		case "the_rule":
			return "refuses"
		case "policy_error":
			return "fails"
		}
	}
	return "holds"
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestRules(t *testing.T) {
	t.Parallel()
	document := `{` + web + `,"client_name":"App","contacts":["a@example.org","b@example.org"],"scope":"openid patient/*.rs",` +
		`"default_max_age":3600,"x_half":0.5,"x_one":1.0,"x_large":1e400,"x_object":{"b":1,"a":2},"x_list":[1,"a",null,true],` + keys + `}`
	for expression, want := range map[string]string{
		// Members.
		oneHost:                                              "holds",
		`metadata.client_name == "App"`:                      "holds",
		`metadata["client_name"] == "App"`:                   "holds",
		`metadata.client_name == "Other"`:                    "refuses",
		`metadata.software_id == "x"`:                        "fails",
		`has(metadata.software_id)`:                          "refuses",
		`!has(metadata.software_id)`:                         "holds",
		`has(metadata.x_object.c)`:                           "refuses",
		`metadata.?software_id.orValue("") == ""`:            "holds",
		`"contacts" in metadata`:                             "holds",
		`"software_id" in metadata`:                          "refuses",
		`metadata.application_type == "web"`:                 "holds", // filled in before
		`metadata.default_max_age < 7200`:                    "holds",
		`metadata.default_max_age == 3600.0`:                 "holds",
		`metadata.x_one == 1 && type(metadata.x_one) == int`: "holds",
		`metadata.x_half == 0.5`:                             "holds",
		`metadata.x_large > 9.0e307`:                         "holds",
		`metadata.x_list == [1, "a", null, true]`:            "holds",
		`metadata.x_object == {"a": 2, "b": 1}`:              "holds",
		`{"a": 2.0, "b": 1} == metadata.x_object`:            "holds",
		`metadata.x_object == {"a": 2}`:                      "refuses",
		`metadata.x_object == {"a": 2, "b": 3}`:              "refuses",
		`metadata.x_object.map(k, k) == ["a", "b"]`:          "holds", // in the order of names
		`metadata.x_object.all(k, v, v > 0)`:                 "holds",
		`size(metadata.x_object) == 2`:                       "holds",
		`type(metadata.x_object) == map`:                     "holds",
		`metadata.client_name > 5`:                           "fails",
		`metadata.contacts[2] == "c"`:                        "fails",
		`metadata.client_name.contacts == 1`:                 "fails",
		`metadata.client_name || true`:                       "holds", // true whatever the other is
		`metadata.client_name && true`:                       "fails",
		`!metadata.x_list[3]`:                                "refuses",
		`cel.bind(c, metadata.contacts, c.size() == 2)`:      "holds",
		// URIs.
		`metadata.redirect_uris.all(u, uri(u).scheme == "https" && uri(u).path.startsWith("/cb"))`: "holds",
		`uri("HTTPS://App.Example.org:8443/A?b=c").host == "app.example.org"`:                      "holds",
		`uri("https://a.example:8443/A?b=c").port == 8443`:                                         "holds",
		`uri("https://a.example/A?b=c").port == 0`:                                                 "holds",
		`uri("https://a.example/A?b=c").query == "b=c"`:                                            "holds",
		`uri("https://good.example@evil.example/").host == "evil.example"`:                         "holds",
		`uri("org.example.app:/cb").scheme == "org.example.app"`:                                   "holds",
		`uri("app.example.org").host == ""`:                                                        "fails",
		`uri("").host == ""`:                                                                       "fails",
		`uri("https:///cb").host == ""`:                                                            "fails",
		`uri("https://a.example:99999/").port == 0`:                                                "fails",
		`uri("https://a.example\\@evil.example/").host == ""`:                                      "fails",
		`uri(metadata.default_max_age).host == ""`:                                                 "fails",
		`uri("https://a.example/") == uri("https://a.example/")`:                                   "fails",
		`[dyn(uri("https://a.example/"))].all(u, u.host == "a.example" && has(u.host))`:            "holds",
		`[dyn(uri("https://a.example/"))].all(u, u.hots == "a.example")`:                           "fails",
		// Scopes.
		`metadata.scope.split(" ").all(s, smart(s).context != "system")`:                        "holds",
		`smart("patient/Observation.cruds").permissions == "cruds"`:                             "holds",
		`smart("patient/Observation.read").permissions == "rs"`:                                 "holds",
		`smart("patient/Observation.rs?code=x").query == ["code=x"]`:                            "holds",
		`smart("user/*.rs").resource_type == "*" && smart("user/*.rs").kind == "resource"`:      "holds",
		`smart("openid").kind == "identity" && smart("openid").context == ""`:                   "holds",
		`smart("launch/patient").kind == "launch" && smart("offline_access").kind == "refresh"`: "holds",
		`smart("patient/x").kind == "opaque" && smart("__x").kind == "extension"`:               "holds",
		`covers("patient/*.rs openid", metadata.scope)`:                                         "holds",
		`covers(["patient/*.rs"], metadata.scope)`:                                              "refuses",
		`covers("patient/*.rs", ["patient/Observation.read", "patient/Patient.r"])`:             "holds",
		`covers(["patient/*.rs"], ["patient/Observation.write"])`:                               "refuses",
		`covers("", "")`:                           "holds",
		`covers("", "openid")`:                     "refuses",
		`covers(metadata.x_list, "openid")`:        "fails",
		`covers("openid", metadata.x_list)`:        "fails",
		`covers(metadata.default_max_age, "open")`: "fails",
		`covers("open", metadata.default_max_age)`: "fails",
		`covers(metadata.scope, "openid")`:         "holds",
		`covers(metadata.scope, metadata.scope)`:   "holds",
		// Keys.
		`metadata.jwks.keys.all(k, jwk(k).kty != "RSA" || jwk(k).bits >= 2048)`:            "holds",
		`metadata.jwks.keys.all(k, jwk(k).kty != "RSA" || jwk(k).bits >= 3072)`:            "refuses",
		`metadata.jwks.keys.all(k, jwk(k).bits >= 2048)`:                                   "fails",
		`metadata.jwks.keys.exists(k, jwk(k).kty == "EC" && jwk(k).crv == "P-256")`:        "holds",
		`metadata.jwks.keys.all(k, has(jwk(k).kid))`:                                       "refuses",
		`jwk(metadata.jwks.keys[0]).kid == "a" && jwk(metadata.jwks.keys[0]).use == "sig"`: "holds",
		`jwk(metadata.jwks).kty == "RSA"`:                                                  "fails",
		`jwk({"kty": "RSA"}).kty == "RSA"`:                                                 "fails",
		`has(jwk(metadata.jwks.keys[1]).alg)`:                                              "refuses",
		`jwk(metadata.jwks.keys[0]).alg == "RS256"`:                                        "fails",
		// Who, when, whence.
		`token.kind == "jwt" && token.issuer == "https://portal.example.org"`: "holds",
		`token.subject == "dev-1"`: "holds",
		`has(token.id)`:            "refuses",
		`token.id == ""`:           "fails",
		`token != null`:            "holds",
		`token.claims.tenant == "a" && token.claims.n == 1`:                                         "holds",
		`"b" in token.claims.roles && token.claims.o.p`:                                             "holds",
		`token.claims.size() == 5 && token.claims.f == 1.5`:                                         "holds",
		`token.claims.map(c, c) == ["f", "n", "o", "roles", "tenant"]`:                              "holds",
		`token.claims.missing == "a"`:                                                               "fails",
		`request.operation == "create" && request.method == "POST" && request.profile == "patient"`: "holds",
		`cidr("10.0.0.0/8").containsIP(request.remote_ip)`:                                          "holds",
		`cidr("192.168.0.0/16").containsIP(request.remote_ip)`:                                      "refuses",
		`now < timestamp("2027-01-01T00:00:00Z") && now.getHours() == 12`:                           "holds",
		`now > timestamp("2027-01-01T00:00:00Z")`:                                                   "refuses",
		`previous == null`:              "holds",
		`previous.client_name == "App"`: "fails",
		// Libraries.
		`sets.contains(["a@example.org", "b@example.org"], metadata.contacts)`: "holds",
		`math.greatest(metadata.contacts.map(c, c.size())) < 20`:               "holds",
		`metadata.contacts.all(i, c, i < 2 && c.endsWith("@example.org"))`:     "holds",
		`metadata.contacts.join(",").matches("^[a-z@.,]+$")`:                   "holds",
		// Constants.
		`registration.URI{host: "x"}.host == "x"`: "fails",
		`true`:  "holds",
		`false`: "refuses",
	} {
		t.Run(expression, func(t *testing.T) {
			t.Parallel()
			d := withRule(t, expression, "").Decide(policy.Request{
				Metadata: metadata(t, document), RemoteIP: "10.1.2.3", Now: noon,
				Admission: &policy.Admission{
					Kind: "jwt", Issuer: "https://portal.example.org", Subject: "dev-1",
					Claims: metadata(t, `{"tenant":"a","n":1,"f":1.5,"roles":["a","b"],"o":{"p":true}}`),
				},
			})
			if got := outcome(d); got != want {
				t.Errorf("the rule %s, want %s: %v %v", got, want, broken(d), given(d))
			}
		})
	}
}

func given(d policy.Decision) []any {
	var all []any
	for _, v := range d.Violations {
		all = append(all, v.Given)
	}
	return all
}

// TestRuleViolations: what a caller is told, and what the log gets.
func TestRuleViolations(t *testing.T) {
	t.Parallel()
	p, err := policy.New(policy.Config{Rules: []policy.Rule{
		{Name: "one_host", Expression: oneHost, Message: "one host for all redirect URIs"},
		{Name: "holds", Expression: "true", Message: "never told"},
		{Name: "wants_contact", Expression: `metadata.contacts.size() > 0`, Message: "name a contact"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	d := p.Decide(policy.Request{Metadata: metadata(t, `{"redirect_uris":["https://a.example.org/cb","https://b.example.org/*"]}`)})
	if got, want := broken(d), []string{"redirect_uri_wildcard /redirect_uris/1", "one_host ", "policy_error "}; !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q: all that is wrong, with the built-in rules first", got, want)
	}
	refused, failed := d.Violations[1], d.Violations[2]
	if refused.Detail != "one host for all redirect URIs" || refused.Layer != "policy" || refused.Code != registration.InvalidClientMetadata || refused.Given != nil {
		t.Errorf("got %+v", refused)
	}
	if failed.Detail != "the rule wants_contact could not be evaluated" || failed.Layer != "policy" || failed.Code != registration.InvalidClientMetadata {
		t.Errorf("got %+v", failed)
	}
	if text := fmt.Sprint(failed.Given); text != "wants_contact: no such key: contacts" {
		t.Errorf("the log gets %q", text)
	}
	if got := d.FailedRules(); !slices.Equal(got, []string{"wants_contact"}) {
		t.Errorf("failed rules: %q", got)
	}
	body, err := json.Marshal(d.Refusal(policy.ExplainFull).Violations)
	if err != nil || strings.Contains(string(body), "no such key") {
		t.Errorf("the caller is told why an expression failed: %s, %v", body, err)
	}
}

// TestRuleOn: which operations a rule is about, and what an update knows.
func TestRuleOn(t *testing.T) {
	t.Parallel()
	registered := `{` + web + `,"client_name":"App","grant_types":["authorization_code"],"token_endpoint_auth_method":"client_secret_basic",` +
		`"scope":"openid patient/*.rs","client_secret":"s","registration_access_token":"t","client_id":"c1"}`
	for _, test := range []struct{ expression, on, create, update string }{
		{"false", "", "refuses", "refuses"},
		{"false", "both", "refuses", "refuses"},
		{"false", "create", "refuses", "holds"},
		{"false", "update", "holds", "refuses"},
		{`token == null`, "", "refuses", "holds"},
		{`token.kind == "open"`, "", "holds", "fails"},
		{`has(token.kind)`, "", "holds", "refuses"},
		{`previous == null`, "", "holds", "refuses"},
		{`previous == null || previous.client_name == metadata.client_name`, "", "holds", "holds"},
		{`previous == null || previous.client_id == "c1"`, "", "holds", "holds"},
		{`previous != null && has(previous.client_secret)`, "", "refuses", "refuses"},
		{`previous != null && has(previous.registration_access_token)`, "", "refuses", "refuses"},
		{`request.operation == "update" && request.method == "PUT"`, "", "refuses", "holds"},
	} {
		t.Run(test.expression+" on "+test.on, func(t *testing.T) {
			t.Parallel()
			p := withRule(t, test.expression, test.on)
			for op, want := range map[policy.Operation]string{policy.Create: test.create, policy.Update: test.update} {
				r := policy.Request{Operation: op, Metadata: metadata(t, `{`+web+`,"client_name":"App"}`), Admission: &policy.Admission{Kind: "open"}}
				if op == policy.Update {
					r.Registered = metadata(t, registered)
				}
				if d := p.Decide(r); outcome(d) != want {
					t.Errorf("%s: the rule %s, want %s: %v", op, outcome(d), want, given(d))
				}
			}
		})
	}
}

// TestRuleWithoutFacts: what is not known is an error, never a value.
func TestRuleWithoutFacts(t *testing.T) {
	t.Parallel()
	for _, expression := range []string{
		`now < timestamp("2027-01-01T00:00:00Z")`, `request.remote_ip != "10.0.0.1"`, `token.kind != "open"`,
		`token.issuer != "x"`, `token.claims.x != "y"`,
	} {
		if d := withRule(t, expression, "").Decide(policy.Request{Metadata: metadata(t, `{`+web+`}`)}); outcome(d) != "fails" {
			t.Errorf("%s: the rule %s, want fails", expression, outcome(d))
		}
	}
}

// TestRuleErrorsOfWrongTypes: a member of the wrong type is the caller's mistake
// and refused as such. It does not ring the operator's bell.
func TestRuleErrorsOfWrongTypes(t *testing.T) {
	t.Parallel()
	d := withRule(t, `metadata.client_name.startsWith("A")`, "").Decide(policy.Request{Metadata: metadata(t, `{`+web+`,"client_name":5}`)})
	if got := broken(d); !slices.Equal(got, []string{"type /client_name"}) || d.FailedRules() != nil {
		t.Errorf("got %q", got)
	}
	d = withRule(t, `has(metadata.contacts)`, "").Decide(policy.Request{Metadata: metadata(t, `{`+web+`,"client_name":5}`)})
	if got := broken(d); !slices.Equal(got, []string{"type /client_name", "the_rule "}) {
		t.Errorf("got %q: what can be judged is", got)
	}
}

// TestRuleCost: a long evaluation ends in time, and an affordable one is done.
func TestRuleCost(t *testing.T) {
	t.Parallel()
	many := func(n int) string {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf("%03d@example.org", i)
		}
		text, _ := json.Marshal(list)
		return `{` + web + `,"contacts":` + string(text) + `}`
	}
	for _, test := range []struct {
		expression string
		n          int
		want       string
	}{
		{`metadata.contacts.all(c, c.endsWith("@example.org"))`, 63, "holds"},
		{`metadata.contacts.all(c, c.endsWith("@example.org"))`, 100, "holds"},
		{`metadata.contacts.all(c, c != "099@example.org")`, 100, "refuses"},
		{`metadata.contacts.all(c, c.size() > 5 && metadata.software_id == c)`, 100, "fails"},
		{`metadata.contacts.exists(c, metadata.contacts.exists(d, d == "099@example.org" && c == "098@example.org"))`, 100, "holds"},
		{`metadata.contacts.all(c, metadata.contacts.all(d, c.size() == d.size() && c.substring(3) == d.substring(3) && c.lowerAscii() + d == c + d.lowerAscii()))`, 100, "fails"},
		{`metadata.contacts.all(c, metadata.contacts.all(d, c.size() == d.size() && c.substring(3) == d.substring(3) && c.lowerAscii() + d == c + d.lowerAscii())) || true`, 100, "holds"}, // whatever the rest is,
		{`metadata.contacts.map(c, metadata.contacts).flatten().distinct().size() == 100`, 100, "fails"},
	} {
		d := withRule(t, test.expression, "").Decide(policy.Request{Metadata: metadata(t, many(test.n))})
		if got := outcome(d); got != test.want {
			t.Errorf("%s over %d: the rule %s, want %s: %v", test.expression, test.n, got, test.want, given(d))
		}
	}
}

// TestRuleCostOfLongText: what a function costs counts, however few loops there
// are.
func TestRuleCostOfLongText(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{1000: "holds", 8000: "fails"} {
		d := withRule(t, `metadata.x.replace("a", metadata.x).size() > 0`, "").Decide(policy.Request{
			Metadata: metadata(t, `{`+web+`,"x":"`+strings.Repeat("a", n)+`"}`),
		})
		if outcome(d) != want {
			t.Errorf("%d characters: the rule %s, want %s: %v", n, outcome(d), want, given(d))
		}
	}
}

// TestRuleTooLarge: the caller is told which member no rule is evaluated on.
func TestRuleTooLarge(t *testing.T) {
	t.Parallel()
	list := "[" + strings.Repeat("1,", 100) + "1]"
	long := `"` + strings.Repeat("x", 8193) + `"`
	for body, want := range map[string]bool{
		`"x":` + long: true,
		`"x":"` + strings.Repeat("x", 8192) + `"`: false,
		`"x":{"y":` + list + `}`:                  true,
		`"x":[[` + long + `]]`:                    true,
		`"x":{` + long + `:1}`:                    true,
		`"x":{"y":[1,2]}`:                         false,
	} {
		document := `{` + web + `,` + body + `}`
		d := withRule(t, "true", "").Decide(policy.Request{Metadata: metadata(t, document)})
		if got := slices.Contains(broken(d), "too_large /x"); got != want {
			t.Errorf("%.40s…: got %q", body, broken(d))
		}
		if d := newPolicy(t, "", policy.Scopes{}, policy.BuiltIn{}).Decide(policy.Request{Metadata: metadata(t, document)}); !d.Admitted() {
			t.Errorf("%.40s…: without rules got %q", body, broken(d))
		}
	}
}

func TestRuleLoadErrors(t *testing.T) {
	t.Parallel()
	good := policy.Rule{Name: "r", Expression: "true", Message: "m"}
	with := func(change func(*policy.Rule)) []policy.Rule {
		r := good
		change(&r)
		return []policy.Rule{r}
	}
	expression := func(s string) []policy.Rule { return with(func(r *policy.Rule) { r.Expression = s }) }
	for name, test := range map[string]struct {
		rules []policy.Rule
		want  string
	}{
		"twice":              {[]policy.Rule{good, good}, "rule r is there twice"},
		"no name":            {with(func(r *policy.Rule) { r.Name = "" }), "the name must be"},
		"name":               {with(func(r *policy.Rule) { r.Name = "One Host" }), "the name must be"},
		"long name":          {with(func(r *policy.Rule) { r.Name = strings.Repeat("a", 65) }), "the name must be"},
		"built-in name":      {with(func(r *policy.Rule) { r.Name = "redirect_uri_wildcard" }), "a built-in rule has this name"},
		"reserved name":      {with(func(r *policy.Rule) { r.Name = "policy_error" }), "a built-in rule has this name"},
		"no message":         {with(func(r *policy.Rule) { r.Message = " " }), "a message for the caller is needed"},
		"message not ASCII":  {with(func(r *policy.Rule) { r.Message = "nö" }), "printable ASCII"},
		"message with quote": {with(func(r *policy.Rule) { r.Message = `say "x"` }), "printable ASCII"},
		"message with lines": {with(func(r *policy.Rule) { r.Message = "a\nb" }), "printable ASCII"},
		"on":                 {with(func(r *policy.Rule) { r.On = "delete" }), `on is "delete", must be one of: create update both`},
		"nothing":            {expression(""), "rule r: an expression is needed"},
		"syntax":             {expression("metadata.x ==\n  )"), "rule r: 2:3: "},
		"undeclared":         {expression(`true && client.name == "x"`), "1:9: undeclared reference to 'client'"},
		"function":           {expression(`host("x") == "x"`), "undeclared reference to 'host'"},
		"field":              {expression(`uri("https://x/").hots == "x"`), "undefined field 'hots'"},
		"token field":        {expression(`token.isuer == "x"`), "undefined field 'isuer'"},
		"argument":           {expression(`uri(5).host == "x"`), "no matching overload for 'uri'"},
		"types":              {expression(`request.method == 5`), "no matching overload for '_==_'"},
		"a string":           {expression(`request.method`), "the expression gives string, must give bool"},
		"anything":           {expression(`metadata.x`), "the expression gives dyn, must give bool"},
		"regular expression": {expression(`metadata.client_name.matches("[")`), "invalid matches argument"},
		"duration":           {expression(`duration("1 day") > duration("1h")`), "invalid duration argument"},
		"three loops":        {expression(`metadata.a.all(a, metadata.b.all(b, metadata.c.all(c, a == b && b == c)))`), "nesting"},
		"too long":           {expression(strings.Repeat(" ", 4097) + "true"), "exceeds"},
		"too deep":           {expression(strings.Repeat("(", 200) + "true" + strings.Repeat(")", 200)), "recursion"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := policy.New(policy.Config{Rules: test.rules})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v\nwant something with %q", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("%q has more than one line", err)
			}
		})
	}
}

func TestRuleError(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	err := &policy.RuleError{Rule: "r", Err: cause}
	if err.Error() != "r: cause" || !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
}

// TestRulesOnAnything: random documents never make a rule panic (a panic is an
// "internal error" of the evaluation), and no decision depends on the order of
// members or changes from one time to the next.
func TestRulesOnAnything(t *testing.T) {
	t.Parallel()
	var rules []policy.Rule
	for i, expression := range []string{
		oneHost, `metadata.contacts.size() < 3`, `metadata.x.y[0] == 1`, `metadata.x.map(k, k)[0] == "a"`,
		`metadata.filter(m, has(metadata.x)).map(m, m).join(",") != "x"`, `metadata.all(k, v, v != null && v != metadata.x)`,
		`smart(metadata.x).kind == "opaque"`, `covers(metadata.x, metadata.scope)`, `jwk(metadata.jwks.keys[0]).bits > 100`,
		`metadata.x == metadata.y`, `metadata.x.distinct() == metadata.y.sort()`, `sets.contains(metadata.x, metadata.y)`,
		`metadata.x in metadata.y`, `metadata.x < metadata.y`, `string(metadata.x) == string(metadata.y)`,
		`metadata.?x.?y.orValue(1) == 1`, `previous == null || previous.x == metadata.x`, `metadata.x.exists_one(a, a == metadata.y)`,
	} {
		rules = append(rules, policy.Rule{Name: fmt.Sprintf("r%d", i), Expression: expression, Message: "m"})
	}
	p, err := policy.New(policy.Config{Rules: rules})
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		m := registration.New()
		for _, name := range []string{"x", "y", "redirect_uris", "contacts", "jwks", "scope", "grant_types"} {
			if random.IntN(4) > 0 {
				m.Set(name, anyValue(random, name, 3))
			}
		}
		r := policy.Request{Operation: policy.Operation(random.IntN(2) * int(policy.Update)), Metadata: m.Clone(), Registered: m.Clone(), Now: noon}
		first := verdict(p.Decide(r))
		if strings.Contains(first, "internal error") {
			t.Fatalf("%s\n%s", m.Encode(), first)
		}
		members := slices.Clone(m.Members())
		random.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
		r.Metadata = registration.New(members...).Clone()
		if again := verdict(p.Decide(r)); again != first {
			t.Fatalf("%s\ngot %s\nthen %s", m.Encode(), first, again)
		}
	}
}

// verdict is what the rules said.
func verdict(d policy.Decision) string {
	var b strings.Builder
	for _, v := range d.Violations {
		if v.Layer == "policy" {
			fmt.Fprintf(&b, "%s %v; ", v.Rule, v.Given)
		}
	}
	return b.String()
}

// anyValue is any JSON value, or often one that suits the member.
func anyValue(r *rand.Rand, name string, depth int) any {
	suitable := map[string]any{
		"redirect_uris": []any{"https://a.example/cb", "https://A.example:8443/x?y=z"}, "contacts": []any{"a", "b"},
		"scope": "openid patient/*.rs", "grant_types": []any{"authorization_code"},
		"jwks": registration.New(registration.Member{Name: "keys", Value: []any{registration.New(registration.Member{Name: "kty", Value: "RSA"})}}),
	}
	if v, ok := suitable[name]; ok && r.IntN(3) > 0 {
		return v
	}
	kinds := 9
	if depth == 0 {
		kinds = 7
	}
	switch r.IntN(kinds) {
	case 0:
		return nil
	case 1:
		return r.IntN(2) == 0
	case 2:
		return registration.Number([]string{"0", "-0", "1", "1.0", "1e2", "0.1", "1e999", "9223372036854775808", "-9223372036854775808"}[r.IntN(9)])
	case 3, 4, 5, 6:
		return []string{"", "a", "https://a.example/", "://", "patient/*.rs", "\x00", "ü", "openid launch"}[r.IntN(8)]
	case 7:
		list := make([]any, r.IntN(4))
		for i := range list {
			list[i] = anyValue(r, "", depth-1)
		}
		return list
	default:
		m := registration.New()
		for _, name := range []string{"b", "a", "y"}[:r.IntN(4)] {
			m.Set(name, anyValue(r, "", depth-1))
		}
		return m
	}
}
