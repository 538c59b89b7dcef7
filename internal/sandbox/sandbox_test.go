package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/google/uuid"
)

// start is the time at which every test clock begins.
var start = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// testClock is a clock that stands still until it is moved.
type testClock struct{ offset atomic.Int64 }

func (c *testClock) now() time.Time          { return start.Add(time.Duration(c.offset.Load())) }
func (c *testClock) advance(d time.Duration) { c.offset.Add(int64(d)) }

// provision readies s as Caddy does, and cleans up after the test. A realm of its
// own keeps the test apart from the others.
func provision(t *testing.T, s *Sandbox) (*Sandbox, *testClock) {
	t.Helper()
	if s.Realm == "" {
		s.Realm = uuid.NewString()
	}
	clock := new(testClock)
	s.now = clock.now
	ctx, cancel := caddy.NewContext(caddy.Context{Context: context.Background()})
	t.Cleanup(cancel)
	if err := s.Provision(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Cleanup(); err != nil {
			t.Error(err)
		}
	})
	return s, clock
}

// answer is what came back, the body parsed if it is JSON.
type answer struct {
	status int
	header http.Header
	raw    []byte
	body   map[string]any
}

func (a answer) text(name string) string { s, _ := a.body[name].(string); return s }

// send has s answer a request as a server would, from this machine. Fields are
// pairs of name and value.
func send(t *testing.T, s *Sandbox, method, target, body string, fields ...string) answer {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.RemoteAddr = "127.0.0.1:4711"
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	return serve(t, s, r)
}

func serve(t *testing.T, s *Sandbox, r *http.Request) answer {
	t.Helper()
	w := httptest.NewRecorder()
	if err := s.ServeHTTP(w, r, nil); err != nil {
		t.Errorf("%s %s: %v", r.Method, r.URL, err)
	}
	return read(t, w.Result())
}

func read(t *testing.T, res *http.Response) answer {
	t.Helper()
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Error(err)
	}
	out := answer{status: res.StatusCode, header: res.Header, raw: raw}
	if bytes.HasPrefix(raw, []byte("{")) {
		if err := json.Unmarshal(raw, &out.body); err != nil {
			t.Errorf("body %s: %v", raw, err)
		}
	}
	return out
}

func endpoint(s *Sandbox) string {
	return "http://localhost:8081/realms/" + s.Realm + "/clients-registrations/openid-connect"
}

func mint(t *testing.T, s *Sandbox, body string) string {
	t.Helper()
	a := send(t, s, "POST", "http://localhost:8081/initial-access-token", body)
	if a.status != http.StatusCreated {
		t.Fatalf("no initial access token: %d %s", a.status, a.raw)
	}
	return a.text("token")
}

func register(t *testing.T, s *Sandbox, token, body string) answer {
	t.Helper()
	return send(t, s, "POST", endpoint(s), body, "Authorization", "Bearer "+token, "Content-Type", "application/json")
}

func TestInitialAccessTokenCountHoldsUnderConcurrency(t *testing.T) {
	t.Parallel()
	s, _ := provision(t, new(Sandbox))
	token := mint(t, s, `{"count":2}`)

	statuses := make([]int, 10)
	var wg sync.WaitGroup
	for i := range statuses {
		wg.Go(func() { statuses[i] = register(t, s, token, `{"client_name":"App"}`).status })
	}
	wg.Wait()

	count := make(map[int]int)
	for _, status := range statuses {
		count[status]++
	}
	if count[http.StatusCreated] != 2 || count[http.StatusUnauthorized] != 8 {
		t.Errorf("statuses %v, want two 201 and eight 401", count)
	}
	if len(s.realm.clients) != 2 {
		t.Errorf("%d clients stored, want 2", len(s.realm.clients))
	}
}

// The token's own exp usually says so first, but a use is taken later than that is
// looked at.
func TestInitialAccessUsable(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		stored initialAccess
		want   error
	}{
		{initialAccess{Timestamp: start.Unix() - 60, Remaining: 1}, nil},
		{initialAccess{Timestamp: start.Unix() - 60, Expiration: 61, Remaining: 1}, nil},
		{initialAccess{Timestamp: start.Unix() - 60, Expiration: 60, Remaining: 1}, errInitialAccessExpired},
		{initialAccess{Timestamp: start.Unix() - 60, Expiration: 60}, errNoRemainingCount},
	} {
		if err := tt.stored.usable(start); !errors.Is(err, tt.want) {
			t.Errorf("%+v: %v, want %v", tt.stored, err, tt.want)
		}
	}
}

