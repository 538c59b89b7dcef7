package smartregistration_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// insists registers what change makes of each document, on every write.
func insists(change func(map[string]any)) fault {
	return func(w http.ResponseWriter, r *http.Request, s *clients, do func() (int, map[string]any)) {
		if r.Method == http.MethodDelete || r.Method == http.MethodGet {
			send(w, do)
			return
		}
		changed(r.Method, change)(w, r, s, do)
	}
}

// refusing lets a server's PUTs be refused.
func refusing(f fault) fault {
	return func(w http.ResponseWriter, r *http.Request, s *clients, do func() (int, map[string]any)) {
		if r.Method == http.MethodPut {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		f(w, r, s, do)
	}
}

var evilKeys = map[string]any{"keys": []any{map[string]any{"kty": "EC", "crv": "P-256", "kid": "evil", "use": "sig", "x": "a", "y": "b"}}}

// TestInsistence: a server that insists on what nobody decided has its client
// taken back, and one that insists on less has it left.
func TestInsistence(t *testing.T) {
	set := func(member string, value any) func(map[string]any) {
		return func(m map[string]any) { m[member] = value }
	}
	for name, test := range map[string]struct {
		fault   fault
		lines   string
		status  int
		left    int
		settled string
	}{
		"keys that nobody sent":             {insists(set("jwks", evilKeys)), "", 502, 0, "taken_back"},
		"keys that nobody sent, once":       {changed(http.MethodPost, set("jwks", evilKeys)), "", 201, 1, "corrected"},
		"a redirect URI at the same origin": {insists(set("redirect_uris", []string{"https://app.example.org/cb", "https://app.example.org/open"})), "", 502, 0, "taken_back"},
		"less, and no correction":           {refusing(insists(set("scope", "launch/patient"))), "", 201, 1, "warned"},
		"more, and no correction":           {refusing(insists(set("scope", "launch/patient system/*.rs"))), "", 502, 0, "taken_back"},
		"a member that matters, in another language": {
			changed(http.MethodPost, set("client_uri#de", "https://evil.example/")), "reconcile {\nsecurity_members client_uri\n}", 201, 1, "corrected",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newClients(t, test.fault)
			log := filepath.Join(t.TempDir(), "log")
			base := gatewayWithLog(t, s.URL, passthrough+test.lines, log)
			a := ask(t, http.MethodPost, base+"/register", app, bearer(initialToken))
			if a.status != test.status || len(s.names()) != test.left {
				t.Errorf("got %s, %v are left after %v", a, s.names(), s.log())
			}
			if line := decisionLine(t, log); line["settled"] != test.settled {
				t.Errorf("settled is %v, want %v", line["settled"], test.settled)
			}
		})
	}
}

// TestDefaultsNotTold: a server may leave out what RFC 7591 section 2 has a
// default for.
func TestDefaultsNotTold(t *testing.T) {
	s := newClients(t, faultOf(http.MethodPost, func(w http.ResponseWriter, _ *http.Request, _ *clients, do func() (int, map[string]any)) {
		status, document := do()
		for _, member := range []string{"grant_types", "response_types", "token_endpoint_auth_method", "application_type"} {
			delete(document, member)
		}
		send(w, func() (int, map[string]any) { return status, document })
	}))
	base := gateway(t, s.URL, passthrough)
	a := ask(t, http.MethodPost, base+"/register", app, bearer(initialToken))
	if asked := strings.Join(s.log(), ", "); a.status != 201 || asked != "POST" {
		t.Errorf("got %s after %s", a, asked)
	}
}

// TestDeletionHangs: a deletion that hangs leaves time for another.
func TestDeletionHangs(t *testing.T) {
	s := newClients(t, nil)
	s.Config.Handler = hangFirstDelete(s, s.Config.Handler)
	base := gateway(t, s.URL, passthrough+"timeout 2s\nreconcile {\non_mismatch reject\n}")
	a := ask(t, http.MethodPost, base+"/register", app, bearer(initialToken))
	if a.status != 502 || len(s.names()) != 0 {
		t.Errorf("got %s, %v are left after %v", a, s.names(), s.log())
	}
}

func hangFirstDelete(s *clients, next http.Handler) http.Handler {
	hung := false
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete && !hung {
			hung = true
			<-r.Context().Done()
			return
		}
		if r.Method != http.MethodPost {
			next.ServeHTTP(w, r)
			return
		}
		changed(http.MethodPost, password)(w, r, s, func() (int, map[string]any) {
			return s.serve(http.MethodPost, "", "", []byte(app))
		})
	})
}

