package smartregistration_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestServerFails: whatever the server does, the caller gets one clean answer,
// and a registration that may have been made is on record.
func TestServerFails(t *testing.T) {
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		status int
		code   string
		orphan bool
	}{
		"503":                 {status(503, `{"error":"x"}`, "Retry-After: 7"), 503, "temporarily_unavailable", true},
		"500":                 {status(500, `{"error":"unknown_error"}`), 502, "server_error", false},
		"429":                 {status(429, ``), 503, "temporarily_unavailable", false},
		"a redirect":          {status(302, ``, "Location: https://elsewhere.example/"), 502, "server_error", true},
		"HTML":                {status(201, `<html>welcome</html>`), 502, "server_error", true},
		"nothing":             {status(201, ``), 502, "server_error", true},
		"no client_id":        {status(201, `{"client_name":"App"}`), 502, "server_error", true},
		"client_id no string": {status(201, `{"client_id":1}`), 502, "server_error", true},
		"duplicate members":   {status(201, `{"client_id":"a","client_id":"b"}`), 502, "server_error", true},
		"too much":            {status(201, `{"client_id":"`+strings.Repeat("x", 2<<20)+`"}`), 502, "server_error", true},
		"cut in half": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			w.WriteHeader(201)
			_, _ = w.Write([]byte(`{"client_id":`))
		}, 502, "server_error", true},
		"an encoding nobody asked for": {status(201, `xxx`, "Content-Encoding: br"), 502, "server_error", true},
		"silence":                      {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 504, "temporarily_unavailable", true},
		"its words about the scope": {
			status(403, `{"error":"insufficient_scope","error_description":"Policy 'Allowed Client Scopes' rejected request to client-registration service. Details: Not permitted to use specified clientScope"}`),
			400, "invalid_client_metadata", false,
		},
		"its words about the JSON": {status(400, `{"error":"Unrecognized field \"x\" (class org.keycloak.OIDCClientRepresentation)"}`), 400, "invalid_client_metadata", false},
		"a bad redirect URI":       {status(400, `{"error":"invalid_redirect_uri","error_description":"org.keycloak says no"}`), 400, "invalid_redirect_uri", false},
		"a used-up token":          {status(401, `{"error":"invalid_token","error_description":"No remaining count on initial access token"}`), 401, "invalid_token", false},
		"a token without the role": {status(403, `{"error":"insufficient_scope","error_description":"Forbidden"}`), 403, "insufficient_scope", false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, test.answer)
			log := filepath.Join(t.TempDir(), "log")
			base := gatewayWithLog(t, s.URL, passthrough+"timeout 300ms", log)
			a := ask(t, http.MethodPost, base+"/register", app, bearer(initialToken))
			if a.status != test.status || a.body["error"] != test.code {
				t.Errorf("got %s, want %d %s", a, test.status, test.code)
			}
			for _, word := range []string{"keycloak", "Policy", "Details", "remaining", "Unrecognized", "elsewhere"} {
				if strings.Contains(a.text, word) {
					t.Errorf("the caller is told the server's words: %s", a)
				}
			}
			if name == "503" && a.header.Get("Retry-After") != "7" {
				t.Errorf("Retry-After is %q", a.header.Get("Retry-After"))
			}
			if a.status == 401 && !strings.Contains(a.header.Get("WWW-Authenticate"), `error="invalid_token"`) {
				t.Errorf("the challenge is %q", a.header.Get("WWW-Authenticate"))
			}
			line := decisionLine(t, log)
			if orphan, _ := line["possible_orphan"].(bool); orphan != test.orphan {
				t.Errorf("possible_orphan is %v, want %v: %v", orphan, test.orphan, line)
			}
			if got := len(s.received()); got != 1 {
				t.Errorf("the server was asked %d times: a registration is not sent twice", got)
			}
		})
	}
}

func TestServerUnreachable(t *testing.T) {
	base := gateway(t, freeAddress(t), passthrough)
	a := ask(t, http.MethodPost, base+"/register", app, bearer(initialToken))
	if a.status != 502 || a.body["error"] != "server_error" {
		t.Errorf("got %s", a)
	}
}

func status(code int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			w.Header().Set(name, value)
		}
		w.WriteHeader(code)
		_, _ = w.Write([]byte(body))
	}
}

// gatewayWithLog also writes Caddy's log, at debug level, into a file.
func gatewayWithLog(t *testing.T, upstream, lines, log string) string {
	t.Helper()
	address := freeAddress(t)
	logging := fmt.Sprintf("{\n\tlog {\n\t\tlevel DEBUG\n\t\toutput file %s\n\t\tformat json\n\t}", log)
	run(t, strings.Replace(site(address, upstream, lines), "{", logging, 1))
	return "http://" + address
}

// decisionLines are what all decisions left, in their order.
func decisionLines(t *testing.T, log string) []map[string]any {
	t.Helper()
	return slices.DeleteFunc(logLines(t, log), func(line map[string]any) bool {
		return line["logger"] != "http.handlers.smart_registration.decision"
	})
}

// decisionLine is the one line that a decision leaves.
func decisionLine(t *testing.T, log string) map[string]any {
	t.Helper()
	found := decisionLines(t, log)
	if len(found) != 1 {
		t.Fatalf("%d decision lines", len(found))
	}
	return found[0]
}

// hmacToken signs claims with HS256, as a portal does.
func hmacToken(secret, claims string) string {
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode([]byte(claims))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(signed))
	return signed + "." + encode(mac.Sum(nil))
}

const portalSecret = "a secret of the portal's, for tests alone"