func TestInitialAccessTokenReply(t *testing.T) {
	t.Parallel()
	s, clock := provision(t, new(Sandbox))
	a := send(t, s, "POST", "http://localhost:8081/initial-access-token", `{"count":3,"expiration":60}`)
	if a.status != http.StatusCreated || a.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v", a.status, a.header)
	}
	var got initialAccessReply
	if err := json.Unmarshal(a.raw, &got); err != nil {
		t.Fatal(err)
	}
	now := clock.now().Unix()
	c, err := s.realm.verify(got.Token, "http://localhost:8081/realms/"+s.Realm, clock.now())
	if err != nil {
		t.Fatal(err)
	}
	if c.ID != got.ID || c.Expires != now+60 || c.Type != "InitialAccessToken" || c.Audience != c.Issuer {
		t.Errorf("claims %+v", c)
	}
	got.ID, got.Token = "", ""
	if want := (initialAccessReply{Timestamp: now, Expiration: 60, Count: 3, RemainingCount: 3}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}

	token := mint(t, s, "")
	c, err = s.realm.verify(token, "http://localhost:8081/realms/"+s.Realm, clock.now())
	if err != nil {
		t.Fatal(err)
	}
	if stored, _ := s.realm.initialAccess(c.ID); c.Expires != 0 || stored.Remaining != 10 {
		t.Errorf("defaults: exp %d, remaining %d, want 0 and 10", c.Expires, stored.Remaining)
	}
}

func TestInitialAccessTokenIsForThisMachineOnly(t *testing.T) {
	t.Parallel()
	s, _ := provision(t, new(Sandbox))
	for _, tt := range []struct {
		name, remote, field string
		want                int
	}{
		{"IPv4 loopback", "127.0.0.1:1", "", 201},
		{"IPv6 loopback", "[::1]:1", "", 201},
		{"mapped loopback", "[::ffff:127.0.0.1]:1", "", 201},
		{"another machine", "192.0.2.1:1", "", 403},
		{"no address", "@", "", 403},
		{"through a proxy here", "127.0.0.1:1", "X-Forwarded-For", 403},
		{"through another proxy here", "127.0.0.1:1", "Via", 403},
		{"from a page in a browser here", "127.0.0.1:1", "Origin", 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("POST", "http://localhost:8081/initial-access-token", nil)
			r.RemoteAddr = tt.remote
			if tt.field != "" {
				r.Header.Set(tt.field, "192.0.2.1")
			}
			a := serve(t, s, r)
			if a.status != tt.want {
				t.Errorf("status %d, want %d: %s", a.status, tt.want, a.raw)
			}
			if a.status == 403 && (a.header.Get("Content-Type") != "application/json" || a.text("error") == "") {
				t.Errorf("refusal %v %s", a.header, a.raw)
			}
		})
	}
}

func TestInitialAccessTokenBadRequests(t *testing.T) {
	t.Parallel()
	s, _ := provision(t, new(Sandbox))
	for body, want := range map[string]string{
		`{"count":-1}`:      "Invalid value for count",
		`{"expiration":-1}`: "Invalid value for expiration",
		`{"count":"many"}`:  "invalid_request",
		`{"uses":1}`:        "invalid_request",
	} {
		a := send(t, s, "POST", "http://localhost:8081/initial-access-token", body)
		if a.status != http.StatusBadRequest || a.text("error") != want {
			t.Errorf("%s: %d %s, want 400 %s", body, a.status, a.raw, want)
		}
	}
	if a := send(t, s, "GET", "http://localhost:8081/initial-access-token", ""); a.status != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", a.status)
	}
}

func TestFullSandboxRefuses(t *testing.T) {
	t.Parallel()
	s, _ := provision(t, new(Sandbox))
	token := mint(t, s, "")
	for range capacity {
		id := uuid.NewString()
		s.realm.clients[id] = &client{id: id}
	}
	if a := register(t, s, token, `{}`); a.status != http.StatusServiceUnavailable {
		t.Errorf("%d %s", a.status, a.raw)
	}
}

