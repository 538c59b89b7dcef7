package smartregistration_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/goleak"
)

// clients is a fake authorization server that registers, and that a fault can
// get in the way of.
type clients struct {
	*httptest.Server
	mu      sync.Mutex
	held    map[string]map[string]any // by id
	tokens  map[string]string         // the registration access token of each
	issued  int
	asked   []string // "POST", "DELETE c1", …
	deletes int
}

// fault answers instead of the server; do is what the server would have done, and
// answers its status and document.
type fault func(w http.ResponseWriter, r *http.Request, s *clients, do func() (int, map[string]any))

func newClients(t *testing.T, f fault) *clients {
	t.Helper()
	s := &clients{held: map[string]map[string]any{}, tokens: map[string]string{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, id, _ := strings.Cut(r.URL.Path, "openid-connect/")
		s.mu.Lock()
		s.asked = append(s.asked, strings.TrimSpace(r.Method+" "+id))
		if r.Method == http.MethodDelete {
			s.deletes++
		}
		s.mu.Unlock()
		do := func() (int, map[string]any) { return s.serve(r.Method, id, r.Header.Get("Authorization"), body) }
		if f == nil {
			send(w, do)
			return
		}
		f(w, r, s, do)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *clients) serve(method, id, authorization string, body []byte) (int, map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if method == http.MethodPost {
		s.issued++
		id = fmt.Sprint("c", s.issued)
		s.tokens[id] = fmt.Sprint("Bearer token-", id, "-0")
		authorization = s.tokens[id]
	}
	if s.tokens[id] == "" || authorization != s.tokens[id] {
		return 401, map[string]any{"error": "invalid_token"}
	}
	switch method {
	case http.MethodDelete:
		delete(s.held, id)
		delete(s.tokens, id)
		return 204, nil
	case http.MethodPut:
		s.issued++
		s.tokens[id] = fmt.Sprint("Bearer token-", id, "-", s.issued)
		fallthrough
	case http.MethodPost:
		document := map[string]any{}
		if err := json.Unmarshal(body, &document); err != nil {
			return 400, map[string]any{"error": "invalid_request"}
		}
		s.held[id] = document
	}
	answer := maps.Clone(s.held[id])
	answer["client_id"], answer["client_secret"] = id, "the-secret-of-"+id
	answer["registration_access_token"] = strings.TrimPrefix(s.tokens[id], "Bearer ")
	if method == http.MethodPost {
		return 201, answer
	}
	return 200, answer
}

func send(w http.ResponseWriter, do func() (int, map[string]any)) {
	status, document := do()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if document != nil {
		_ = json.NewEncoder(w).Encode(document)
	}
}

// names are the ids of what is held.
func (s *clients) names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.held))
}

func (s *clients) log() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

// faultOf makes a fault of one method; the others are served.
func faultOf(method string, f fault) fault {
	return func(w http.ResponseWriter, r *http.Request, s *clients, do func() (int, map[string]any)) {
		if r.Method != method {
			send(w, do)
			return
		}
		f(w, r, s, do)
	}
}

// changed registers something else than it is asked to, and says so.
func changed(method string, change func(map[string]any)) fault {
	return faultOf(method, func(w http.ResponseWriter, _ *http.Request, s *clients, do func() (int, map[string]any)) {
		status, document := do()
		change(document)
		s.mu.Lock()
		held := maps.Clone(document)
		for _, name := range []string{"client_id", "client_secret", "registration_access_token"} {
			delete(held, name)
		}
		s.held[document["client_id"].(string)] = held
		s.mu.Unlock()
		send(w, func() (int, map[string]any) { return status, document })
	})
}

func password(m map[string]any) { m["grant_types"] = []string{"authorization_code", "password"} }

// says answers with what is given, after the server has done it.
func says(status int, body string, headers ...string) fault {
	return faultOf(http.MethodPost, func(w http.ResponseWriter, _ *http.Request, _ *clients, do func() (int, map[string]any)) {
		_, document := do()
		text, _ := json.Marshal(document)
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(strings.ReplaceAll(body, "{}", string(text))))
	})
}

