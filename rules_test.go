package smartregistration_test

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
)

// TestRuleErrors: what is wrong with a rule is said with its place in the
// Caddyfile and in the expression.
func TestRuleErrors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ lines, want string }{
		"nothing":       {"rule", "rule needs: <name> <expression> <message> [on create|update|both], at Caddyfile:4"},
		"no message":    {"rule r `true`", "rule needs: "},
		"no operation":  {"rule r `true` m on", "rule needs: "},
		"too much":      {"rule r `true` m on create update", "rule needs: "},
		"not on":        {"rule r `true` m at create", "rule needs: "},
		"operation":     {"rule r `true` m on delete", `rule r: on is "delete", must be one of: create update both, at Caddyfile:4`},
		"block":         {"rule r `true` m {\n\t\t\t\tx\n\t\t\t}", "rule does not take a block"},
		"name":          {"rule One `true` m", "rule One: the name must be of lower-case letters"},
		"built in":      {"rule redirect_uri_wildcard `true` m", "a built-in rule has this name, at Caddyfile:4"},
		"message":       {"rule r `true` \"what's näxt\"", "rule r: the message must be printable ASCII without quotes and backslashes, at Caddyfile:4"},
		"twice":         {"rule r `true` m\n\t\t\trule r `false` m", "rule r is written twice, at Caddyfile:5"},
		"syntax":        {"contacts essential\n\t\t\trule r `metadata.` m", "rule r: 1:10: Syntax error: "},
		"its line":      {"contacts essential\n\t\t\trule r `metadata.` m", "at Caddyfile:5"},
		"type":          {"rule r `metadata.client_name` m", "rule r: the expression gives dyn, must give bool, at Caddyfile:4"},
		"misspelt":      {"rule r `uri(metadata.client_uri).hots == \"x\"` m", "rule r: 1:25: undefined field 'hots', at Caddyfile:4"},
		"second line":   {"rule r `true &&\n\t\t\t\tclient.name == \"x\"` m", "rule r: 2:5: undeclared reference to 'client'"},
		"after a block": {"rule r `true` m\n\t\t\trule s `1` m", "rule s: the expression gives int, must give bool, at Caddyfile:5"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := adapt(strings.Replace(shortest, "LINES", "\t\tpolicy {\n\t\t\t"+test.lines+"\n\t\t}", 1))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v\nwant something with %q", err, test.want)
			}
		})
	}
}

// TestRuleErrorsInJSON: what a Caddyfile would refuse is refused when it is
// loaded, too.
func TestRuleErrorsInJSON(t *testing.T) {
	config, _, err := adapt(site("127.0.0.1:0", "http://127.0.0.1:1", passthrough+"policy {\n rule r `true` m\n}"))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parse(strings.Replace(config, `"expression": "true"`, `"expression": "1"`, 1))
	if err != nil {
		t.Fatal(err)
	}
	err = caddy.Validate(parsed)
	if err == nil || !strings.Contains(err.Error(), "policy: rule r: the expression gives int, must give bool") {
		t.Errorf("got %v", err)
	}
}

