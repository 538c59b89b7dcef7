package upstream

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// caddyContext is what Caddy gives a module that it provisions.
var caddyContext = sync.OnceValues(func() (caddy.Context, error) {
	return caddy.ProvisionContext(&caddy.Config{
		Admin: &caddy.AdminConfig{Disabled: true},
		Logging: &caddy.Logging{Logs: map[string]*caddy.CustomLog{
			caddy.DefaultLoggerName: {BaseLog: caddy.BaseLog{WriterRaw: json.RawMessage(`{"output":"discard"}`)}},
		}},
	})
})

// provisioning is one at a time, as in Caddy: reverse_proxy sets up its metrics
// for the process.
var provisioning sync.Mutex

// proxy is a real reverse_proxy in front of address.
func proxy(t *testing.T, address string, settings map[string]any) *reverseproxy.Handler {
	t.Helper()
	base, err := caddyContext()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := caddy.NewContext(base)
	t.Cleanup(cancel)
	config := map[string]any{
		"upstreams": []any{map[string]string{"dial": address}},
		"transport": map[string]any{"protocol": "http"},
	}
	maps.Copy(config, settings)
	raw, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	provisioning.Lock()
	defer provisioning.Unlock()
	module, err := ctx.LoadModuleByID("http.handlers.reverse_proxy", raw)
	if err != nil {
		t.Fatal(err)
	}
	return module.(*reverseproxy.Handler)
}

// callerRequest is a request as Caddy hands it to a handler.
func callerRequest(ctx context.Context) *http.Request {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "https://gateway.example.org/register", strings.NewReader(`{"asked":true}`))
	r.TLS = &tls.ConnectionState{HandshakeComplete: true}
	r.RemoteAddr = "192.0.2.7:40000"
	return caddyhttp.PrepareRequest(r, caddy.NewReplacer(), nil, new(caddyhttp.Server))
}

// rawServer takes one request a connection, keeps its bytes, and does with the
// connection what answer says.
type rawServer struct {
	address string

	mu       sync.Mutex
	requests []string
}

func newRawServer(t *testing.T, answer func(net.Conn)) *rawServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &rawServer{address: listener.Addr().String()}
	var connections sync.WaitGroup
	connections.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Go(func() {
				defer conn.Close()
				if s.read(conn) {
					answer(conn)
				}
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		connections.Wait()
	})
	return s
}

// read takes a request off the wire: its head, and as much as Content-Length
// says.
func (s *rawServer) read(conn net.Conn) bool {
	var got bytes.Buffer
	buffer := make([]byte, 4096)
	for {
		head, body, whole := strings.Cut(got.String(), "\r\n\r\n")
		if whole {
			var length int
			if _, after, there := strings.Cut(head, "Content-Length: "); there {
				_, _ = fmt.Sscan(after, &length)
			}
			if len(body) >= length {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.requests = append(s.requests, got.String())
				return true
			}
		}
		n, err := conn.Read(buffer)
		got.Write(buffer[:n])
		if err != nil {
			return false
		}
	}
}

// only returns the one request that came.
func (s *rawServer) only(t *testing.T) string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.requests) != 1 {
		t.Fatalf("%d requests came, want 1", len(s.requests))
	}
	return s.requests[0]
}

func says(reply string) func(net.Conn) {
	return func(conn net.Conn) { _, _ = io.WriteString(conn, reply) }
}

var create = Call{
	Method: http.MethodPost, Path: "/realms/fhir/clients-registrations/openid-connect",
	Authorization: "Bearer initial", Body: []byte(`{"client_name":"App"}`),
}

func zipped(t *testing.T, s string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, s); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func withLength(head, body string) string {
	return fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, len(body), body)
}

