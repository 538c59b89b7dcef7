package smartregistration_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// shadowLines are what the shadow policy had to say.
func shadowLines(t *testing.T, log string) []map[string]any {
	t.Helper()
	content, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	var lines []map[string]any
	for text := range strings.Lines(string(content)) {
		var line map[string]any
		if json.Unmarshal([]byte(text), &line) == nil && line["msg"] == "the shadow policy decides otherwise" {
			lines = append(lines, line)
		}
	}
	return lines
}

// TestShadow: the second policy is tried and never applied, and what it would do
// otherwise is logged and counted.
func TestShadow(t *testing.T) {
	s := newServer(t, echo)
	file := filepath.Join(t.TempDir(), "shadow.json")
	write(t, file, `{"metadata_policy":{"contacts":{"essential":true}},"scopes":{"default":["openid"]}}`)
	for name, want := range map[string]struct {
		shadow string
		body   string
		status int
		fields map[string]string // field: what is in it
	}{
		"stricter":             {"shadow {\npolicy {\ncontacts essential\n}\n}", app, 201, map[string]string{"result": "stricter", "profile": "patient", "violations": `"rule":"essential"`}},
		"looser":               {"policy {\ncontacts essential\n}\nshadow {\nprofile patient\n}", app, 400, map[string]string{"result": "looser", "enforced_violations": `"rule":"essential"`}},
		"another registration": {"shadow {\nscopes {\ndefault openid\n}\n}", app, 201, map[string]string{"result": "different", "changes": `"after":"openid"`}},
		"from a file":          {"shadow " + file, app, 201, map[string]string{"result": "stricter", "changes": `"after":"openid"`}},
		"no profile":           {"shadow {\nprofile backend\n}", app, 201, map[string]string{"result": "stricter", "violations": `"rule":"profile"`}},
		"the same":             {"shadow {\npolicy {\ncontacts subset_of us@example.org\n}\n}", app, 201, nil},
	} {
		t.Run(name, func(t *testing.T) {
			log := filepath.Join(t.TempDir(), "log")
			address := freeAddress(t)
			config := site(address, s.URL, passthrough+want.shadow)
			config = strings.Replace(config, "{", "{\n\tlog {\n\t\toutput file "+log+"\n\t}", 1)
			run(t, strings.Replace(config, `respond "next handler" 299`, "metrics /metrics", 1))
			count := func(result string) string {
				_, rest, _ := strings.Cut(ask(t, http.MethodGet, "http://"+address+"/metrics", "").text,
					`caddy_smart_registration_shadow_decisions_total{result="`+result+`"} `)
				number, _, _ := strings.Cut(rest, "\n")
				return number
			}
			result := want.fields["result"]
			if result == "" {
				result = "same"
			}
			before := count(result)
			a := ask(t, http.MethodPost, "http://"+address+"/register", want.body, bearer(initialToken))
			if a.status != want.status {
				t.Fatalf("got %s, want %d", a, want.status)
			}
			until(t, "a count of "+result, func() bool { return count(result) != before })
			if want.fields == nil {
				if lines := shadowLines(t, log); len(lines) > 0 {
					t.Errorf("nothing is otherwise: %v", lines)
				}
				return
			}
			var lines []map[string]any
			until(t, "a line", func() bool { lines = shadowLines(t, log); return len(lines) == 1 })
			for field, in := range want.fields {
				if text, _ := json.Marshal(lines[0][field]); !strings.Contains(string(text), in) {
					t.Errorf("%s is %s, want something with %s", field, text, in)
				}
			}
			decided := decisionLine(t, log)
			if lines[0]["request_id"] != decided["request_id"] || lines[0]["policy_digest"] == decided["policy_digest"] {
				t.Errorf("the line %v does not belong to %v", lines[0], decided)
			}
		})
	}
}
