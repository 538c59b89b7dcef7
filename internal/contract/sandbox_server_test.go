package contract

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/keycloaktest"
)

// sandboxServer is the embedded sandbox, a site of the same Caddy.
type sandboxServer struct {
	setup   setup
	listen  string
	gateway string // its address
}

func startSandbox(t *testing.T, s setup, gatewayURL string) server {
	t.Helper()
	return &sandboxServer{setup: s, listen: keycloaktest.FreeAddress(t), gateway: gatewayURL}
}

func (s *sandboxServer) version() string { return "the embedded sandbox" }

// has: it is made after the newest.
func (s *sandboxServer) has(quirk string) bool {
	return keycloakHas(keycloaktest.DefaultVersion, quirk)
}

func (*sandboxServer) lacks() map[string]string { return nil }

func (*sandboxServer) registrationPath() string { return registrationAPI }

func (*sandboxServer) configuration(_ *testing.T, seenAs string) (dialect, credential, handlers string) {
	return keycloakConfiguration(seenAs)
}

func (s *sandboxServer) address() string { return s.listen }

func (s *sandboxServer) caddyfile() string {
	how := ""
	switch {
	case s.setup.pinned:
		how = "hostname " + s.gateway
	case s.setup.proxyHeaders:
		how = "proxy_headers"
	}
	scopes := append([]string{"offline_access"}, realmScopes...)
	return `http://` + s.listen + ` {
	smart_registration_sandbox {
		realm ` + realm + `
		` + how + `
		scopes ` + strings.Join(scopes, " ") + `
		service_account ` + registrar + ` {env.CONTRACT_REGISTRAR_SECRET}
	}
}
`
}

func (s *sandboxServer) initialAccessToken(t *testing.T, seenAs string, count int) string {
	t.Helper()
	body, err := json.Marshal(map[string]int{"count": count, "expiration": 0})
	if err != nil {
		t.Fatal(err)
	}
	reply := s.call(t, seenAs, http.MethodPost, "/initial-access-token", "", "application/json", string(body))
	return text(reply, "token")
}

func (s *sandboxServer) serviceAccountToken(t *testing.T, seenAs string) string {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {registrar}, "client_secret": {registrarSecret}}
	reply := s.call(t, seenAs, http.MethodPost, tokenEndpoint, "", "application/x-www-form-urlencoded", form.Encode())
	return text(reply, "access_token")
}

func (s *sandboxServer) stored(t *testing.T, seenAs, clientID, registrationAccessToken string) (record, bool) {
	t.Helper()
	reply := s.call(t, seenAs, http.MethodGet, registrationAPI+"/"+clientID, registrationAccessToken, "", "")
	return recordOf(reply)
}

// call asks the sandbox itself, as somebody who came through the address seenAs.
func (s *sandboxServer) call(t *testing.T, seenAs, method, path, token, contentType, body string) map[string]any {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, "http://"+s.listen+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	public, err := url.Parse(seenAs)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = public.Host
	if s.setup.proxyHeaders {
		request.Header.Set("X-Forwarded-Proto", public.Scheme)
		request.Header.Set("X-Forwarded-Host", public.Host)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var reply map[string]any
	if err := json.Unmarshal(raw, &reply); err != nil {
		t.Fatalf("%s %s: %d %s: %v", method, path, response.StatusCode, raw, err)
	}
	return reply
}
