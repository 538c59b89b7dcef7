package keycloaktest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestKeycloak walks one real server through what the package promises.
func TestKeycloak(t *testing.T) {
	Require(t)
	ctx := t.Context()
	server, err := Start(ctx, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Stop() })
	realm, err := server.NewRealm(ctx, "fhir", SMARTScopes)
	if err != nil {
		t.Fatal(err)
	}

	t.Run("register with an initial access token", func(t *testing.T) {
		token, err := realm.InitialAccessToken(ctx, 1, 0)
		if err != nil {
			t.Fatal(err)
		}
		status, reply := register(t, server, realm, token, "App")
		clientID, _ := reply["client_id"].(string)
		if status != http.StatusCreated || clientID == "" {
			t.Fatalf("registration: %d %v", status, reply)
		}
		client, found, err := realm.Client(ctx, clientID)
		if err != nil || !found {
			t.Fatalf("client %s: found %t, %v", clientID, found, err)
		}
		if client["name"] != "App" {
			t.Errorf("stored name %v", client["name"])
		}
		optional, _ := client["optionalClientScopes"].([]any)
		for _, scope := range SMARTScopes {
			if !slices.Contains(optional, any(scope)) {
				t.Errorf("stored optional scopes %v lack %s", optional, scope)
			}
		}
		clients, err := realm.Clients(ctx)
		if err != nil || len(clients) < 2 {
			t.Errorf("%d clients, %v", len(clients), err)
		}
		if err := realm.DeleteClient(ctx, clientID); err != nil {
			t.Fatal(err)
		}
		if _, found, err := realm.Client(ctx, clientID); found || err != nil {
			t.Errorf("after its deletion: found %t, %v", found, err)
		}
		if status, reply := register(t, server, realm, token, "Second"); status != http.StatusUnauthorized {
			t.Errorf("second use of a token for one: %d %v", status, reply)
		}
	})

	t.Run("a deleted initial access token registers nothing", func(t *testing.T) {
		token, err := realm.InitialAccessToken(ctx, 1, 60)
		if err != nil {
			t.Fatal(err)
		}
		if err := realm.DeleteInitialAccessToken(ctx, token); err != nil {
			t.Fatal(err)
		}
		if status, reply := register(t, server, realm, token, "App"); status != http.StatusUnauthorized {
			t.Errorf("registration: %d %v", status, reply)
		}
	})

	t.Run("a service account registers by its role", func(t *testing.T) {
		for clientID, roles := range map[string][]string{"registrar": {"create-client"}, "nobody": nil} {
			if err := realm.ServiceAccount(ctx, clientID, "s3cret", roles...); err != nil {
				t.Fatal(err)
			}
			token, err := realm.ServiceAccountToken(ctx, clientID, "s3cret")
			if err != nil {
				t.Fatal(err)
			}
			want := http.StatusForbidden
			if roles != nil {
				want = http.StatusCreated
			}
			if status, reply := register(t, server, realm, token, "App"); status != want {
				t.Errorf("%s: %d %v, want %d", clientID, status, reply, want)
			}
		}
	})

	t.Run("a token minted through the public address names it", func(t *testing.T) {
		public, err := realm.SeenAs("http://auth.example.org")
		if err != nil {
			t.Fatal(err)
		}
		token, err := public.InitialAccessToken(ctx, 1, 0)
		if err != nil {
			t.Fatal(err)
		}
		if issuer := claims(t, token)["iss"]; issuer != "http://auth.example.org/realms/fhir" {
			t.Errorf("issuer %v", issuer)
		}
		if status, reply := register(t, server, realm, token, "App"); status != http.StatusUnauthorized {
			t.Errorf("at the server's own address: %d %v", status, reply)
		}
	})

	t.Run("stop leaves nothing", func(t *testing.T) {
		for range 2 {
			if err := server.Stop(); err != nil {
				t.Fatal(err)
			}
		}
		if err := syscall.Kill(-server.process.group(), 0); !errors.Is(err, syscall.ESRCH) {
			t.Errorf("process group after stop: %v", err)
		}
		if _, err := os.Stat(server.Home()); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("home after stop: %v", err)
		}
	})
}

// TestIssuer starts a server for each way in which one learns its address, and
// registers as a gateway would that hands on the public host.
func TestIssuer(t *testing.T) {
	tests := []struct {
		name    string
		options Options
		want    string
	}{
		{"pinned", Options{Hostname: "https://pinned.example.org"}, "https://pinned.example.org/realms/fhir"},
		{"proxy headers", Options{ProxyHeaders: true}, "https://auth.example.org/realms/fhir"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := Run(t, test.options)
			realm, err := server.NewRealm(t.Context(), "fhir", nil)
			if err != nil {
				t.Fatal(err)
			}
			public, err := realm.SeenAs("https://auth.example.org")
			if err != nil {
				t.Fatal(err)
			}
			token, err := public.InitialAccessToken(t.Context(), 1, 0)
			if err != nil {
				t.Fatal(err)
			}
			if issuer := claims(t, token)["iss"]; issuer != test.want {
				t.Errorf("issuer %v, want %s", issuer, test.want)
			}
		})
	}
}

func TestStartErrorHasTheLogAndLeavesNothing(t *testing.T) {
	Require(t)
	t.Setenv("TMPDIR", t.TempDir())
	server, err := Start(t.Context(), Options{Hostname: "not a host name"})
	if err == nil {
		server.Stop()
		t.Fatal("started with a host name that is none")
	}
	if !strings.Contains(err.Error(), "not a host name") {
		t.Errorf("the error lacks the server's log: %v", err)
	}
	left, err := os.ReadDir(os.TempDir())
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestAdminTokenIsRenewed(t *testing.T) {
	t.Parallel()
	grants := 0
	server := newTokenServer(t, &grants)
	clock := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	a := newAdmin(server, nil)
	a.now = func() time.Time { return clock }
	for _, step := range []struct {
		wait time.Duration
		want int
	}{{0, 1}, {39 * time.Second, 1}, {2 * time.Second, 2}} {
		clock = clock.Add(step.wait)
		if _, err := a.bearer(t.Context()); err != nil {
			t.Fatal(err)
		}
		if grants != step.want {
			t.Errorf("%v later: %d tokens asked for, want %d", step.wait, grants, step.want)
		}
	}
}

// register registers a client at the server itself, without a gateway.
func register(t *testing.T, server *Server, realm *Realm, token, name string) (int, map[string]any) {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"client_name":   name,
		"redirect_uris": []string{"https://client.example.org/callback"},
	})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
		server.URL()+realm.RegistrationPath(), bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var reply map[string]any
	if err := json.NewDecoder(response.Body).Decode(&reply); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, reply
}

// claims returns the claims of a token, unverified.
func claims(t *testing.T, token string) map[string]any {
	t.Helper()
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// newTokenServer answers every request with a token for 60 seconds.
func newTokenServer(t *testing.T, grants *int) (url string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		*grants++
		fmt.Fprint(w, `{"access_token":"token","expires_in":60}`)
	}))
	t.Cleanup(server.Close)
	return server.URL
}
