package smartregistration_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// logged is a gateway that logs to a file.
func logged(t *testing.T, upstream, lines string) (url, log string) {
	t.Helper()
	log = filepath.Join(t.TempDir(), "log")
	address := freeAddress(t)
	run(t, strings.Replace(site(address, upstream, lines), "{", "{\n\tlog {\n\t\toutput file "+log+"\n\t}", 1))
	return "http://" + address, log
}

// messages are the log lines with this message.
func messages(t *testing.T, log, message string) []map[string]any {
	t.Helper()
	return slices.DeleteFunc(logLines(t, log), func(line map[string]any) bool { return line["msg"] != message })
}

// logLines are all of a log.
func logLines(t *testing.T, log string) []map[string]any {
	t.Helper()
	content, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	var found []map[string]any
	for line := range strings.Lines(string(content)) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		found = append(found, fields)
	}
	return found
}

const service = `{"client_name":"Service","grant_types":["client_credentials"],"redirect_uris":["https://app.example.org/cb"]}`

// TestVersion: what the operator says of the server's version changes what is sent
// and how a refusal is read; a quirk of a refusal is logged like any other.
func TestVersion(t *testing.T) {
	for _, test := range []struct {
		version   string
		redirects bool // sent for a service
		status    int  // of a token that is answered with 500
	}{
		{"", false, 502}, {"26.0", false, 502}, {"26.6.1", true, 502}, {"26.6.3", true, 401}, {"26.7.5", true, 502},
	} {
		t.Run(test.version, func(t *testing.T) {
			var bad atomic.Bool
			s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
				if bad.Load() {
					w.WriteHeader(http.StatusInternalServerError)
					_, _ = w.Write([]byte(`{"error":"unknown_error"}`))
					return
				}
				echo(w, r)
			})
			url, log := logged(t, s.URL, passthrough+"dialect keycloak "+test.version)
			if a := ask(t, http.MethodPost, url+"/register", service, bearer(initialToken)); a.status != 201 {
				t.Fatalf("got %s", a)
			}
			if sent := strings.Contains(string(s.received()[0].body), "redirect_uris"); sent != test.redirects {
				t.Errorf("redirect URIs of a service sent: %t", sent)
			}
			bad.Store(true)
			if a := ask(t, http.MethodPost, url+"/register", app, bearer(initialToken)); a.status != test.status {
				t.Errorf("got %s, want %d", a, test.status)
			}
			lines := decisionLines(t, log)
			want := map[int]string{401: "bad_token_error", 502: "internal_error"}[test.status]
			quirks, _ := lines[len(lines)-1]["quirks"].([]any)
			if !slices.Contains(quirks, any(want)) {
				t.Errorf("quirks %v, want %s", quirks, want)
			}
		})
	}
}

// TestVersionIsLearned from what is asked anyway, and logged once.
func TestVersionIsLearned(t *testing.T) {
	s := newServer(t, echo)
	url, log := logged(t, s.URL, passthrough)
	const message = "the authorization server's replies tell its version"
	for range 3 {
		if a := ask(t, http.MethodPost, url+"/register", app, bearer(initialToken)); a.status != 201 {
			t.Fatalf("got %s", a)
		}
	}
	if told := messages(t, log, message); len(told) != 0 {
		t.Errorf("an app tells nothing: %v", told)
	}
	for range 3 {
		if a := ask(t, http.MethodPost, url+"/register", service, bearer(initialToken)); a.status != 201 {
			t.Fatalf("got %s", a)
		}
	}
	if told := messages(t, log, message); len(told) != 1 || told[0]["version"] != "from 26.1" {
		t.Errorf("logged %v", told)
	}
	if got := s.received(); len(got) != 6 {
		t.Errorf("%d requests reached the server for 6 registrations", len(got))
	}
}

// TestVersionUnknown: a version that nobody has tried is said to be one.
func TestVersionUnknown(t *testing.T) {
	s := newServer(t, echo)
	for version, warned := range map[string]int{"99.1": 1, "26.7": 0, "": 0} {
		_, log := logged(t, s.URL, passthrough+"dialect keycloak "+version)
		const message = "the gateway was not tried on this version of the authorization server: one that is newer is taken for the newest it was tried on"
		if told := messages(t, log, message); len(told) != warned {
			t.Errorf("%q: logged %v", version, told)
		}
	}
}