// Whose host name a token is bound to decides about many a first attempt.
func TestIssuer(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		sandbox    Sandbox
		target     string
		fields     []string
		want       string
		registered int // with a token issued to http://localhost:8081
	}{
		{"request", Sandbox{}, "http://localhost:8081", nil, "http://localhost:8081", 201},
		{"other host", Sandbox{}, "http://auth.example.org", nil, "http://auth.example.org", 401},
		{"TLS", Sandbox{}, "https://auth.example.org", nil, "https://auth.example.org", 401},
		{"forwarded, not believed", Sandbox{}, "http://localhost:8081", []string{"X-Forwarded-Proto", "https", "X-Forwarded-Host", "auth.example.org"}, "http://localhost:8081", 201},
		{"forwarded", Sandbox{ProxyHeaders: true}, "http://localhost:8081", []string{"X-Forwarded-Proto", "https", "X-Forwarded-Host", "auth.example.org"}, "https://auth.example.org", 401},
		{"pinned", Sandbox{Hostname: "https://auth.example.org/", ProxyHeaders: true}, "http://other.example.org", []string{"X-Forwarded-Host", "x.example.org"}, "https://auth.example.org", 201},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, _ := provision(t, &tt.sandbox)
			token := mint(t, s, "")
			base := "/realms/" + s.Realm
			a := send(t, s, "GET", tt.target+base+"/.well-known/openid-configuration", "", tt.fields...)
			if got := a.text("issuer"); got != tt.want+base {
				t.Errorf("issuer %s, want %s", got, tt.want+base)
			}
			a = send(t, s, "POST", tt.target+base+"/clients-registrations/openid-connect", `{}`,
				append(tt.fields, "Authorization", "Bearer "+token)...)
			if a.status != tt.registered {
				t.Fatalf("%d %s, want %d", a.status, a.raw, tt.registered)
			}
			if a.status == 201 && a.text("registration_client_uri") != tt.want+base+"/clients-registrations/openid-connect/"+a.text("client_id") {
				t.Errorf("registration_client_uri %s", a.text("registration_client_uri"))
			}
		})
	}
}

func TestServiceAccount(t *testing.T) {
	t.Setenv("SANDBOX_TEST_SECRET", "s:cr t+")
	s, clock := provision(t, &Sandbox{ServiceAccount: &ServiceAccount{ClientID: "registrar", ClientSecret: "{env.SANDBOX_TEST_SECRET}"}})
	endpoint := "http://localhost:8081/realms/" + s.Realm + "/protocol/openid-connect/token"
	const form = "application/x-www-form-urlencoded"
	basic := func(id, secret string) string {
		r := httptest.NewRequest("POST", "/", nil)
		r.SetBasicAuth(id, secret)
		return r.Header.Get("Authorization")
	}
	for _, tt := range []struct {
		name, contentType, body, authorization string
		status                                 int
		code                                   string
	}{
		{"post", form, "grant_type=client_credentials&client_id=registrar&client_secret=s%3Acr+t%2B", "", 200, ""},
		{"basic", form, "grant_type=client_credentials", basic("registrar", "s%3Acr+t%2B"), 200, ""},
		{"basic, wrong secret", form, "grant_type=client_credentials", basic("registrar", "x"), 401, "invalid_client"},
		{"basic, bad encoding", form, "grant_type=client_credentials", basic("registrar", "%zz"), 401, "invalid_client"},
		{"unknown client", form, "grant_type=client_credentials&client_id=other&client_secret=s%3Acr+t%2B", "", 401, "invalid_client"},
		{"no credentials", form, "grant_type=client_credentials", "", 401, "invalid_client"},
		{"no grant", form, "", "", 400, "invalid_request"},
		{"other grant", form, "grant_type=password", "", 400, "unsupported_grant_type"},
		{"JSON", "application/json", "{}", "", 415, errContentType.Code},
	} {
		a := send(t, s, "POST", endpoint, tt.body, "Content-Type", tt.contentType, "Authorization", tt.authorization)
		if a.status != tt.status || a.text("error") != tt.code {
			t.Errorf("%s: %d %s, want %d %q", tt.name, a.status, a.raw, tt.status, tt.code)
			continue
		}
		if tt.status != 200 {
			continue
		}
		if a.text("token_type") != "Bearer" || a.body["expires_in"] != 300.0 || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v %s", tt.name, a.header, a.raw)
		}
		token := a.text("access_token")
		created := register(t, s, token, `{}`)
		if created.status != 201 {
			t.Errorf("%s: registration %d %s", tt.name, created.status, created.raw)
		}
		for _, method := range []string{"GET", "DELETE"} {
			if a := send(t, s, method, created.text("registration_client_uri"), "", "Authorization", "Bearer "+token); a.status != 403 {
				t.Errorf("%s: %s by the service account: %d, want 403", tt.name, method, a.status)
			}
		}
		clock.advance(300 * time.Second)
		if a := register(t, s, token, `{}`); a.status != 401 {
			t.Errorf("%s: registration with an expired token: %d %s", tt.name, a.status, a.raw)
		}
	}
	if a := send(t, s, "GET", endpoint, ""); a.status != 405 {
		t.Errorf("GET: %d", a.status)
	}
}

