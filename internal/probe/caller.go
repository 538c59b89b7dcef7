package probe

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

const (
	// maxRequests bounds a whole run. A closed gateway takes about 70.
	maxRequests = 250
	// callTimeout bounds one request, as long as the gateway gives the server by
	// default: a loaded Keycloak takes more than ten seconds to make the key of a
	// SAML client, and a client that is made after that is one without a token.
	callTimeout = 30 * time.Second
	dialTimeout = 10 * time.Second
	maxAnswer   = 1 << 20 // bytes
)

// call is one request.
type call struct {
	method string
	path   string // as it is sent, escaped
	query  string
	token  string // "" sends none
	header http.Header
	media  string // of the body. Default: application/json
	body   []byte // nil sends none
	// chosenID is how the client will be called that this asks for, where it says.
	chosenID string
}

// answer is what came back, or why nothing did.
type answer struct {
	status   int
	header   http.Header
	body     []byte
	document *registration.Metadata // nil if it is no JSON object
	err      error
	sent     bool // there was a connection: the other side may have acted
}

var errTooMany = errors.New("the probe has sent as many requests as it may")

// caller sends requests, one after the other, and counts them.
type caller struct {
	client *http.Client
	left   int
}

func newCaller(publicHost, connectTo string) *caller {
	dialer := &net.Dialer{Timeout: dialTimeout}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if connectTo != "" && address == publicHost {
				address = connectTo
			}
			return dialer.DialContext(ctx, network, address)
		},
		// No connection is kept, so none is found broken by a request that must
		// not be sent twice.
		DisableKeepAlives: true,
	}
	return &caller{left: maxRequests, client: &http.Client{
		Transport: transport,
		// Where a redirect leads is an answer; a token must not follow it.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// do sends a request unless the context has ended. Once it is under way only its
// own timeout ends it.
func (c *caller) do(ctx context.Context, to place, what call) answer {
	switch {
	case ctx.Err() != nil:
		return answer{err: context.Cause(ctx)}
	case c.left <= 0:
		return answer{err: errTooMany}
	}
	c.left--
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	request, err := what.request(ctx, to)
	if err != nil {
		return answer{err: err}
	}
	var connected atomic.Bool // set by the transport's goroutine
	request = request.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	}))
	response, err := c.client.Do(request)
	if err != nil {
		if wrapper, ok := errors.AsType[*url.Error](err); ok {
			err = wrapper.Err // the address is said elsewhere
		}
		return answer{err: err, sent: connected.Load()}
	}
	defer response.Body.Close()
	a := answer{status: response.StatusCode, header: response.Header, sent: true}
	if a.body, a.err = io.ReadAll(io.LimitReader(response.Body, maxAnswer)); a.err == nil {
		a.document, _ = registration.Decode(a.body) // nil where it is none
	}
	return a
}

func (c call) request(ctx context.Context, to place) (*http.Request, error) {
	target, err := url.Parse(to.base)
	if err != nil {
		return nil, err
	}
	if target.Path, err = url.PathUnescape(c.path); err != nil {
		return nil, err
	}
	target.RawPath, target.RawQuery = c.path, c.query
	request, err := http.NewRequestWithContext(ctx, c.method, "http://unused.invalid", bytes.NewReader(c.body))
	if err != nil {
		return nil, err
	}
	request.URL, request.Host = target, target.Host
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "smart-registration-probe")
	if to.host != "" {
		// As the gateway's own requests: a server's tokens are bound to the
		// address that it takes for its own.
		request.Host = to.host
		request.Header.Set("X-Forwarded-Host", to.host)
		request.Header.Set("X-Forwarded-Proto", to.proto)
	}
	if c.body != nil {
		request.Header.Set("Content-Type", "application/json")
		if c.media != "" {
			request.Header.Set("Content-Type", c.media)
		}
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	maps.Copy(request.Header, c.header)
	return request, nil
}

// text is a string member of the answer, "" without one.
func (a answer) text(name string) string {
	if a.document == nil {
		return ""
	}
	return a.document.String(name)
}

// strings is a member of the answer that is an array of strings, false without one.
func (a answer) strings(name string) ([]string, bool) {
	if a.document == nil {
		return nil, false
	}
	return a.document.Strings(name)
}

// made tells that there is a client now.
func (a answer) made() bool {
	return a.status/100 == 2 && (a.text("client_id") != "" || a.text("clientId") != "")
}

// String says what came back, in a few words, with the server's own.
func (a answer) String() string {
	if description := a.text("error_description"); a.err == nil && description != "" {
		return a.code() + " (" + short(description, 72) + ")"
	}
	return a.code()
}

// code is the same without what the server says about it.
func (a answer) code() string {
	code := a.text("error")
	switch {
	case a.err != nil:
		return "no answer: " + a.err.Error()
	case code != "":
		return strconv.Itoa(a.status) + " " + short(code, 40)
	case len(a.body) == 0 && a.status != http.StatusNoContent:
		return strconv.Itoa(a.status) + " without a body"
	}
	return strconv.Itoa(a.status)
}

// short is the beginning of what a server says.
func short(s string, enough int) string {
	if runes := []rune(s); len(runes) > enough {
		return string(runes[:enough]) + "…"
	}
	return strings.TrimSuffix(s, ".")
}
