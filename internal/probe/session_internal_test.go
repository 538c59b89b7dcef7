package probe

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/internal/upstream"
)

// registrar answers every POST with a client and every DELETE with 204.
func registrar(t *testing.T, made, deleted *int) *session {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodPost:
			*made++
			w.WriteHeader(http.StatusCreated)
			fmt.Fprintf(w, `{"client_id": "%d", "registration_access_token": "rat-%[1]d", "client_secret": "hush-%[1]d"}`, *made)
		case http.MethodDelete:
			*deleted++
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	t.Cleanup(server.Close)
	dialect, err := upstream.Named("generic")
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSession(Target{
		Gateway: server.URL + "/register", Path: "/reg", Dialect: dialect, Management: "full", Success: 201, Token: "an-initial-access-token",
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestPanic: a check that panics ends the run like any other end.
func TestPanic(t *testing.T) {
	t.Parallel()
	var made, deleted int
	s := registrar(t, &made, &deleted)
	err := s.run(t.Context(), []check{
		{"one", gatewayRegister},
		{"two", func(s *session, _ context.Context) finding { panic("no " + s.client.token) }},
		{"three", gatewayRegister},
	})
	if err == nil || !strings.Contains(err.Error(), "the check two panicked: no [redacted]") {
		t.Errorf("%v", err)
	}
	if made != 1 || deleted != 1 || len(s.report.Left) > 0 {
		t.Errorf("%d made, %d deleted, %+v", made, deleted, s.report.Left)
	}
}

// TestBounds: neither clients nor requests without end, and always enough to clean
// up.
func TestBounds(t *testing.T) {
	t.Parallel()
	var made, deleted int
	s := registrar(t, &made, &deleted)
	var last answer
	err := s.run(t.Context(), []check{{"many", func(s *session, ctx context.Context) finding {
		for range MaxRegistrations + 5 {
			last, _ = s.ask(ctx, s.app(), nil)
		}
		return unknown(last.String())
	}}, {"more", func(s *session, ctx context.Context) finding {
		for range maxRequests + 5 {
			last = s.caller.do(ctx, s.public, call{method: http.MethodGet, path: "/"})
		}
		return unknown(last.String())
	}}})
	if err != nil || made != MaxRegistrations || deleted != made || s.caller.left < 0 {
		t.Errorf("%v: %d made, %d deleted, %d requests left", err, made, deleted, s.caller.left)
	}
	if last.err == nil || len(s.report.Left) > 0 {
		t.Errorf("%v, %+v", last, s.report.Left)
	}
}

// TestNothingSecret: what a server says may be anything.
func TestNothingSecret(t *testing.T) {
	t.Parallel()
	var made, deleted int
	s := registrar(t, &made, &deleted)
	err := s.run(t.Context(), []check{{"one", gatewayRegister}, {"two", func(s *session, _ context.Context) finding {
		return failed("the server says "+s.Token+" "+s.client.token+" hush-1", "nothing")
	}}})
	if err != nil || s.report.Rows[1].Seen != "the server says [redacted] [redacted] [redacted]" {
		t.Errorf("%v %+v", err, s.report.Rows)
	}
}

// TestDocumentsAreProvoked: every provocation has its document, and every document
// is one that the gateway's own reader takes.
func TestDocumentsAreProvoked(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, p := range provocations {
		if documents[p.document] == nil || p.has == nil || p.seen == "" || used[p.quirk] {
			t.Errorf("%+v", p)
		}
		used[p.quirk] = true
	}
	for name, document := range documents {
		if _, err := registration.Decode(document("smart-registration probe").Encode()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "auth.example.org", "ftp://auth.example.org", "https://u:p@auth.example.org/", "https://auth.example.org/?x", "https:///x"} {
		if _, _, err := (&Target{Gateway: address}).places(); err == nil {
			t.Errorf("%q is taken for an address", address)
		}
	}
	for base, want := range map[string]bool{
		"http://localhost:8180": true, "http://127.0.0.1": true, "https://[::1]:1": true,
		"http://keycloak:8080": false, "http://10.0.0.1": false, "http://localhost.example.org": false,
	} {
		if got := (place{base: base}).loopback(); got != want {
			t.Errorf("%s: %t", base, got)
		}
	}
}