// TestUpdateIsPutBack: an update that came out with more than was decided does
// not stand, and what the server has set is not sent back to it.
func TestUpdateIsPutBack(t *testing.T) {
	const (
		before = `{"redirect_uris":["https://app.example.org/cb"],"client_name":"App","scope":"launch/patient",
			"grant_types":["authorization_code"],"response_types":["code"],"token_endpoint_auth_method":"client_secret_basic"}`
		update = `{"client_id":"c1","redirect_uris":["https://app.example.org/cb"],"client_name":"New","scope":"launch/patient"}`
	)
	once := func(m map[string]any) {
		if m["client_name"] == "New" {
			m["scope"] = "launch/patient system/*.rs"
		}
	}
	for name, test := range map[string]struct {
		lines   string
		change  func(map[string]any)
		settled string
	}{
		"as it was":                {"", once, "taken_back"},
		"at another server":        {"dialect generic", once, "taken_back"},
		"with more than there was": {"", func(m map[string]any) { m["jwks"] = evilKeys }, "left"},
	} {
		t.Run(name, func(t *testing.T) {
			var last map[string]any // that was sent
			insisting := insists(test.change)
			s := newClients(t, func(w http.ResponseWriter, r *http.Request, s *clients, do func() (int, map[string]any)) {
				insisting(w, r, s, func() (int, map[string]any) {
					status, document := do()
					s.mu.Lock()
					defer s.mu.Unlock()
					last = maps.Clone(s.held["c1"])
					return status, document
				})
			})
			registered := map[string]any{}
			if err := json.Unmarshal([]byte(before), &registered); err != nil {
				t.Fatal(err)
			}
			s.mu.Lock()
			s.held["c1"], s.tokens["c1"] = maps.Clone(registered), "Bearer "+registrationToken
			s.mu.Unlock()
			log := filepath.Join(t.TempDir(), "log")
			base := gatewayWithLog(t, s.URL, passthrough+test.lines, log)
			a := ask(t, http.MethodPut, base+"/register/c1", update, bearer(registrationToken))
			s.mu.Lock()
			defer s.mu.Unlock()
			registered["client_id"] = "c1"
			// What takes away all the rest is not of it.
			maps.DeleteFunc(last, func(_ string, v any) bool {
				return v == "" || reflect.DeepEqual(v, map[string]any{"keys": []any{}})
			})
			if a.status != 502 || !reflect.DeepEqual(last, registered) {
				t.Errorf("got %s, the server was sent %v, want %v, after %v", a, last, registered, s.asked)
			}
			if line := decisionLine(t, log); line["settled"] != test.settled || line["locked_out"] != true {
				t.Errorf("settled is %v, want %s, locked_out is %v", line["settled"], test.settled, line["locked_out"])
			}
		})
	}
}

// TestToldOnce: a server may tell the secret and the token when it issues them, and
// not again. The caller has them all the same, and of two the newer.
func TestToldOnce(t *testing.T) {
	for name, test := range map[string]struct {
		lines, later string // the exchange that tells less
		forgets      []string
		asked, token string
	}{
		"read back": {"reconcile {\nread_back always\n}", http.MethodGet, []string{"client_secret", "registration_access_token"}, "POST, GET c1", "token-c1-0"},
		"corrected": {"", http.MethodPut, []string{"client_secret"}, "POST, PUT c1", "token-c1-2"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newClients(t, func(w http.ResponseWriter, r *http.Request, s *clients, do func() (int, map[string]any)) {
				switch {
				case r.Method == test.later:
					status, document := do()
					for _, name := range test.forgets {
						delete(document, name)
					}
					send(w, func() (int, map[string]any) { return status, document })
				case test.later == http.MethodPut:
					changed(http.MethodPost, password)(w, r, s, do)
				default:
					send(w, do)
				}
			})
			a := ask(t, http.MethodPost, gateway(t, s.URL, passthrough+test.lines)+"/register", app, bearer(initialToken))
			if asked := strings.Join(s.log(), ", "); a.status != 201 || asked != test.asked {
				t.Errorf("got %s after %s", a, asked)
			}
			if a.body["client_secret"] != "the-secret-of-c1" || a.body["registration_access_token"] != test.token || a.body["client_secret_expires_at"] != 0.0 {
				t.Errorf("the caller is told %s", a)
			}
		})
	}
}