// cut answers with a part of the document and closes the connection.
func cut(part func(string) string) fault {
	return faultOf(http.MethodPost, func(w http.ResponseWriter, _ *http.Request, _ *clients, do func() (int, map[string]any)) {
		_, document := do()
		text, _ := json.Marshal(document)
		w.Header().Set("Content-Length", "100000")
		w.WriteHeader(201)
		_, _ = w.Write([]byte(part(string(text))))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
}

// bomb sends 64 MB in a hundredth of that. They are packed as one block, sent again and
// again, so that a slow machine is not taken for a silent server.
func bomb(w http.ResponseWriter, _ *http.Request, _ *clients, do func() (int, map[string]any)) {
	_, document := do()
	w.Header().Set("Content-Encoding", "gzip")
	w.WriteHeader(201)
	z := gzip.NewWriter(w)
	_ = json.NewEncoder(z).Encode(document)
	_ = z.Close()
	var block bytes.Buffer
	z = gzip.NewWriter(&block)
	_, _ = z.Write(bytes.Repeat([]byte(" "), 64<<10))
	_ = z.Close()
	for range 1 << 10 {
		_, _ = w.Write(block.Bytes())
	}
}

// deletesFail makes a registration that has to be taken back, and deletions fail
// n times.
func deletesFail(n int) fault {
	spoil := changed(http.MethodPost, password)
	return func(w http.ResponseWriter, r *http.Request, s *clients, do func() (int, map[string]any)) {
		s.mu.Lock()
		fails := r.Method == http.MethodDelete && s.deletes <= n
		s.mu.Unlock()
		if fails {
			w.WriteHeader(503)
			return
		}
		spoil(w, r, s, do)
	}
}

// faults is what can go wrong with a registration. docs/faults.md has the same
// rows.
var faults = []struct {
	name    string // as the documentation has it
	fault   fault
	lines   string
	status  int
	left    int    // clients at the server afterwards
	settled string // in the log
	orphan  bool   // in the log
	asked   string // what the server was asked, in a row; "" does not matter
}{
	{name: "nothing goes wrong", status: 201, left: 1, asked: "POST"},
	{
		name: "more is registered than was decided", fault: changed(http.MethodPost, password),
		status: 201, left: 1, settled: "corrected", asked: "POST, PUT c1",
	},
	{
		name: "less is registered than was decided, and stays so", status: 201, left: 1, settled: "warned", asked: "POST, PUT c1",
		fault: func(w http.ResponseWriter, r *http.Request, s *clients, do func() (int, map[string]any)) {
			changed(r.Method, func(m map[string]any) { m["scope"] = "launch/patient" })(w, r, s, do)
		},
	},
	{
		name: "more is registered than was decided, and stays so", status: 502, left: 0, settled: "taken_back", asked: "POST, PUT c1, DELETE c1",
		fault: func(w http.ResponseWriter, r *http.Request, s *clients, do func() (int, map[string]any)) {
			if r.Method == http.MethodDelete {
				send(w, do)
				return
			}
			changed(r.Method, password)(w, r, s, do)
		},
	},
	{
		name: "a key set that nobody asked for", status: 201, left: 1, settled: "corrected", asked: "POST, PUT c1",
		fault: changed(http.MethodPost, func(m map[string]any) { m["jwks_uri"] = "https://evil.example/jwks" }),
	},
	{
		name: "a name that nobody asked for", status: 201, left: 1, settled: "told", asked: "POST",
		fault: changed(http.MethodPost, func(m map[string]any) { m["client_name"] = "Another" }),
	},
	{
		name: "on_mismatch reject", fault: changed(http.MethodPost, password), lines: "reconcile {\non_mismatch reject\n}",
		status: 502, left: 0, settled: "taken_back", asked: "POST, DELETE c1",
	},
	{
		name: "on_mismatch warn", fault: changed(http.MethodPost, password), lines: "reconcile {\non_mismatch warn\n}",
		status: 201, left: 1, settled: "warned", asked: "POST",
	},
	{
		name: "security_members without it", fault: changed(http.MethodPost, password), lines: "reconcile {\nsecurity_members scope\n}",
		status: 201, left: 1, settled: "told", asked: "POST",
	},
	{
		name: "read_back always, and the answer lied", status: 201, left: 1, settled: "corrected", asked: "POST, GET c1, PUT c1",
		lines: "reconcile {\nread_back always\n}",
		fault: faultOf(http.MethodPost, func(w http.ResponseWriter, _ *http.Request, s *clients, do func() (int, map[string]any)) {
			status, document := do()
			s.mu.Lock()
			held := maps.Clone(s.held["c1"])
			password(held)
			s.held["c1"] = held
			s.mu.Unlock()
			send(w, func() (int, map[string]any) { return status, document })
		}),
	},
	{
		name: "a correction that is refused", status: 502, left: 0, settled: "taken_back", asked: "POST, PUT c1, DELETE c1",
		fault: func(w http.ResponseWriter, r *http.Request, s *clients, do func() (int, map[string]any)) {
			if r.Method == http.MethodPut {
				w.WriteHeader(403)
				return
			}
			changed(http.MethodPost, password)(w, r, s, do)
		},
	},
	{
		// The token has changed with the correction: that the server refuses the old
		// one does not say that the deletion was done.
		name: "a correction is not answered, nor is the first deletion", status: 502, left: 1, settled: "left", orphan: true,
		asked: "POST, PUT c1, DELETE c1, DELETE c1, DELETE c1",
		fault: func(w http.ResponseWriter, r *http.Request, s *clients, do func() (int, map[string]any)) {
			s.mu.Lock()
			frozen := r.Method == http.MethodPut || s.deletes == 1
			s.mu.Unlock()
			if !frozen {
				changed(http.MethodPost, password)(w, r, s, do)
				return
			}
			if r.Method == http.MethodPut {
				do()
			}
			<-r.Context().Done()
		},
	},
	{name: "deletion fails twice", fault: deletesFail(2), lines: "reconcile {\non_mismatch reject\n}", status: 502, left: 0, settled: "taken_back"},
	{name: "deletion fails three times", fault: deletesFail(3), lines: "reconcile {\non_mismatch reject\n}", status: 502, left: 1, settled: "left", orphan: true},
	{
		name: "silence", status: 504, left: 1, settled: "left", orphan: true, asked: "POST",
		fault: faultOf(http.MethodPost, func(_ http.ResponseWriter, r *http.Request, _ *clients, do func() (int, map[string]any)) {
			do()
			<-r.Context().Done()
		}),
	},
	{
		name: "503 before anything is done", status: 503, left: 0, settled: "left", orphan: true, asked: "POST",
		fault: faultOf(http.MethodPost, func(w http.ResponseWriter, _ *http.Request, _ *clients, _ func() (int, map[string]any)) {
			w.WriteHeader(503)
		}),
	},
	{name: "503 after it was done", fault: says(503, "try later"), status: 503, left: 1, settled: "left", orphan: true, asked: "POST"},
	{
		name: "500 of Keycloak", status: 502, left: 0, asked: "POST",
		fault: faultOf(http.MethodPost, func(w http.ResponseWriter, _ *http.Request, _ *clients, _ func() (int, map[string]any)) {
			w.WriteHeader(500)
		}),
	},
	{name: "500 of another server", fault: says(500, ""), lines: "dialect generic", status: 502, left: 1, settled: "left", orphan: true, asked: "POST"},
	{
		name: "the connection is cut after the request", status: 502, left: 1, settled: "left", orphan: true,
		fault: faultOf(http.MethodPost, func(_ http.ResponseWriter, _ *http.Request, _ *clients, do func() (int, map[string]any)) {
			do()
			panic(http.ErrAbortHandler)
		}),
	},
	{
		name: "an answer cut off before its id", status: 502, left: 1, settled: "left", orphan: true,
		fault: cut(func(string) string { return `{"client_na` }),
	},
	{
		name: "an answer cut off behind its id and token", status: 502, left: 0, settled: "taken_back", asked: "POST, DELETE c1",
		fault: cut(func(all string) string {
			return `{"client_id":"c1",` + all[strings.Index(all, `"registration_access_token"`):len(all)-2] + `,`
		}),
	},
	{name: "garbage", fault: says(201, "\x00\xff not JSON"), status: 502, left: 1, settled: "left", orphan: true},
	{name: "garbage that has the id and the token in it", fault: says(201, "<pre>{}</pre>"), status: 502, left: 0, settled: "taken_back"},
	{name: "10 MB", fault: says(201, "{}"+strings.Repeat(" ", 10<<20)), status: 502, left: 0, settled: "taken_back"},
	{name: "a gzip bomb", fault: faultOf(http.MethodPost, bomb), status: 502, left: 0, settled: "taken_back"},
	{name: "another content type", fault: says(201, "{}", "Content-Type: text/html"), status: 201, left: 1},
	{name: "200 where 201 belongs", fault: says(200, "{}"), status: 201, left: 1},
	{name: "201 without a client_id", fault: says(201, `{"client_name":"App"}`), status: 502, left: 1, settled: "left", orphan: true},
	{name: "a client_id that is no path segment", fault: says(201, `{"client_id":"../../admin"}`), status: 502, left: 1, settled: "left", orphan: true, asked: "POST"},
	{
		name: "a redirect to another host", fault: says(307, "", "Location: http://127.0.0.1:9/elsewhere"),
		status: 502, left: 1, settled: "left", orphan: true, asked: "POST",
	},
	{
		name: "the reading back is about another client", status: 502, left: 0, settled: "taken_back", lines: "reconcile {\nread_back always\n}",
		fault: faultOf(http.MethodGet, func(w http.ResponseWriter, _ *http.Request, _ *clients, do func() (int, map[string]any)) {
			_, document := do()
			document["client_id"] = "c99"
			send(w, func() (int, map[string]any) { return 200, document })
		}),
	},
}

func TestFaults(t *testing.T) {
	for _, test := range faults {
		t.Run(test.name, func(t *testing.T) {
			s := newClients(t, test.fault)
			log := filepath.Join(t.TempDir(), "log")
			base := gatewayWithLog(t, s.URL, passthrough+"timeout 1s\n"+test.lines, log)
			a := ask(t, http.MethodPost, base+"/register", app, bearer(initialToken))
			if a.status != test.status {
				t.Errorf("got %s, want %d", a, test.status)
			}
			if a.status >= 500 && (a.body["error"] == nil || strings.Contains(a.text, "the-secret")) {
				t.Errorf("got %s", a)
			}
			if left := s.names(); len(left) != test.left {
				t.Errorf("the server holds %v, want %d", left, test.left)
			}
			if asked := strings.Join(s.log(), ", "); test.asked != "" && asked != test.asked {
				t.Errorf("the server was asked %s, want %s", asked, test.asked)
			}
			line := decisionLine(t, log)
			settled, _ := line["settled"].(string)
			orphan, _ := line["possible_orphan"].(bool)
			if settled != test.settled || orphan != test.orphan {
				t.Errorf("settled %q and possible_orphan %v, want %q and %v: %v", settled, orphan, test.settled, test.orphan, line)
			}
			if orphan && (line["level"] != "error" || line["client_name"] != "App" || line["request_id"] == nil || line["token"] == nil) {
				t.Errorf("an orphan cannot be found by %v", line)
			}
			if test.status == 201 {
				s.told(t, a)
			}
		})
	}
}

// told: what the caller is told is what the server holds, and the token works.
func (s *clients) told(t *testing.T, a answer) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.held["c1"]
	for _, member := range []string{"grant_types", "client_name", "redirect_uris", "jwks_uri"} {
		is, _ := json.Marshal(held[member])
		said, _ := json.Marshal(a.body[member])
		if !bytes.Equal(is, said) {
			t.Errorf("%s: the caller is told %s, the server holds %s", member, said, is)
		}
	}
	if a.body["registration_access_token"] != strings.TrimPrefix(s.tokens["c1"], "Bearer ") {
		t.Error("the caller's token is not the one that the server takes")
	}
}

// TestFaultsOfUpdates: an update cannot be taken back. A caller that does not
// learn the new token is locked out, and the log says so.
func TestFaultsOfUpdates(t *testing.T) {
	const update = `{"client_id":"c1","redirect_uris":["https://app.example.org/cb"],"client_name":"App"}`
	for name, test := range map[string]struct {
		fault   fault
		lines   string
		status  int
		settled string
		locked  bool
	}{
		"nothing goes wrong": {nil, "", 200, "", false},
		"silence": {faultOf(http.MethodPut, func(_ http.ResponseWriter, r *http.Request, _ *clients, do func() (int, map[string]any)) {
			do()
			<-r.Context().Done()
		}), "", 504, "left", true},
		"cut": {faultOf(http.MethodPut, func(_ http.ResponseWriter, _ *http.Request, _ *clients, do func() (int, map[string]any)) {
			do()
			panic(http.ErrAbortHandler)
		}), "", 502, "left", true},
		"corrected": {
			func() fault {
				var once sync.Once
				return func(w http.ResponseWriter, r *http.Request, s *clients, do func() (int, map[string]any)) {
					if r.Method == http.MethodPut {
						served := false
						once.Do(func() { changed(http.MethodPut, password)(w, r, s, do); served = true })
						if served {
							return
						}
					}
					send(w, do)
				}
			}(), "", 200, "corrected", false,
		},
		"insists": {changed(http.MethodPut, password), "", 502, "left", true},
		// It was there before: nobody has given anything.
		"leaves what was there": {func(w http.ResponseWriter, r *http.Request, s *clients, do func() (int, map[string]any)) {
			if r.Method == http.MethodGet {
				_, document := do()
				document["grant_types"] = []string{"authorization_code", "refresh_token"}
				send(w, func() (int, map[string]any) { return 200, document })
				return
			}
			changed(http.MethodPut, func(m map[string]any) { m["grant_types"] = []string{"authorization_code", "refresh_token"} })(w, r, s, do)
		}, "", 200, "warned", false},
		"refused": {faultOf(http.MethodPut, func(w http.ResponseWriter, _ *http.Request, _ *clients, _ func() (int, map[string]any)) {
			w.WriteHeader(400)
		}), "", 400, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newClients(t, test.fault)
			status, document := s.serve(http.MethodPost, "", "", []byte(`{"redirect_uris":["https://app.example.org/cb"],"client_name":"App","grant_types":["authorization_code"],"response_types":["code"],"token_endpoint_auth_method":"client_secret_basic","scope":"launch/patient fhirUser patient/*.rs"}`))
			if status != 201 {
				t.Fatal(status)
			}
			s.mu.Lock()
			s.tokens["c1"] = "Bearer " + registrationToken
			s.mu.Unlock()
			log := filepath.Join(t.TempDir(), "log")
			base := gatewayWithLog(t, s.URL, passthrough+"timeout 1s\n"+test.lines, log)
			a := ask(t, http.MethodPut, base+"/register/"+document["client_id"].(string), update, bearer(registrationToken))
			if a.status != test.status {
				t.Errorf("got %s, want %d", a, test.status)
			}
			if names := s.names(); !slices.Equal(names, []string{"c1"}) {
				t.Errorf("the server holds %v", names)
			}
			line := decisionLine(t, log)
			settled, _ := line["settled"].(string)
			locked, _ := line["locked_out"].(bool)
			if settled != test.settled || locked != test.locked || line["client_id"] != "c1" {
				t.Errorf("settled %q and locked_out %v, want %q and %v: %v", settled, locked, test.settled, test.locked, line)
			}
			if test.status == 200 {
				s.told(t, a)
			}
		})
	}
}