func TestExchangeReply(t *testing.T) {
	t.Parallel()
	const created = "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n"
	const document = `{"client_id":"a"}`
	for _, test := range []struct {
		name, reply string
		status      int
		body        string
		err         error
	}{
		{name: "whole", reply: withLength(created, document), status: 201, body: document},
		{name: "chunked", reply: created + "Transfer-Encoding: chunked\r\n\r\n8\r\n{\"client\r\n9\r\n_id\":\"a\"}\r\n0\r\n\r\n", status: 201, body: document},
		{name: "trailers", reply: created + "Transfer-Encoding: chunked\r\nTrailer: X-Check\r\n\r\n11\r\n" + document + "\r\n0\r\nX-Check: 1\r\n\r\n", status: 201, body: document},
		{name: "until the connection closes", reply: created + "\r\n" + document, status: 201, body: document},
		{name: "without body", reply: "HTTP/1.1 204 No Content\r\n\r\n", status: 204},
		{name: "refusal", reply: withLength("HTTP/1.1 401 Unauthorized\r\n", `{"error":"invalid_token"}`), status: 401, body: `{"error":"invalid_token"}`},
		{name: "early hints first", reply: "HTTP/1.1 103 Early Hints\r\nLink: </hint>\r\n\r\n" + withLength(created, document), status: 201, body: document},
		{name: "gzip", reply: withLength(created+"Content-Encoding: gzip\r\n", zipped(t, document)), status: 201, body: document},
		{name: "as large as may be", reply: withLength(created, strings.Repeat("x", MaxReply)), status: 201, body: strings.Repeat("x", MaxReply)},

		{name: "cut off", reply: created + "Content-Length: 1000\r\n\r\n" + document, err: ErrUnusable},
		{name: "chunked and cut off", reply: created + "Transfer-Encoding: chunked\r\n\r\n100\r\n" + document, err: ErrUnusable},
		{name: "gzip cut off", reply: withLength(created+"Content-Encoding: gzip\r\n", zipped(t, document)[:20]), err: ErrUnusable},
		{name: "too large", reply: withLength(created, strings.Repeat("x", MaxReply+1)), err: ErrUnusable},
		{name: "too large when unpacked", reply: withLength(created+"Content-Encoding: gzip\r\n", zipped(t, strings.Repeat("x", MaxReply+1))), err: ErrUnusable},
		{name: "encoded as nobody asked", reply: withLength(created+"Content-Encoding: br\r\n", "xxx"), err: ErrUnusable},
		{name: "another protocol", reply: "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", err: ErrUnusable},
		{name: "another protocol, unnamed", reply: "HTTP/1.1 101 Switching Protocols\r\n\r\n", err: ErrUnusable},
		{name: "not HTTP", reply: "220 mail.example.org ESMTP\r\n", err: ErrUnusable},
		{name: "half a head", reply: "HTTP/1.1 201 Created\r\nContent-Ty", err: ErrUnusable},
		{name: "nothing", reply: "", err: ErrUnusable},
		{name: "the status of a request broken off", reply: withLength("HTTP/1.1 499 Gone\r\n", document), err: ErrUnusable},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := newRawServer(t, says(test.reply))
			u := &Upstream{Handler: proxy(t, server.address, nil), Timeout: time.Minute}
			reply, err := u.Exchange(callerRequest(t.Context()), create)
			server.only(t)
			if reply == nil || reply.Duration <= 0 {
				t.Errorf("reply %+v has no duration", reply)
			}
			if test.err != nil {
				if !errors.Is(err, test.err) {
					t.Fatalf("error %v, want %v", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if reply.Status != test.status || reply.Body != test.body {
				t.Errorf("reply %d with %d bytes, want %d with %d", reply.Status, len(reply.Body), test.status, len(test.body))
			}
			if reply.Header.Get("Content-Encoding") != "" || reply.Header.Get("Link") != "" {
				t.Errorf("header %v has what belongs to the transfer", reply.Header)
			}
		})
	}
}

func TestExchangeUnreachable(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	stranger := httptest.NewUnstartedServer(http.NotFoundHandler())
	stranger.Config.ErrorLog = log.New(io.Discard, "", 0)
	stranger.StartTLS()
	t.Cleanup(stranger.Close)
	mute, release := newMuteServer(t)
	t.Cleanup(release)

	tlsTransport := map[string]any{"transport": map[string]any{"protocol": "http", "tls": map[string]any{}}}
	for _, test := range []struct {
		name, address string
		settings      map[string]any
		timeout       time.Duration
		err           error
	}{
		{"refused", closed.Addr().String(), nil, time.Minute, ErrUnreachable},
		{"a certificate that nobody trusts", stranger.Listener.Addr().String(), tlsTransport, time.Minute, ErrUnreachable},
		// In time or not: what was not sent cannot have been done.
		{"a TLS handshake without end", mute, tlsTransport, 50 * time.Millisecond, ErrUnreachable},
		{"no server to choose", "", map[string]any{"upstreams": []any{}}, time.Minute, ErrUnavailable},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			u := &Upstream{Handler: proxy(t, test.address, test.settings), Timeout: test.timeout}
			_, err := u.Exchange(callerRequest(t.Context()), create)
			assertOnly(t, err, test.err)
		})
	}
}

