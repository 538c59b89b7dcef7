package smartregistration_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

const portalOrigin = "https://portal.example.org"

// corsHeaders are those that browsers act on.
func corsHeaders(header http.Header) map[string]string {
	found := map[string]string{}
	for name, values := range header {
		if strings.HasPrefix(name, "Access-Control-") || name == "Vary" {
			found[name] = strings.Join(values, " | ")
		}
	}
	return found
}

func sameHeaders(t *testing.T, got http.Header, want map[string]string) {
	t.Helper()
	found := corsHeaders(got)
	for name, value := range want {
		if found[name] != value {
			t.Errorf("%s is %q, want %q", name, found[name], value)
		}
	}
	if len(found) != len(want) {
		t.Errorf("headers %v, want %v", found, want)
	}
}

// TestPreflight: the gateway answers for itself, each endpoint with its methods.
func TestPreflight(t *testing.T) {
	s := newServer(t, echo)
	const headers = "Authorization, Content-Type, Initial-Access-Token, Traceparent, Tracestate, X-Request-Id"
	granted := func(origin, methods string) map[string]string {
		h := map[string]string{
			"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Methods": methods,
			"Access-Control-Allow-Headers": headers, "Access-Control-Max-Age": "86400", "Vary": "Origin",
		}
		if origin == "*" {
			delete(h, "Vary")
		}
		return h
	}
	refused := map[string]string{"Vary": "Origin"}
	for name, test := range map[string]struct {
		lines, path, origin, method string
		status                      int
		want                        map[string]string
	}{
		"register":            {"cors " + portalOrigin, "/register", portalOrigin, "POST", 204, granted(portalOrigin, "POST")},
		"a client":            {"cors " + portalOrigin, "/register/c1", portalOrigin, "PUT", 204, granted(portalOrigin, "GET, PUT, DELETE")},
		"a client, read only": {"cors " + portalOrigin + "\nmanagement read", "/register/c1", portalOrigin, "PUT", 204, granted(portalOrigin, "GET")},
		"no management":       {"cors " + portalOrigin + "\nmanagement off", "/register/c1", portalOrigin, "GET", 404, map[string]string{"Vary": "Origin", "Access-Control-Allow-Origin": portalOrigin, "Access-Control-Expose-Headers": "Location, WWW-Authenticate, Retry-After"}},
		"the second origin":   {"cors https://a.example " + portalOrigin, "/register", portalOrigin, "POST", 204, granted(portalOrigin, "POST")},
		"written otherwise":   {"cors HTTPS://Portal.Example.org:443", "/register", portalOrigin, "POST", 204, granted(portalOrigin, "POST")},
		"placeholder":         {"cors {env.CORS_TEST_ORIGIN}", "/register", portalOrigin, "POST", 204, granted(portalOrigin, "POST")},
		"every origin":        {"cors *", "/register", "http://any.example:8000", "POST", 204, granted("*", "POST")},
		"null, every origin":  {"cors *", "/register", "null", "POST", 405, map[string]string{}},
		"null":                {"cors " + portalOrigin, "/register", "null", "POST", 405, refused},
		"another origin":      {"cors " + portalOrigin, "/register", "https://evil.example", "POST", 405, refused},
		"another port":        {"cors " + portalOrigin, "/register", portalOrigin + ":8443", "POST", 405, refused},
		"another scheme":      {"cors " + portalOrigin, "/register", "http://portal.example.org", "POST", 405, refused},
		"longer":              {"cors " + portalOrigin, "/register", portalOrigin + ".evil.example", "POST", 405, refused},
		"no preflight":        {"cors " + portalOrigin, "/register", portalOrigin, "", 405, map[string]string{"Vary": "Origin", "Access-Control-Allow-Origin": portalOrigin, "Access-Control-Expose-Headers": "Location, WWW-Authenticate, Retry-After"}},
		"without cors":        {"", "/register", portalOrigin, "POST", 405, map[string]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("CORS_TEST_ORIGIN", portalOrigin)
			before := len(s.received())
			header := []string{"Origin: " + test.origin, "Access-Control-Request-Headers: authorization,content-type"}
			if test.method != "" {
				header = append(header, "Access-Control-Request-Method: "+test.method)
			}
			a := ask(t, http.MethodOptions, gateway(t, s.URL, passthrough+test.lines)+test.path, "", header...)
			if a.status != test.status {
				t.Errorf("got %s, want %d", a, test.status)
			}
			sameHeaders(t, a.header, test.want)
			if a.status == http.StatusNoContent && (a.text != "" || a.header.Get("Cache-Control") != "no-store") {
				t.Errorf("body %q, header %v", a.text, a.header)
			}
			if len(s.received()) != before {
				t.Error("the server saw the request")
			}
		})
	}
}

