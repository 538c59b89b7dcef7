package docs_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-smart/smartregistration/internal/keycloaktest"
	"github.com/caddy-smart/smartregistration/internal/sandbox"
)

// server is an authorization server behind the gateways. Its registration API
// takes an initial access token for clients that no policy has seen.
type server interface {
	address() string
	// initialAccessToken is one that is good for many clients, for requests that
	// come through the gateway.
	initialAccessToken(t *testing.T, g gateway) string
	// clients is how many there are in the realm.
	clients(t *testing.T) int
}

// sandboxServer is the embedded sandbox.
type sandboxServer struct {
	*httptest.Server
	made atomic.Int64 // how many registrations succeeded
}

// initialAccessTokens is where it hands those out.
const initialAccessTokens = "/initial-access-token"

func startSandbox(t *testing.T) *sandboxServer {
	t.Helper()
	ctx, cancel := caddy.NewContext(caddy.Context{Context: t.Context()})
	t.Cleanup(cancel)
	handler := &sandbox.Sandbox{Realm: "fhir", Hostname: "https://auth.example.org"}
	if err := handler.Provision(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := handler.Cleanup(); err != nil {
			t.Error(err)
		}
	})
	s := &sandboxServer{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Counted before the answer goes out: whoever has it may ask at once.
		reply := httptest.NewRecorder()
		if err := handler.ServeHTTP(reply, r, nil); err != nil {
			t.Error(err)
		}
		if reply.Code == http.StatusCreated && r.URL.Path != initialAccessTokens {
			s.made.Add(1)
		}
		maps.Copy(w.Header(), reply.Header())
		w.WriteHeader(reply.Code)
		reply.Body.WriteTo(w)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *sandboxServer) address() string { return s.Listener.Addr().String() }

func (s *sandboxServer) initialAccessToken(t *testing.T, _ gateway) string {
	t.Helper()
	response, err := s.Client().Post(s.URL+initialAccessTokens, "application/json", strings.NewReader(`{"count": 1000}`))
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

func (s *sandboxServer) clients(*testing.T) int { return int(s.made.Load()) }

// keycloakServer is a real Keycloak.
type keycloakServer struct {
	url       string
	realm     *keycloaktest.Realm
	forwarded bool // it takes its address from X-Forwarded-*
}

func startKeycloak(t *testing.T, options keycloaktest.Options) *keycloakServer {
	t.Helper()
	server := keycloaktest.Run(t, options)
	realm, err := server.NewRealm(t.Context(), "fhir", keycloaktest.SMARTScopes)
	if err != nil {
		t.Fatal(err)
	}
	return &keycloakServer{url: server.URL(), realm: realm, forwarded: options.ProxyHeaders}
}

func (k *keycloakServer) address() string { return strings.TrimPrefix(k.url, "http://") }

func (k *keycloakServer) initialAccessToken(t *testing.T, g gateway) string {
	t.Helper()
	realm := k.realm
	if k.forwarded {
		var err error
		if realm, err = realm.SeenAs("http://" + g.host); err != nil {
			t.Fatal(err)
		}
	}
	token, err := realm.InitialAccessToken(t.Context(), 1000, 0)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (k *keycloakServer) clients(t *testing.T) int {
	t.Helper()
	clients, err := k.realm.Clients(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return len(clients)
}

// Interface guards
var (
	_ server = (*sandboxServer)(nil)
	_ server = (*keycloakServer)(nil)
)