// newMuteServer accepts connections and says nothing until it is released.
func newMuteServer(t *testing.T) (address string, release func()) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var connections sync.WaitGroup
	connections.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Go(func() {
				<-done
				conn.Close()
			})
		}
	})
	return listener.Addr().String(), func() {
		listener.Close()
		close(done)
		connections.Wait()
	}
}

// assertOnly checks that err is of one class and of no other: each has its own
// status.
func assertOnly(t *testing.T, err, want error) {
	t.Helper()
	for _, class := range []error{ErrUnreachable, ErrUnavailable, ErrTimeout, ErrUnusable} {
		if errors.Is(err, class) != errors.Is(want, class) {
			t.Errorf("error %v, want %v and nothing else", err, want)
		}
	}
}

func TestExchangeTimeout(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]string{
		"no answer": "",
		"half":      "HTTP/1.1 201 Created\r\nContent-Length: 1000\r\n\r\n{",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			release := make(chan struct{})
			server := newRawServer(t, func(conn net.Conn) {
				says(begin)(conn)
				<-release
			})
			t.Cleanup(func() { close(release) }) // before the server's own
			u := &Upstream{Handler: proxy(t, server.address, nil), Timeout: 500 * time.Millisecond}
			reply, err := u.Exchange(callerRequest(t.Context()), create)
			assertOnly(t, err, ErrTimeout)
			if reply == nil || reply.Duration <= 0 {
				t.Errorf("reply %+v has no duration", reply)
			}
		})
	}

	t.Run("of the transport", func(t *testing.T) {
		t.Parallel()
		release := make(chan struct{})
		server := newRawServer(t, func(net.Conn) { <-release })
		t.Cleanup(func() { close(release) })
		settings := map[string]any{"transport": map[string]any{"protocol": "http", "response_header_timeout": "50ms"}}
		u := &Upstream{Handler: proxy(t, server.address, settings), Timeout: time.Minute}
		_, err := u.Exchange(callerRequest(t.Context()), create)
		assertOnly(t, err, ErrTimeout)
	})
}

// A caller who goes away does not leave a registration half done.
func TestExchangeOutlivesCaller(t *testing.T) {
	t.Parallel()
	ctx, goAway := context.WithCancel(t.Context())
	server := newRawServer(t, func(conn net.Conn) {
		goAway()
		// The second exchange is not to go out on a connection that is being closed.
		says(withLength("HTTP/1.1 201 Created\r\nConnection: close\r\n", "{}"))(conn)
	})
	u := &Upstream{Handler: proxy(t, server.address, nil), Timeout: time.Minute}
	for _, when := range []string{"in the middle", "before"} {
		reply, err := u.Exchange(callerRequest(ctx), create)
		if err != nil || reply.Status != http.StatusCreated {
			t.Errorf("the caller was gone %s: %+v, %v", when, reply, err)
		}
	}
}