// TestAnswersToBrowsers: a script can read every answer, why it is refused above
// all; and only a script of a listed origin.
func TestAnswersToBrowsers(t *testing.T) {
	s := newServer(t, echo)
	base := gateway(t, s.URL, passthrough+"max_body 1KB\ncors "+portalOrigin)
	shared := map[string]string{
		"Access-Control-Allow-Origin": portalOrigin, "Vary": "Origin",
		"Access-Control-Expose-Headers": "Location, WWW-Authenticate, Retry-After",
	}
	for name, test := range map[string]struct {
		method, path, body, token string
		status                    int
	}{
		"registered":   {"POST", "/register", app, initialToken, 201},
		"refused":      {"POST", "/register", `{}`, initialToken, 400},
		"no token":     {"POST", "/register", app, "", 401},
		"too large":    {"POST", "/register", `{"client_name":"` + strings.Repeat("x", 1024) + `"}`, initialToken, 413},
		"no method":    {"PATCH", "/register", app, initialToken, 405},
		"nothing here": {"GET", "/register/a/b", "", registrationToken, 404},
		"read":         {"GET", "/register/c1", "", registrationToken, 200},
		"deleted":      {"DELETE", "/register/c1", "", registrationToken, 204},
	} {
		t.Run(name, func(t *testing.T) {
			headers := []string{"Origin: " + portalOrigin}
			if test.token != "" {
				headers = append(headers, bearer(test.token))
			}
			a := ask(t, test.method, base+test.path, test.body, headers...)
			if a.status != test.status {
				t.Errorf("got %s, want %d", a, test.status)
			}
			sameHeaders(t, a.header, shared)
			for _, origin := range []string{"https://evil.example", "null"} {
				headers[0] = "Origin: " + origin
				other := ask(t, test.method, base+test.path, test.body, headers...)
				if other.status != test.status {
					t.Errorf("%s: got %s, want %d", origin, other, test.status)
				}
				sameHeaders(t, other.header, map[string]string{"Vary": "Origin"})
			}
		})
	}
	t.Run("two origins are none", func(t *testing.T) {
		connection, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		host := strings.TrimPrefix(base, "http://")
		io.WriteString(connection, "GET /register/c1 HTTP/1.1\r\nHost: "+host+"\r\nOrigin: "+portalOrigin+"\r\nOrigin: https://evil.example\r\n\r\n")
		response, err := http.ReadResponse(bufio.NewReader(connection), nil)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		sameHeaders(t, response.Header, map[string]string{"Vary": "Origin"})
	})
	t.Run("elsewhere", func(t *testing.T) {
		a := ask(t, http.MethodGet, base+"/elsewhere", "", "Origin: "+portalOrigin)
		if a.status != 299 {
			t.Errorf("got %s", a)
		}
		sameHeaders(t, a.header, map[string]string{})
	})
	t.Run("without cors", func(t *testing.T) {
		a := ask(t, http.MethodPost, gateway(t, s.URL, passthrough)+"/register", app, "Origin: "+portalOrigin, bearer(initialToken))
		if a.status != 201 {
			t.Errorf("got %s", a)
		}
		sameHeaders(t, a.header, map[string]string{})
	})
}

// TestOriginStaysHere looks at the bytes that reach the server: Keycloak from
// 26.5 on answers any request with an Origin with 403.
func TestOriginStaysHere(t *testing.T) {
	for _, lines := range []string{"", "cors " + portalOrigin, "cors *"} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { listener.Close() })
		packets := make(chan string, 1)
		go func() {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			defer connection.Close()
			var sent strings.Builder
			request, err := http.ReadRequest(bufio.NewReader(io.TeeReader(connection, &sent)))
			if err == nil {
				io.Copy(io.Discard, request.Body)
			}
			packets <- sent.String()
			io.WriteString(connection, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
		}()
		base := gateway(t, "http://"+listener.Addr().String(), passthrough+lines)
		a := ask(t, http.MethodPost, base+"/register", app, bearer(initialToken), "Origin: "+portalOrigin,
			"Access-Control-Request-Method: POST", "Sec-Fetch-Mode: cors", "Referer: "+portalOrigin+"/apps")
		if a.status != http.StatusServiceUnavailable {
			t.Errorf("%q: got %s", lines, a)
		}
		sent := <-packets
		if !strings.HasPrefix(sent, "POST /realms/r/clients-registrations/openid-connect HTTP/1.1\r\n") || !strings.Contains(sent, app[:20]) {
			t.Errorf("%q: not the whole request: %s", lines, sent)
		}
		if strings.Contains(strings.ToLower(sent), "origin:") || strings.Contains(sent, "portal.example.org") {
			t.Errorf("%q: the origin went along: %s", lines, sent)
		}
	}
}
