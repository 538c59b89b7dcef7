package smartregistration_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
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
		status  int
		left    int
		settled string
	}{
		"keys that nobody sent":             {insists(set("jwks", evilKeys)), 502, 0, "taken_back"},
		"keys that nobody sent, once":       {changed(http.MethodPost, set("jwks", evilKeys)), 201, 1, "corrected"},
		"a redirect URI at the same origin": {insists(set("redirect_uris", []string{"https://app.example.org/cb", "https://app.example.org/open"})), 502, 0, "taken_back"},
		"less, and no correction":           {refusing(insists(set("scope", "launch/patient"))), 201, 1, "warned"},
		"more, and no correction":           {refusing(insists(set("scope", "launch/patient system/*.rs"))), 502, 0, "taken_back"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newClients(t, test.fault)
			log := filepath.Join(t.TempDir(), "log")
			base := gatewayWithLog(t, s.URL, passthrough, log)
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
// not stand.
func TestUpdateIsPutBack(t *testing.T) {
	s := newClients(t, insists(func(m map[string]any) {
		if m["client_name"] == "New" {
			m["scope"] = "launch/patient system/*.rs"
		}
	}))
	before := map[string]any{}
	if err := json.Unmarshal([]byte(`{"redirect_uris":["https://app.example.org/cb"],"client_name":"App","scope":"launch/patient",
		"grant_types":["authorization_code"],"response_types":["code"],"token_endpoint_auth_method":"client_secret_basic"}`), &before); err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	s.held["c1"], s.tokens["c1"] = maps.Clone(before), "Bearer "+registrationToken
	s.mu.Unlock()
	log := filepath.Join(t.TempDir(), "log")
	base := gatewayWithLog(t, s.URL, passthrough, log)
	a := ask(t, http.MethodPut, base+"/register/c1",
		`{"client_id":"c1","redirect_uris":["https://app.example.org/cb"],"client_name":"New","scope":"launch/patient"}`, bearer(registrationToken))
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.status != 502 || fmt.Sprint(s.held["c1"]["scope"]) != "launch/patient" || s.held["c1"]["client_name"] != "App" {
		t.Errorf("got %s, at the server is %v after %v", a, s.held["c1"], s.asked)
	}
	if line := decisionLine(t, log); line["settled"] != "taken_back" || line["locked_out"] != true {
		t.Errorf("settled is %v, locked_out is %v", line["settled"], line["locked_out"])
	}
}
