package docs_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caddy-smart/smartregistration/internal/keycloaktest"
)

// unguarded is what the documents warn of: the same, without the allow-list.
const unguarded = `
auth.example.org {
	smart_registration {
		upstream localhost:8180
		upstream_path /realms/fhir/clients-registrations/openid-connect
		initial_access_token {
			passthrough
		}
	}
	reverse_proxy localhost:8180
}
`

// TestNoWayRound sends every detour through every Caddyfile that exposes the
// server beside the gateway.
func TestNoWayRound(t *testing.T) {
	noWayRound(t, startSandbox(t))
}

// TestNoWayRoundKeycloak does it with a real Keycloak, in both ways that there
// are of telling it its address.
func TestNoWayRoundKeycloak(t *testing.T) {
	for name, options := range map[string]keycloaktest.Options{
		"hostname":      {Hostname: "https://auth.example.org"},
		"proxy headers": {ProxyHeaders: true},
	} {
		t.Run(name, func(t *testing.T) {
			noWayRound(t, startKeycloak(t, options))
		})
	}
}

func noWayRound(t *testing.T, s server) {
	exposing := 0
	for _, b := range caddyfiles(t) {
		if !strings.Contains(b.text, "smart_registration {") || !strings.Contains(b.text, "reverse_proxy") {
			continue
		}
		exposing++
		t.Run(b.name, func(t *testing.T) {
			g := run(t, b.text, s.address())
			if status := get(t, g, realm+"/.well-known/openid-configuration"); status != http.StatusOK {
				t.Fatalf("what is to be exposed is not: %d", status)
			}
			for _, detour := range passed(t, g, s) {
				t.Errorf("this leads around the gateway: %s", detour)
			}
		})
	}
	if exposing == 0 {
		t.Error("no Caddyfile exposes the server")
	}
	t.Run("directly", func(t *testing.T) {
		g := gateway{address: s.address(), host: "auth.example.org"}
		token, before := s.initialAccessToken(t, g), s.clients(t)
		plain := detours()[0]
		plain.header = "X-Forwarded-Proto: http\r\nX-Forwarded-Host: " + g.host // as Caddy would
		if status := send(t, g, plain.request(g, token, "evil")); status != http.StatusCreated || s.clients(t) != before+1 {
			t.Errorf("the server does not take what must not reach it: %d", status)
		}
	})
	t.Run("unguarded", func(t *testing.T) {
		ways := passed(t, run(t, unguarded, s.address()), s)
		t.Logf("without the allow-list %d of %d lead around the gateway: %q", len(ways), len(detours()), ways)
		if len(ways) == 0 || ways[0] != detours()[0].name() {
			t.Error("not even the plain address does: this test cannot fail")
		}
	})
}

// passed sends the detours and returns those that made a client or took over
// the connection.
func passed(t *testing.T, g gateway, s server) []string {
	t.Helper()
	var names []string
	token := s.initialAccessToken(t, g)
	before := s.clients(t)
	for i, detour := range detours() {
		status := send(t, g, detour.request(g, token, fmt.Sprintf("evil-%d", i)))
		after := s.clients(t)
		if after != before || status == http.StatusCreated || status == http.StatusSwitchingProtocols {
			names = append(names, detour.name())
		}
		before = after
	}
	return names
}

// send sends bytes and returns the status of the answer.
func send(t *testing.T, g gateway, request string) int {
	t.Helper()
	conn, err := net.Dial("tcp", g.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, request)
	}
	response.Body.Close()
	return response.StatusCode
}

func get(t *testing.T, g gateway, path string) int {
	t.Helper()
	return send(t, g, "GET "+path+" HTTP/1.1\r\nHost: "+g.host+"\r\nConnection: close\r\n\r\n")
}
