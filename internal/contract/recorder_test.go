package contract

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// recorder stands between the gateway and the server, hands every request on as
// it came, and keeps it.
type recorder struct {
	t         *testing.T
	server    *httptest.Server
	target    string
	api       string // the path that every request must be for, or be below
	host      string // that every request must be for
	secrets   *vault
	transport *http.Transport

	mu   sync.Mutex
	seen []exchange
}

// exchange is one request that reached the server, and what became of it.
type exchange struct {
	method, path string
	host         string
	header       http.Header
	body         []byte
	status       int
}

func newRecorder(t *testing.T, target, api string, secrets *vault) *recorder {
	t.Helper()
	// A connection for each request: the sandbox goes away and comes back with
	// the Caddy that it is part of.
	r := &recorder{t: t, target: target, api: api, secrets: secrets, transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true}}
	r.server = httptest.NewServer(r)
	t.Cleanup(func() {
		r.server.Close()
		r.transport.CloseIdleConnections()
	})
	return r
}

func (r *recorder) address() string { return strings.TrimPrefix(r.server.URL, "http://") }

// ServeHTTP hands a request on. A real proxy would clean it; this one must not.
func (r *recorder) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		r.t.Errorf("a request broke off on its way to the server: %v", err)
	}
	x := exchange{
		method: request.Method, path: request.URL.EscapedPath(), host: request.Host,
		header: request.Header.Clone(), body: body,
	}
	r.judge(x)

	out := request.Clone(request.Context())
	out.URL.Scheme, out.URL.Host, out.RequestURI = "http", r.target, ""
	out.Body = io.NopCloser(bytes.NewReader(body))
	response, err := r.transport.RoundTrip(out)
	if err != nil {
		if request.Context().Err() == nil { // the gateway has not given up
			r.t.Errorf("%s %s at the server: %v", x.method, x.path, err)
		}
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer response.Body.Close()
	reply, err := io.ReadAll(response.Body)
	if err != nil {
		r.t.Errorf("the server's reply to %s %s: %v", x.method, x.path, err)
	}
	r.secrets.keepReply(reply)
	x.status = response.StatusCode
	r.mu.Lock()
	r.seen = append(r.seen, x)
	r.mu.Unlock()

	maps.Copy(w.Header(), response.Header)
	w.WriteHeader(response.StatusCode)
	w.Write(reply)
}

// mayPass are the headers that a request to the server may have. Accept-Encoding
// is that of Go's transport, not the caller's: see junk.
var mayPass = []string{
	"Accept", "Accept-Encoding", "Authorization", "Content-Length", "Content-Type", "Via",
	"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto",
	"Traceparent", "Tracestate", "X-Request-Id",
}

// judge holds every request against the list: of headers, and of paths.
func (r *recorder) judge(x exchange) {
	for name, values := range x.header {
		if !slices.Contains(mayPass, name) {
			r.t.Errorf("upstream %s %s has the header %s: %q", x.method, x.path, name, values)
		}
		for _, value := range values {
			if strings.Contains(value, "evil") || strings.Contains(value, "br") && name == "Accept-Encoding" {
				r.t.Errorf("upstream %s %s has the caller's %s: %q", x.method, x.path, name, value)
			}
		}
	}
	for name, want := range map[string]string{
		"Accept": "application/json", "X-Request-Id": requestID, "Traceparent": traceParent,
		"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": r.host, "X-Forwarded-Proto": "http",
	} {
		if got := x.header.Get(name); got != want {
			r.t.Errorf("upstream %s %s has %s %q, want %q", x.method, x.path, name, got, want)
		}
	}
	if x.host != r.host {
		r.t.Errorf("upstream %s %s is for the host %s, want %s", x.method, x.path, x.host, r.host)
	}
	token, bearer := strings.CutPrefix(x.header.Get("Authorization"), "Bearer ")
	if !bearer || len(x.header.Values("Authorization")) != 1 {
		r.t.Errorf("upstream %s %s is without a bearer token", x.method, x.path)
	}
	r.secrets.keep("a token that was sent to the server", token)
	if x.path != r.api && !strings.HasPrefix(x.path, r.api+"/") {
		r.t.Errorf("upstream %s %s is not the registration API", x.method, x.path)
	}
}

// mark and since frame what one request of a caller causes.
func (r *recorder) mark() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.seen)
}

func (r *recorder) since(mark int) []exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.seen[mark:])
}