func TestExchangeOnTheWire(t *testing.T) {
	t.Parallel()
	trusting := map[string]any{"trusted_proxies": []string{"192.0.2.0/24"}}
	// The operator's own, and by what the caller's request was, not the one that
	// is sent.
	headerUp := map[string]any{"headers": map[string]any{"request": map[string]any{"set": map[string][]string{
		"X-Caller-Host": {"{http.request.host}"},
		"X-Caller-Path": {"{http.request.uri.path}"},
	}}}}
	for _, test := range []struct {
		name     string
		settings map[string]any
		host     string
		call     Call
		line     string
		headers  []string
		body     string
	}{
		{
			name: "create", call: create,
			line: "POST /realms/fhir/clients-registrations/openid-connect HTTP/1.1",
			headers: []string{
				"Authorization: Bearer initial",
				"Content-Length: 21",
				"Content-Type: application/json",
				"Host: gateway.example.org",
				"X-Forwarded-For: 192.0.2.7",
				"X-Forwarded-Host: gateway.example.org",
				"X-Forwarded-Proto: https",
			},
			body: `{"client_name":"App"}`,
		},
		{
			name: "read", call: Call{Method: http.MethodGet, Path: "/r/a%2Fb/c%20d%3A/e", Authorization: "Bearer rat"},
			line: "GET /r/a%2Fb/c%20d%3A/e HTTP/1.1",
			headers: []string{
				"Authorization: Bearer rat",
				"Host: gateway.example.org",
				"X-Forwarded-For: 192.0.2.7",
				"X-Forwarded-Host: gateway.example.org",
				"X-Forwarded-Proto: https",
			},
		},
		{
			name: "delete", call: Call{Method: http.MethodDelete, Path: "/r/a"}, host: "auth.example.org",
			line: "DELETE /r/a HTTP/1.1",
			headers: []string{
				"Host: auth.example.org",
				"X-Forwarded-For: 192.0.2.7",
				"X-Forwarded-Host: auth.example.org",
				"X-Forwarded-Proto: https",
			},
		},
		{
			name: "a trusted proxy in front", settings: trusting, call: Call{Method: http.MethodGet, Path: "/r/a"},
			line: "GET /r/a HTTP/1.1",
			headers: []string{
				"Host: gateway.example.org",
				"X-Forwarded-For: 203.0.113.9, 192.0.2.7",
				"X-Forwarded-Host: spoofed.example.org",
				"X-Forwarded-Proto: gopher",
			},
		},
		{
			name: "header_up", settings: headerUp, call: Call{Method: http.MethodGet, Path: "/r/a"}, host: "auth.example.org",
			line: "GET /r/a HTTP/1.1",
			headers: []string{
				"Host: auth.example.org",
				"X-Caller-Host: gateway.example.org",
				"X-Caller-Path: /register",
				"X-Forwarded-For: 192.0.2.7",
				"X-Forwarded-Host: auth.example.org",
				"X-Forwarded-Proto: https",
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := newRawServer(t, says("HTTP/1.1 204 No Content\r\n\r\n"))
			u := &Upstream{Handler: proxy(t, server.address, test.settings), Host: test.host, Timeout: time.Minute}
			r := callerRequest(t.Context())
			r.Header = http.Header{
				"Accept":            {"text/html"},
				"Accept-Encoding":   {"br"},
				"Authorization":     {"Bearer of-the-caller"},
				"Connection":        {"keep-alive, X-Evil"},
				"Content-Encoding":  {"gzip"},
				"Content-Length":    {"14"},
				"Content-Type":      {"application/json; charset=utf-8"},
				"Cookie":            {"session=1"},
				"Expect":            {"100-continue"},
				"Forwarded":         {"for=203.0.113.9"},
				"Incremental":       {"?1"},
				"Origin":            {"https://app.example.org"},
				"Te":                {"trailers"},
				"Traceparent":       {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
				"Tracestate":        {"vendor=1"},
				"Transfer-Encoding": {"chunked"},
				"Upgrade":           {"websocket"},
				"User-Agent":        {"evil/1.0"},
				"X-Evil":            {"1"},
				"X-Forwarded-For":   {"203.0.113.9"},
				"X-Forwarded-Host":  {"spoofed.example.org"},
				"X-Forwarded-Proto": {"gopher"},
				"X-Request-Id":      {"42"},
			}
			sent := r.Header.Clone()
			if _, err := u.Exchange(r, test.call); err != nil {
				t.Fatal(err)
			}
			if !maps.EqualFunc(r.Header, sent, slices.Equal) {
				t.Errorf("the caller's header became %v", r.Header)
			}
			if body, err := io.ReadAll(r.Body); err != nil || string(body) != `{"asked":true}` {
				t.Errorf("the caller's body became %q (%v)", body, err)
			}

			head, body, _ := strings.Cut(server.only(t), "\r\n\r\n")
			lines := strings.Split(head, "\r\n")
			headers := lines[1:]
			slices.Sort(headers)
			want := slices.Sorted(slices.Values(append(test.headers,
				"Accept: application/json",
				"Accept-Encoding: gzip", // Go's transport, which undoes it
				"Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
				"Tracestate: vendor=1",
				"Via: 1.1 Caddy",
				"X-Request-Id: 42",
			)))
			if lines[0] != test.line {
				t.Errorf("sent %q, want %q", lines[0], test.line)
			}
			if !slices.Equal(headers, want) {
				t.Errorf("sent\n%s\nwant\n%s", strings.Join(headers, "\n"), strings.Join(want, "\n"))
			}
			if body != test.body {
				t.Errorf("sent body %q, want %q", body, test.body)
			}
		})
	}
}

func TestExchangePath(t *testing.T) {
	t.Parallel()
	u := &Upstream{Timeout: time.Minute, Handler: handlerFunc(func(http.ResponseWriter, *http.Request, caddyhttp.Handler) error {
		t.Error("a request went out")
		return nil
	})}
	if reply, err := u.Exchange(callerRequest(t.Context()), Call{Method: http.MethodGet, Path: "/r/%zz"}); err == nil || reply != nil {
		t.Errorf("a path that is not escaped: %+v, %v", reply, err)
	}
}

type handlerFunc func(http.ResponseWriter, *http.Request, caddyhttp.Handler) error

func (f handlerFunc) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	return f(w, r, next)
}

