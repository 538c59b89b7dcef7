package smartregistration_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
)

// These tests run a whole Caddy, which a process has only one of: they are not
// parallel.

// gateway starts Caddy with a site that has the handler and returns the site's
// address. The lines are the handler's block; {UPSTREAM} in them is replaced.
func gateway(t *testing.T, upstream, lines string) string {
	t.Helper()
	address := freeAddress(t)
	run(t, site(address, upstream, lines))
	return "http://" + address
}

// run starts Caddy for as long as the test takes.
func run(t *testing.T, caddyfile string) {
	t.Helper()
	load(t, caddyfile)
	t.Cleanup(func() {
		if err := caddy.Stop(); err != nil {
			t.Errorf("stopping Caddy: %v", err)
		}
	})
}

func site(address, upstream, lines string) string {
	return fmt.Sprintf(`{
	admin off
	auto_https off
}
http://%s {
	bind 127.0.0.1
	smart_registration {
		%s
	}
	respond "next handler" 299
}
`, address, strings.ReplaceAll(strings.TrimSpace(lines), "{UPSTREAM}", upstream))
}

func load(t *testing.T, caddyfile string) {
	t.Helper()
	config, _, err := adapt(caddyfile)
	if err != nil {
		t.Fatalf("%v\n%s", err, caddyfile)
	}
	if err := caddy.Load([]byte(config), true); err != nil {
		t.Fatalf("%v\n%s", err, caddyfile)
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// passthrough is the shortest block in front of a Keycloak.
const passthrough = `
	upstream {UPSTREAM}
	upstream_path /realms/r/clients-registrations/openid-connect
	initial_access_token {
		passthrough
	}
`

// opaque is the shortest block in front of another server, whose tokens have no
// form.
const opaque = `
	upstream {UPSTREAM}
	upstream_path /connect/register
	dialect generic
	initial_access_token {
		passthrough
	}
`

// server is a fake authorization server that keeps what reached it.
type server struct {
	*httptest.Server
	mu       sync.Mutex
	requests []received
}

type received struct {
	method, uri, host, authorization string
	header                           http.Header
	body                             []byte
}

// newServer starts a fake server. Its answers are the handler's.
func newServer(t *testing.T, answer http.HandlerFunc) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.requests = append(s.requests, received{r.Method, r.RequestURI, r.Host, r.Header.Get("Authorization"), r.Header.Clone(), body})
		s.mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// received is what reached the server so far.
func (s *server) received() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]received(nil), s.requests...)
}

// echo answers as a server that registers exactly what it is sent.
func echo(w http.ResponseWriter, r *http.Request) {
	var document map[string]any
	status := http.StatusOK
	switch r.Method {
	case http.MethodDelete:
		w.WriteHeader(http.StatusNoContent)
		return
	case http.MethodGet:
		document = map[string]any{
			"redirect_uris": []string{"https://app.example.org/cb"}, "grant_types": []string{"authorization_code"},
			"response_types": []string{"code"}, "token_endpoint_auth_method": "client_secret_basic",
			"scope": "launch/patient fhirUser patient/*.rs", "client_name": "App",
		}
	default:
		if err := json.NewDecoder(r.Body).Decode(&document); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if r.Method == http.MethodPost {
			status = http.StatusCreated
		}
	}
	document["client_id"] = "c1"
	document["client_secret"] = "the-client-secret"
	document["registration_access_token"] = "the.next.token"
	document["registration_client_uri"] = "http://internal:8080" + r.URL.Path + "/c1"
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.Header().Set("X-Internal", "do not tell")
	w.Header().Set("Set-Cookie", "AUTH_SESSION_ID=x")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(document)
}

// answer is what a caller got.
type answer struct {
	status int
	header http.Header
	text   string
	body   map[string]any
}

// ask sends a request. A header is "Name: value".
func ask(t *testing.T, method, url, body string, headers ...string) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		request.Header.Set(name, value)
		if name == "Host" {
			request.Host = value
		}
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{status: response.StatusCode, header: response.Header, text: string(text)}
	_ = json.Unmarshal(text, &a.body)
	return a
}

func (a answer) String() string { return fmt.Sprintf("%d %s", a.status, a.text) }

// app is a registration that nothing is wrong with.
const app = `{"redirect_uris":["https://app.example.org/cb"],"client_name":"App"}`

// initialToken has the form of Keycloak's initial access tokens: it is not
// signed by anybody, which a passthrough cannot tell.
var initialToken = unsigned(`{"exp":0,"iat":1,"jti":"j","iss":"http://kc/realms/r","aud":"http://kc/realms/r","typ":"InitialAccessToken"}`)

// registrationToken likewise.
var registrationToken = unsigned(`{"exp":0,"iat":1,"jti":"j","iss":"http://kc/realms/r","aud":"http://kc/realms/r","typ":"RegistrationAccessToken","registration_auth":"authenticated"}`)

func bearer(token string) string { return "Authorization: Bearer " + token }

// vectors reads a file of testdata/vectors.
func vectors(t *testing.T, name string, to any) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", "vectors", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, to); err != nil {
		t.Fatal(err)
	}
}

func parse(config string) (*caddy.Config, error) {
	parsed := new(caddy.Config)
	return parsed, caddy.StrictUnmarshalJSON([]byte(config), parsed)
}

func nowUnix() int64 { return time.Now().Unix() }

// warningsOf are the handler's warnings in a log.
func warningsOf(t *testing.T, log string) []string {
	t.Helper()
	content, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	var warnings []string
	for line := range strings.Lines(string(content)) {
		var fields struct{ Level, Logger, Msg string }
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if fields.Level == "warn" && fields.Logger == "http.handlers.smart_registration" {
			warnings = append(warnings, fields.Msg)
		}
	}
	return warnings
}
