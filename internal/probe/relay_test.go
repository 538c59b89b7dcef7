package probe_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-smart/smartregistration/internal/sandbox"
)

const registrationAPI = "/realms/fhir/clients-registrations/openid-connect"

// relay is the sandbox, with somebody in front of it who keeps account of the
// clients, whom the probe does not know, and who can fail.
type relay struct {
	*httptest.Server

	mu      sync.Mutex
	fault   fault
	n       int               // requests to the registration API since the fault began
	clients map[string]string // those that are there, by id, with their names
	secrets []string
}

// fault is how the relay fails. Each is asked about each request to the registration
// API, by its number from 1, and none at all is no fault.
type fault struct {
	before func(n int) bool // false: the connection is cut before the sandbox has seen it
	after  func(n int) bool // false: the connection is cut instead of the answer
}

// begin makes the relay forget everything and fail from now on.
func (r *relay) begin(f fault) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fault, r.n, r.clients = f, 0, map[string]string{}
}

// requests is how many there were.
func (r *relay) requests() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.n
}

func newRelay(t *testing.T) *relay {
	t.Helper()
	ctx, cancel := caddy.NewContext(caddy.Context{Context: t.Context()})
	t.Cleanup(cancel)
	// The state of a realm is shared by its name.
	box := &sandbox.Sandbox{Realm: "fhir", Hostname: "https://auth.example.org"}
	if err := box.Provision(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := box.Cleanup(); err != nil {
			t.Error(err)
		}
	})
	r := &relay{clients: map[string]string{}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if !strings.Contains(request.URL.Path, "clients-registrations") {
			_ = box.ServeHTTP(w, request, nil)
			return
		}
		n, f := r.next()
		if f.before != nil && !f.before(n) {
			panic(http.ErrAbortHandler)
		}
		reply := httptest.NewRecorder()
		_ = box.ServeHTTP(reply, request, nil)
		r.account(request, reply)
		if f.after != nil && !f.after(n) {
			panic(http.ErrAbortHandler)
		}
		maps.Copy(w.Header(), reply.Header())
		w.WriteHeader(reply.Code)
		_, _ = w.Write(reply.Body.Bytes())
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *relay) next() (int, fault) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.n++
	return r.n, r.fault
}

func (r *relay) account(request *http.Request, reply *httptest.ResponseRecorder) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if request.Method == http.MethodDelete && reply.Code == http.StatusNoContent {
		delete(r.clients, path.Base(request.URL.Path))
		return
	}
	var body map[string]any
	if json.Unmarshal(reply.Body.Bytes(), &body) != nil {
		return
	}
	for _, name := range []string{"client_secret", "secret", "registration_access_token", "registrationAccessToken"} {
		if secret, ok := body[name].(string); ok {
			r.secrets = append(r.secrets, secret)
		}
	}
	if request.Method == http.MethodPost && reply.Code == http.StatusCreated {
		name, _ := body["client_name"].(string)
		for _, id := range []string{"client_id", "clientId"} {
			if id, ok := body[id].(string); ok {
				r.clients[id] = name
			}
		}
	}
}

// said are the secrets that the sandbox gave out.
func (r *relay) said() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.secrets)
}

// there is a copy of the clients that are there.
func (r *relay) there() map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.clients)
}

func (r *relay) initialAccessToken(t *testing.T) string {
	t.Helper()
	response, err := http.Post(r.URL+"/initial-access-token", "application/json", strings.NewReader(`{"count": 1000}`))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var reply struct {
		Token string `json:"token"`
	}
	if err := json.NewDecoder(response.Body).Decode(&reply); err != nil {
		t.Fatal(err)
	}
	return reply.Token
}