// TestRenewedOnRead: a server may issue a new token whenever a registration is read
// (RFC 7592 section 3), as it is before an update is judged. A caller whose update is
// refused then does not learn it.
func TestRenewedOnRead(t *testing.T) {
	for name, test := range map[string]struct {
		redirect, told string
		status         int
		locked         any
	}{
		"updated": {"https://app.example.org/second", "renewed", 200, nil},
		"refused": {"http://app.example.org/cb", "", 400, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
				if want := map[string]string{http.MethodGet: "first", http.MethodPut: "renewed"}[r.Method]; r.Header.Get("Authorization") != "Bearer "+want {
					w.WriteHeader(401)
					return
				}
				document := map[string]any{"redirect_uris": []string{"https://app.example.org/cb"}, "client_name": "App"}
				if r.Method == http.MethodPut {
					_ = json.NewDecoder(r.Body).Decode(&document)
				}
				maps.Copy(document, map[string]any{"client_id": "c1", "registration_access_token": "renewed"})
				_ = json.NewEncoder(w).Encode(document)
			})
			log := filepath.Join(t.TempDir(), "log")
			base := gatewayWithLog(t, s.URL, opaque, log)
			a := ask(t, http.MethodPut, base+"/register/c1", `{"client_id":"c1","client_name":"App","redirect_uris":["`+test.redirect+`"]}`, bearer("first"))
			if told, _ := a.body["registration_access_token"].(string); a.status != test.status || told != test.told {
				t.Errorf("got %s", a)
			}
			if line := decisionLine(t, log); line["locked_out"] != test.locked || (line["level"] == "warn") != (test.locked == true) {
				t.Errorf("the line is %v", line)
			}
		})
	}
}