func TestExchangeHandler(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		handler handlerFunc
		err     error
	}{
		{"passes the request on", func(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
			return next.ServeHTTP(w, r)
		}, ErrUnusable},
		{"does nothing", func(http.ResponseWriter, *http.Request, caddyhttp.Handler) error { return nil }, ErrUnusable},
		{"breaks off", func(w http.ResponseWriter, _ *http.Request, _ caddyhttp.Handler) error {
			w.WriteHeader(http.StatusCreated)
			panic(http.ErrAbortHandler)
		}, ErrUnusable},
		{"has no server", func(http.ResponseWriter, *http.Request, caddyhttp.Handler) error {
			return caddyhttp.Error(http.StatusServiceUnavailable, errors.New("none"))
		}, ErrUnavailable},
		{"ran out of time", func(http.ResponseWriter, *http.Request, caddyhttp.Handler) error {
			return caddyhttp.Error(http.StatusGatewayTimeout, errors.New("late"))
		}, ErrTimeout},
		{"failed before it said whether it connected", func(http.ResponseWriter, *http.Request, caddyhttp.Handler) error {
			return errors.New("no")
		}, ErrUnusable},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			u := &Upstream{Handler: test.handler, Timeout: time.Minute}
			_, err := u.Exchange(callerRequest(t.Context()), create)
			assertOnly(t, err, test.err)
		})
	}
}

func TestExchangeLetsPanicsThrough(t *testing.T) {
	t.Parallel()
	defer func() {
		if v := recover(); v != "a bug" {
			t.Errorf("recovered %v, want the handler's panic", v)
		}
	}()
	u := &Upstream{Timeout: time.Minute, Handler: handlerFunc(func(http.ResponseWriter, *http.Request, caddyhttp.Handler) error {
		panic("a bug")
	})}
	_, _ = u.Exchange(callerRequest(t.Context()), create)
	t.Error("the panic was swallowed")
}

// TestExchangeHasItsOwnVars: what dials may go on reading Caddy's variables when
// the exchange is over, so the caller's map is not the one that it has.
func TestExchangeHasItsOwnVars(t *testing.T) {
	t.Parallel()
	vars := map[string]any{caddyhttp.ClientIPVarKey: "192.0.2.7"}
	caller := httptest.NewRequestWithContext(
		context.WithValue(context.Background(), caddyhttp.VarsCtxKey, vars), http.MethodPost, "/register", nil)
	var seen any
	u := &Upstream{Timeout: time.Minute, Handler: handlerFunc(func(w http.ResponseWriter, r *http.Request, _ caddyhttp.Handler) error {
		seen = caddyhttp.GetVar(r.Context(), caddyhttp.ClientIPVarKey)
		caddyhttp.SetVar(r.Context(), "of the exchange", true)
		w.WriteHeader(http.StatusNoContent)
		return nil
	})}
	if _, err := u.Exchange(caller, Call{Method: http.MethodDelete, Path: "/c"}); err != nil {
		t.Fatal(err)
	}
	if seen != "192.0.2.7" || len(vars) != 1 {
		t.Errorf("the exchange saw %v and left %v", seen, vars)
	}
}