func TestReloadKeepsState(t *testing.T) {
	t.Parallel()
	name := uuid.NewString()
	old, _ := provision(t, &Sandbox{Realm: name})
	token := mint(t, old, `{"count":2}`)
	created := register(t, old, token, `{"client_name":"App"}`)

	// Caddy provisions the new configuration before it cleans up the old one.
	fresh, _ := provision(t, &Sandbox{Realm: name, Scopes: []string{"system/*.rs"}})
	for range 2 { // the second time there is nothing left to let go of
		if err := old.Cleanup(); err != nil {
			t.Fatal(err)
		}
	}
	if holders, _ := realms.References(name); holders != 1 {
		t.Fatalf("%d holders of the realm, want 1", holders)
	}
	a := send(t, fresh, "GET", created.text("registration_client_uri"), "", "Authorization", "Bearer "+created.text("registration_access_token"))
	if a.status != 200 || a.text("client_name") != "App" {
		t.Errorf("after the reload the client is gone: %d %s", a.status, a.raw)
	}
	if a := register(t, fresh, token, `{}`); a.status != 201 || a.text("scope") != "system/*.rs" {
		t.Errorf("after the reload the token is useless or the configuration old: %d %s", a.status, a.raw)
	}
	if a := register(t, fresh, token, `{}`); a.status != 401 {
		t.Errorf("the reload gave a use of the token back: %d %s", a.status, a.raw)
	}

	// The last one out takes the state along.
	if err := fresh.Cleanup(); err != nil {
		t.Fatal(err)
	}
	next, _ := provision(t, &Sandbox{Realm: name})
	if a := register(t, next, token, `{}`); a.status != 401 {
		t.Errorf("the state outlived its last holder: %d %s", a.status, a.raw)
	}
}

func TestFailedProvisionReleasesNothing(t *testing.T) {
	t.Parallel()
	name := uuid.NewString()
	running, _ := provision(t, &Sandbox{Realm: name})
	for _, bad := range []*Sandbox{
		{Realm: name, Hostname: "auth.example.org"},
		{Realm: name, Hostname: "https://user@auth.example.org"},
		{Realm: name, Hostname: "https://auth.example.org?x"},
		{Realm: name, Hostname: "{env.NOT_SET_IN_THIS_TEST}"},
		{Realm: name, Scopes: []string{"a b"}},
		{Realm: name, Scopes: []string{""}},
		{Realm: name, ServiceAccount: &ServiceAccount{ClientSecret: "x"}},
		{Realm: name, ServiceAccount: &ServiceAccount{ClientID: "registrar"}},
		{Realm: name, ServiceAccount: &ServiceAccount{ClientID: "registrar", ClientSecret: "{file./no/such/file}"}},
		{Realm: "a/b"},
		{Realm: ".."},
	} {
		ctx, cancel := caddy.NewContext(caddy.Context{Context: context.Background()})
		err := bad.Provision(ctx)
		cancel()
		if err == nil {
			t.Errorf("%+v: provisioned", bad)
		} else if bad.ServiceAccount != nil && !strings.Contains(err.Error(), "service_account") {
			t.Errorf("%+v: error %q does not say where", bad, err)
		}
		if err := bad.Cleanup(); err != nil {
			t.Error(err)
		}
	}
	if users, ok := realms.References(name); !ok || users != 1 {
		t.Errorf("the running handler's realm has %d holders, want 1", users)
	}
	if a := register(t, running, mint(t, running, ""), `{}`); a.status != 201 {
		t.Errorf("%d %s", a.status, a.raw)
	}
}