// TestReadBack: a client is read where the server is known to lie about it (a grant
// that Keycloak up to 26.0 does not name in its answer), always, or never.
func TestReadBack(t *testing.T) {
	const withPassword = `{"redirect_uris":["https://app.example.org/cb"],"client_name":"App","grant_types":["authorization_code","password"]}`
	for name, test := range map[string]struct{ mode, body, asked string }{
		"by default, where it is needed":     {"", withPassword, "POST, GET c1"},
		"by default, where it is not needed": {"", app, "POST"},
		"when_needed":                        {"reconcile {\nread_back when_needed\n}", withPassword, "POST, GET c1"},
		"never":                              {"reconcile {\nread_back never\n}", withPassword, "POST"},
		"always":                             {"reconcile {\nread_back always\n}", app, "POST, GET c1"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newClients(t, nil)
			base := gateway(t, s.URL, passthrough+"allow_grants password\n"+test.mode)
			if a := ask(t, http.MethodPost, base+"/register", test.body, bearer(initialToken)); a.status != 201 {
				t.Errorf("got %s", a)
			}
			if asked := strings.Join(s.log(), ", "); asked != test.asked {
				t.Errorf("the server was asked %s, want %s", asked, test.asked)
			}
		})
	}
}

// TestServerStartsLater: the gateway starts without its server, and serves when
// that is there.
func TestServerStartsLater(t *testing.T) {
	address := freeAddress(t)
	base := gateway(t, "http://"+address, passthrough)
	if a := ask(t, http.MethodPost, base+"/register", app, bearer(initialToken)); a.status != 502 {
		t.Errorf("got %s", a)
	}
	s := newClients(t, nil)
	late := &http.Server{Addr: address, Handler: s.Config.Handler, ReadHeaderTimeout: time.Second}
	t.Cleanup(func() { _ = late.Close() })
	go func() { _ = late.ListenAndServe() }()
	for range 100 {
		if a := ask(t, http.MethodPost, base+"/register", app, bearer(initialToken)); a.status == 201 {
			return
		}
	}
	t.Error("the server is there and the gateway does not find it")
}