const portal = `
	upstream {UPSTREAM}
	upstream_path /realms/r/clients-registrations/openid-connect
	initial_access_token {
		jwt {
			secret "` + portalSecret + `"
			expiry optional
		}
	}
`

// TestSeedExample is the example that this project began with, to the letter.
func TestSeedExample(t *testing.T) {
	s := newServer(t, echo)
	base := gateway(t, s.URL, portal+"upstream_credential bearer ours")
	a := ask(t, http.MethodPost, base+"/register",
		`{"redirect_uris":["https://client.example.org/callback"],"client_name":"My Example Client","logo_uri":"https://client.example.org/logo.png","token_endpoint_auth_method":"client_secret_basic","contacts":["ve7jtb@example.org"]}`,
		bearer(hmacToken(portalSecret, `{"exp":0,"typ":"InitialAccessToken"}`)))
	if a.status != 201 {
		t.Fatalf("got %s", a)
	}
	for _, member := range []string{
		"redirect_uris", "grant_types", "response_types", "client_id", "client_secret", "client_name", "scope",
		"registration_client_uri", "registration_access_token",
	} {
		if a.body[member] == nil {
			t.Errorf("%s is missing: %s", member, a)
		}
	}
	if got := s.received()[0].authorization; got != "Bearer ours" {
		t.Errorf("the server was shown %q", got)
	}
	if a := ask(t, http.MethodPost, base+"/register", app, bearer(hmacToken("another secret, just as long as it", `{"exp":0}`))); a.status != 401 {
		t.Errorf("a forged token: got %s", a)
	}
}

// TestCredential: the gateway's own credential is fetched when needed, renewed
// once when the server refuses it, and its absence is not the caller's fault.
func TestCredential(t *testing.T) {
	tokens := 0
	down := false
	endpoint := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		if down {
			w.WriteHeader(500)
			return
		}
		tokens++
		if id, secret, _ := r.BasicAuth(); id != "registrar" || secret != "s3cret-of-the-registrar" {
			t.Errorf("the token endpoint was shown %q %q", id, secret)
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":"ours-%d","token_type":"Bearer","expires_in":300}`, tokens)
	})
	accepted := "Bearer ours-1"
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != accepted {
			w.WriteHeader(401)
			return
		}
		echo(w, r)
	})
	secretFile := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secretFile, []byte("s3cret-of-the-registrar\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	lines := portal + `upstream_credential client_credentials {
		token_endpoint ` + endpoint.URL + `
		client_id registrar
		client_secret_file ` + secretFile + `
	}`
	base := gateway(t, s.URL, lines)
	register := func(want int) answer {
		t.Helper()
		a := ask(t, http.MethodPost, base+"/register", app, bearer(hmacToken(portalSecret, `{}`)))
		if a.status != want {
			t.Fatalf("got %s, want %d", a, want)
		}
		return a
	}
	register(201)
	register(201)
	if tokens != 1 {
		t.Errorf("%d tokens were fetched for two registrations", tokens)
	}
	accepted = "Bearer ours-2"
	register(201)
	if tokens != 2 {
		t.Errorf("%d tokens were fetched, want a second one", tokens)
	}
	accepted = "Bearer none will do"
	if a := register(502); a.header.Get("WWW-Authenticate") != "" {
		t.Errorf("the caller is blamed for the gateway's credential: %v", a.header)
	}
	down = true
	if a := register(503); a.header.Get("Retry-After") == "" || strings.Contains(a.text, "s3cret") {
		t.Errorf("got %s %v", a, a.header)
	}
}

// TestKeysDown: without keys nothing is let through, and the gateway starts all
// the same; when the keys are there, it goes on.
func TestKeysDown(t *testing.T) {
	s := newServer(t, echo)
	address := freeAddress(t)
	base := gateway(t, s.URL, `
		upstream {UPSTREAM}
		upstream_path /realms/r/clients-registrations/openid-connect
		initial_access_token {
			jwt {
				issuer https://portal.example.org
				audience https://auth.example.org
				jwks http://`+address+`/jwks.json
			}
		}
		upstream_credential bearer ours`)
	encode := base64.RawURLEncoding.EncodeToString
	token := encode([]byte(`{"alg":"ES256","kid":"1"}`)) + "." + encode([]byte(`{"iss":"https://portal.example.org","aud":"https://auth.example.org","exp":99999999999}`)) + "." + encode(make([]byte, 64))
	a := ask(t, http.MethodPost, base+"/register", app, bearer(token))
	if a.status != 503 || a.body["error"] != "temporarily_unavailable" || a.header.Get("Retry-After") == "" {
		t.Errorf("got %s %v", a, a.header)
	}
	if len(s.received()) != 0 {
		t.Error("the request reached the server")
	}
}

// TestSlowBody: a body that is over the limit is not read to its end.
func TestSlowBody(t *testing.T) {
	s := newServer(t, echo)
	base := gateway(t, s.URL, passthrough+"max_body 1KiB")
	connection, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if err := connection.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	// Chunked, so that only reading tells how long it is. It never ends.
	fmt.Fprintf(connection, "POST /register HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", initialToken)
	fmt.Fprintf(connection, "800\r\n%s\r\n", strings.Repeat("x", 0x800))
	reply := make([]byte, 64)
	n, err := connection.Read(reply)
	if err != nil || !strings.HasPrefix(string(reply[:n]), "HTTP/1.1 4") {
		t.Fatalf("got %q, %v", reply[:n], err)
	}
	if !strings.Contains(string(reply[:n]), " 413 ") {
		t.Errorf("got %q, want 413", reply[:n])
	}
	if len(s.received()) != 0 {
		t.Error("the request reached the server")
	}
}