// TestRuleRefuses: the caller is told the operator's message, and nothing has
// reached the server.
func TestRuleRefuses(t *testing.T) {
	s := newServer(t, echo)
	base := gateway(t, s.URL, portal+`
		upstream_credential bearer ours
		policy {
			rule one_host `+"`metadata.redirect_uris.map(u, uri(u).host).distinct().size() == 1`"+` "one host for all redirect URIs"
			rule tenant `+"`token == null || token.claims.tenant == metadata.software_id`"+` "software_id is the tenant's"
			rule local `+"`cidr('127.0.0.0/8').containsIP(request.remote_ip) && now > timestamp('2020-01-01T00:00:00Z')`"+` "not from here"
			rule same_name `+"`metadata.client_name == previous.client_name`"+` "an app keeps its name" on update
		}
	`)
	token := bearer(hmacToken(portalSecret, `{"exp":0,"tenant":"a"}`))
	const good = `{"redirect_uris":["https://app.example.org/cb"],"client_name":"App","software_id":"a"}`
	for _, test := range []struct {
		name, method, path, body string
		status                   int
		want                     string
	}{
		{"good", "POST", "/register", good, 201, ""},
		{
			"two hosts, other tenant", "POST", "/register", `{"redirect_uris":["https://app.example.org/cb","https://b.example.org/cb"],"software_id":"b"}`, 400,
			`[{"rule":"one_host","pointer":"","detail":"one host for all redirect URIs","layer":"policy"},` +
				`{"rule":"tenant","pointer":"","detail":"software_id is the tenant's","layer":"policy"}]`,
		},
		{"update", "PUT", "/register/c1", strings.Replace(good, "{", `{"client_id":"c1",`, 1), 200, ""},
		{
			"update with another name", "PUT", "/register/c1", strings.Replace(strings.Replace(good, "{", `{"client_id":"c1",`, 1), `"App"`, `"Other"`, 1), 400,
			`[{"rule":"same_name","pointer":"","detail":"an app keeps its name","layer":"policy"}]`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := len(s.received())
			header := token
			if test.method == "PUT" {
				header = bearer(registrationToken)
			}
			a := ask(t, test.method, base+test.path, test.body, header)
			if a.status != test.status {
				t.Fatalf("got %s", a)
			}
			if test.want == "" {
				return
			}
			var told struct {
				Error      string          `json:"error"`
				Violations json.RawMessage `json:"violations"`
			}
			if err := json.Unmarshal([]byte(a.text), &told); err != nil || told.Error != "invalid_client_metadata" || string(told.Violations) != test.want {
				t.Errorf("got %s\nwant %s", a, test.want)
			}
			for _, r := range s.received()[before:] {
				if r.method != http.MethodGet {
					t.Errorf("%s reached the server", r.method)
				}
			}
		})
	}
}

// TestRuleFails: a rule that cannot be evaluated refuses. The caller is not told
// why; the log is, at level error, and it counts.
func TestRuleFails(t *testing.T) {
	s := newServer(t, echo)
	log := filepath.Join(t.TempDir(), "log")
	address := freeAddress(t)
	config := site(address, s.URL, passthrough+"policy {\n rule wants_contact `metadata.contacts.size() > 0` \"name a contact\"\n"+
		"rule forged `token.kind == 'passthrough' && has(token.issuer)` \"nobody has verified the token\"\n}")
	config = strings.Replace(config, "{", "{\n\tlog {\n\t\toutput file "+log+"\n\t}", 1)
	config = strings.Replace(config, `respond "next handler" 299`, "metrics /metrics", 1)
	run(t, config)
	a := ask(t, http.MethodPost, "http://"+address+"/register", app, bearer(initialToken))
	const want = `{"error":"invalid_client_metadata","error_description":"policy_error: the rule wants_contact could not be evaluated (and 1 more, see violations)",` +
		`"violations":[{"rule":"policy_error","pointer":"","detail":"the rule wants_contact could not be evaluated","layer":"policy"},` +
		`{"rule":"forged","pointer":"","detail":"nobody has verified the token","layer":"policy"}]}`
	if a.status != 400 || strings.TrimSpace(a.text) != want {
		t.Errorf("got  %s\nwant %s", a, want)
	}
	if got := s.received(); len(got) != 0 {
		t.Errorf("%d requests reached the server", len(got))
	}
	line := decisionLine(t, log)
	if line["level"] != "error" || line["outcome"] != "refused" {
		t.Errorf("the line is %v", line)
	}
	violations, _ := json.Marshal(line["violations"])
	if !strings.Contains(string(violations), `{"given":"wants_contact: no such key: contacts","layer":"policy","pointer":"","rule":"policy_error"}`) {
		t.Errorf("the line's violations are %s", violations)
	}
	metrics := ask(t, http.MethodGet, "http://"+address+"/metrics", "")
	if !strings.Contains(metrics.text, `caddy_smart_registration_policy_errors_total{rule="wants_contact"} `) {
		t.Error("the metrics lack the rule")
	}
}