// TestCallerGoes: a registration whose caller has gone is completed all the same,
// corrected where it has to be, and on record.
func TestCallerGoes(t *testing.T) {
	arrived, gone := make(chan struct{}), make(chan struct{})
	s := newClients(t, faultOf(http.MethodPost, func(w http.ResponseWriter, r *http.Request, s *clients, do func() (int, map[string]any)) {
		close(arrived)
		<-gone
		changed(http.MethodPost, password)(w, r, s, do)
	}))
	log := filepath.Join(t.TempDir(), "log")
	base := gatewayWithLog(t, s.URL, passthrough, log)
	ctx, leave := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/register", strings.NewReader(app))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+initialToken)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if response, err := http.DefaultClient.Do(request); err == nil {
			t.Errorf("got %d", response.StatusCode)
			_ = response.Body.Close()
		}
	}()
	<-arrived
	leave()
	<-ended
	close(gone)
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); runtime.Gosched() {
		if content, err := os.ReadFile(log); err != nil || bytes.Contains(content, []byte(`"client registration done"`)) {
			break
		}
	}
	line := decisionLine(t, log)
	if line["settled"] != "corrected" || line["client_id"] != "c1" || line["locked_out"] != true || line["level"] != "warn" {
		t.Errorf("the log has %v", line)
	}
	if asked := s.log(); !slices.Equal(asked, []string{"POST", "PUT c1"}) {
		t.Errorf("the server was asked %v", asked)
	}
}

