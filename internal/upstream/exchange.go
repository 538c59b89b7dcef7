package upstream

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// The ways in which an exchange fails. Each maps to one status: the caller of
// Exchange must refuse, and must not take silence for consent.
var (
	// ErrUnreachable: no connection to the server came about, so it has not
	// acted (502).
	ErrUnreachable = errors.New("the authorization server could not be reached")
	// ErrUnavailable: no server is available to try (503).
	ErrUnavailable = errors.New("no authorization server is available")
	// ErrTimeout: the server did not answer in time; it may have acted (504).
	ErrTimeout = errors.New("the authorization server did not answer in time")
	// ErrUnusable: the server answered something that cannot be used: nothing at
	// all, cut off, too large, encoded, or not HTTP; it may have acted (502).
	ErrUnusable = errors.New("the authorization server's reply is unusable")
)

// MaxReply is the most that is read of a reply, in bytes. A registration in a
// realm with 1,500 client scopes is 21 kB.
const MaxReply = 1 << 20

// Upstream is the authorization server's registration API.
type Upstream struct {
	// Handler sends a request to the server and writes its reply: reverse_proxy.
	Handler caddyhttp.MiddlewareHandler
	// Host is the Host header to send. Default: that of the caller's request.
	Host string
	// Timeout bounds each exchange. Required.
	Timeout time.Duration
}

// Call is one request to the server.
type Call struct {
	Method string
	// Path is the path as sent, already escaped.
	Path string
	// Authorization is the whole header value; "" sends none.
	Authorization string
	// Body is a JSON document; nil sends none.
	Body []byte
	// Timeout bounds this exchange more tightly than the others. Default: the
	// Upstream's
	Timeout time.Duration
}

// Reply is what the server answered, whole.
type Reply struct {
	Status   int
	Header   http.Header
	Body     string
	Duration time.Duration
}

// forwarded are the caller's headers that are passed on. X-Forwarded-* are for
// reverse_proxy to judge: it drops them unless they come from a trusted proxy.
var forwarded = []string{
	"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host",
	"Traceparent", "Tracestate", "X-Request-Id",
}

// Exchange sends one call and returns the whole reply. caller is the request on
// whose behalf: its address, connection and trace go along, and nothing else of
// it. The exchange goes on when the caller goes away, since a registration that
// is half done is worse than one that nobody waits for; Timeout bounds it.
func (u *Upstream) Exchange(caller *http.Request, c Call) (*Reply, error) {
	var conn connection
	ctx, cancel := context.WithTimeout(conn.watch(withOwnVars(caller.Context())), cmp.Or(c.Timeout, u.Timeout))
	defer cancel()
	request, err := u.request(ctx, caller, c)
	if err != nil {
		return nil, err
	}
	captured := newCapture(MaxReply)
	start := time.Now()
	err = serve(u.Handler, captured, request)
	reply := &Reply{Status: captured.status, Header: captured.header, Body: captured.body.String(), Duration: time.Since(start)}
	if err != nil {
		return reply, failure(ctx, &conn, err)
	}
	return reply, captured.usable()
}

// withOwnVars is the caller's context without its end, and with a copy of Caddy's
// variables. They are a plain map in the context, which net/http's dialing
// goroutine reads, and which may outlive the exchange when another connection
// became free first; meanwhile the caller's request goes on and writes to its
// own (a second exchange does, and so does {http.request.uuid}).
func withOwnVars(caller context.Context) context.Context {
	ctx := context.WithoutCancel(caller)
	if vars, ok := caller.Value(caddyhttp.VarsCtxKey).(map[string]any); ok {
		ctx = context.WithValue(ctx, caddyhttp.VarsCtxKey, maps.Clone(vars))
	}
	return ctx
}

func (u *Upstream) request(ctx context.Context, caller *http.Request, c Call) (*http.Request, error) {
	path, err := url.PathUnescape(c.Path)
	if err != nil {
		return nil, fmt.Errorf("path of the registration API: %w", err)
	}
	// The caller's context carries Caddy's variables and placeholders, which
	// reverse_proxy needs; its headers do not come along.
	header := make(http.Header, 8)
	for _, name := range forwarded {
		if values := caller.Header[name]; values != nil {
			header[name] = values
		}
	}
	header["Accept"] = []string{"application/json"}
	if c.Authorization != "" {
		header["Authorization"] = []string{c.Authorization}
	}
	request := &http.Request{
		Method: c.Method,
		URL:    &url.URL{Path: path, RawPath: c.Path},
		Proto:  "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:     header,
		Body:       http.NoBody,
		Host:       caller.Host,
		RemoteAddr: caller.RemoteAddr,
		RequestURI: c.Path,
		TLS:        caller.TLS,
	}
	if u.Host != "" {
		request.Host = u.Host
	}
	if c.Body != nil {
		header["Content-Type"] = []string{"application/json"}
		header["Content-Length"] = []string{strconv.Itoa(len(c.Body))}
		request.Body = io.NopCloser(bytes.NewReader(c.Body))
		request.ContentLength = int64(len(c.Body))
	}
	return request.WithContext(ctx), nil
}

// errAborted stands for a reply that broke off.
var errAborted = errors.New("the reply broke off")

// serve calls the handler. reverse_proxy panics with http.ErrAbortHandler when
// the server's reply breaks off, so that the connection to the caller is cut;
// here nothing has been said to the caller yet and the answer can be a clean
// refusal. Any other panic is a bug and goes on.
func serve(h caddyhttp.MiddlewareHandler, w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		if v := recover(); v != nil {
			if v != http.ErrAbortHandler { //nolint:errorlint // a panic value, compared as net/http does
				panic(v)
			}
			err = errAborted
		}
	}()
	return h.ServeHTTP(w, r, caddyhttp.HandlerFunc(func(http.ResponseWriter, *http.Request) error {
		return caddyhttp.Error(http.StatusBadGateway, errors.New("the upstream handler passed the request on"))
	}))
}

// connection remembers whether there was one: without, nothing can have been
// sent. A transport that does not say counts as connected, since a registration
// that may be there must not pass for one that is not.
type connection struct {
	wanted, made atomic.Bool
}

func (c *connection) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { c.wanted.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { c.made.Store(true) },
	})
}

func (c *connection) missing() bool { return c.wanted.Load() && !c.made.Load() }

// failure names what went wrong. A timeout is one whatever form it took: the
// proxy reports a context that ran out in several.
func failure(ctx context.Context, conn *connection, err error) error {
	status := 0
	if handler, ok := errors.AsType[caddyhttp.HandlerError](err); ok {
		status = handler.StatusCode
	}
	class := ErrUnusable
	switch {
	case status == http.StatusServiceUnavailable:
		class = ErrUnavailable
	case conn.missing():
		class = ErrUnreachable
	case status == http.StatusGatewayTimeout, errors.Is(ctx.Err(), context.DeadlineExceeded):
		class = ErrTimeout
	}
	return fmt.Errorf("%w: %w", class, err)
}
