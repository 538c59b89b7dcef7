package smartregistration_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/token"
)

// TestLogs: one decision line that says it all, fields in the access log, and
// nothing secret in either, at debug level.
func TestLogs(t *testing.T) {
	s := newServer(t, echo)
	log := filepath.Join(t.TempDir(), "log")
	address := freeAddress(t)
	config := site(address, s.URL, passthrough)
	config = strings.Replace(config, "{", "{\n\tlog {\n\t\tlevel DEBUG\n\t\toutput file "+log+"\n\t}", 1)
	config = strings.Replace(config, "\tbind 127.0.0.1", "\tbind 127.0.0.1\n\tlog", 1)
	run(t, config)
	a := ask(t, http.MethodPost, "http://"+address+"/register",
		`{"redirect_uris":["https://app.example.org/cb"],"client_name":"App","scope":"openid system/*.rs","client_secret":"a-chosen-secret","logo_uri":""}`,
		bearer(initialToken))
	if a.status != 201 {
		t.Fatalf("got %s", a)
	}
	line := decisionLine(t, log)
	for field, want := range map[string]any{
		"msg": "client registration done", "level": "info", "operation": "create", "outcome": "done", "status": 201.0,
		"token_kind": "passthrough", "profile": "patient", "client_id": "c1", "upstream_status": 201.0, "remote_ip": "127.0.0.1",
	} {
		if line[field] != want {
			t.Errorf("%s is %v, want %v", field, line[field], want)
		}
	}
	if fingerprint, _ := line["token"].(string); len(fingerprint) != 16 || strings.Trim(fingerprint, "0123456789abcdef") != "" {
		t.Errorf("token is %q, want 16 hexadecimal digits", fingerprint)
	}
	if id, _ := line["request_id"].(string); len(id) != 36 {
		t.Errorf("request_id is %q", id)
	}
	changes, _ := json.Marshal(line["changes"])
	for _, want := range []string{
		`{"member":"client_secret","rule":"server_set"}`, `{"before":"","member":"logo_uri","rule":"empty"}`,
		`{"after":"[authorization_code]","member":"grant_types","rule":"default"}`,
		`{"after":"openid","before":"openid system/*.rs","member":"scope","rule":"scope_allow"}`,
	} {
		if !strings.Contains(string(changes), want) {
			t.Errorf("the changes %s lack %s", changes, want)
		}
	}
	content, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{initialToken, "a-chosen-secret", "the-client-secret", "the.next.token"} {
		if strings.Contains(string(content), secret) {
			t.Errorf("the log has %q in it", secret)
		}
	}
	access := slices.ContainsFunc(strings.Split(string(content), "\n"), func(line string) bool {
		return strings.Contains(line, "http.log.access") && strings.Contains(line, `"registration_operation":"create"`) &&
			strings.Contains(line, `"registration_outcome":"done"`) && strings.Contains(line, `"registration_client_id":"c1"`)
	})
	if !access {
		t.Error("the access log line lacks the registration's fields")
	}
}

// TestOrphanIsFound: the log says where to look for an orphan.
func TestOrphanIsFound(t *testing.T) {
	s := newClients(t, says(503, ""))
	log := filepath.Join(t.TempDir(), "log")
	base := gatewayWithLog(t, s.URL, passthrough, log)
	ask(t, http.MethodPost, base+"/register", `{"redirect_uris":["https://app.example.org/cb?k=not-for-the-log"],"client_name":"App"}`, bearer(initialToken))
	line := decisionLine(t, log)
	if line["upstream"] != strings.TrimPrefix(s.URL, "http://") || line["client_name"] != "App" || fmt.Sprint(line["redirect_hosts"]) != "[app.example.org]" {
		t.Errorf("the line is %v", line)
	}
}

// TestLogsWho: the line says who vouched for which app, whatever came of it; of a
// token that is not good it says which it was, and nothing that is in it.
func TestLogsWho(t *testing.T) {
	s := newServer(t, echo)
	log := filepath.Join(t.TempDir(), "log")
	base := gatewayWithLog(t, s.URL, portal+"upstream_credential bearer ours", log)
	const claims = `{"iss":"https://portal.example.org","sub":"developer-1","jti":"token-1"}`
	const refused = `{"redirect_uris":["https://*.example.org/"],"client_name":"A wild one"}`
	for _, test := range []struct {
		body, secret     string
		status           int
		subject, appName any
	}{
		{app, portalSecret, 201, "developer-1", "App"},
		{refused, portalSecret, 400, "developer-1", "A wild one"},
		{app, "another secret, just as long as it", 401, nil, nil},
	} {
		raw := hmacToken(test.secret, claims)
		if a := ask(t, http.MethodPost, base+"/register", test.body, bearer(raw)); a.status != test.status {
			t.Fatalf("got %s", a)
		}
		lines := decisionLines(t, log)
		line := lines[len(lines)-1]
		for field, want := range map[string]any{
			"status": float64(test.status), "client_name": test.appName, "token": token.Fingerprint(raw), "token_subject": test.subject,
		} {
			if line[field] != want {
				t.Errorf("%d: %s is %v, want %v", test.status, field, line[field], want)
			}
		}
		if verified := test.subject != nil; (line["token_issuer"] == "https://portal.example.org") != verified || (line["token_id"] == "token-1") != verified {
			t.Errorf("%d: the line is %v", test.status, line)
		}
	}
}

// TestUnreadableReply: the log does not speak of the caller's document where it is
// the server's that cannot be read.
func TestUnreadableReply(t *testing.T) {
	s := newClients(t, says(201, ""))
	log := filepath.Join(t.TempDir(), "log")
	base := gatewayWithLog(t, s.URL, passthrough, log)
	ask(t, http.MethodPost, base+"/register", app, bearer(initialToken))
	if got := fmt.Sprint(decisionLine(t, log)["error"]); got != "the authorization server's reply is unusable: its body is empty" {
		t.Errorf("the error is %q", got)
	}
}