// TestReloadInMidFlight: a reload waits for a registration that is under way,
// with all that has to be put right, and leaves no goroutine.
func TestReloadInMidFlight(t *testing.T) {
	before := goleak.IgnoreCurrent()
	arrived, goOn := make(chan struct{}), make(chan struct{})
	spoil := deletesFail(1)
	s := newClients(t, func(w http.ResponseWriter, r *http.Request, s *clients, do func() (int, map[string]any)) {
		if r.Method == http.MethodPost {
			close(arrived)
			<-goOn
		}
		spoil(w, r, s, do)
	})
	address := freeAddress(t)
	config := site(address, s.URL, passthrough+"reconcile {\non_mismatch reject\n}")
	load(t, config)
	answered := make(chan answer)
	go func() {
		answered <- ask(t, http.MethodPost, "http://"+address+"/register", app, bearer(initialToken))
	}()
	<-arrived
	load(t, strings.Replace(config, "next handler", "another handler", 1))
	close(goOn)
	if a := <-answered; a.status != 502 {
		t.Errorf("got %s", a)
	}
	if left := s.names(); len(left) != 0 {
		t.Errorf("the server holds %v", left)
	}
	if err := caddy.Stop(); err != nil {
		t.Fatal(err)
	}
	s.Close()
	http.DefaultClient.CloseIdleConnections()
	goleak.VerifyNone(t, before, goleak.IgnoreAnyFunction("github.com/caddyserver/certmagic.keepLockfileFresh"))
}

// TestFaultsPage holds the table of docs/faults.md against the faults.
func TestFaultsPage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("docs", "faults.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range faults[1:] {
		at := map[bool]string{true: "nothing", false: "the client"}[test.left == 0]
		log := "–"
		if test.settled != "" {
			log = "`" + test.settled + "`"
		}
		if test.orphan {
			log += ", `possible_orphan`"
		}
		if row := fmt.Sprintf("| %s | %d | %s | %s |\n", test.name, test.status, at, log); !strings.Contains(string(page), row) {
			t.Errorf("no row\n%s", row)
		}
	}
}
