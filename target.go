package smartregistration

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// target is what a request asks for: an operation, and the client it is about.
type target struct {
	operation registration.Operation
	clientID  string
	segment   string // clientID as a path segment
	allow     []string
	missing   bool // below the endpoint, but nothing that is there
}

// target tells what a request asks for, and whether it is for this handler at
// all. Paths are compared as they arrive here, undecoded and case-sensitively: what is
// not exactly the endpoint, or one plain segment below it, is not the endpoint.
func (h *Handler) target(r *http.Request) (target, bool) {
	path := r.URL.EscapedPath()
	if path == h.Path {
		return target{operation: registration.Create, allow: createMethods}, true
	}
	segment, below := strings.CutPrefix(path, h.Path+"/")
	if !below {
		return target{}, false
	}
	id, ok := clientID(segment)
	t := target{operation: operationOf(r.Method), clientID: id, segment: url.PathEscape(id), missing: !ok}
	switch h.Management {
	case "full":
		t.allow = manageMethods
	case "read":
		t.allow = manageMethods[:1:1]
	default:
		t.missing = true
	}
	return t, true
}

// The methods of the registration endpoint and of client configuration endpoints, of
// which the first reads: to be read only, all requests share them.
var (
	createMethods = []string{http.MethodPost}
	manageMethods = []string{http.MethodGet, http.MethodPut, http.MethodDelete}
)

// operationOf is what a method means at a client configuration endpoint
// (RFC 7592 section 2). Methods that mean nothing there are refused by the list
// of those allowed; until then they count as a read.
func operationOf(method string) registration.Operation {
	switch method {
	case http.MethodPut:
		return registration.Update
	case http.MethodDelete:
		return registration.Delete
	default:
		return registration.Read
	}
}

// maxClientID is how long a client_id may be. Keycloak's have 36 characters.
const maxClientID = 255

// clientID reads a path segment as a client_id. It is a list of what is let
// through, since the segment becomes part of the server's path: nothing that a
// server or a proxy on the way could take for a separator, a parameter, a dot
// segment or the beginning of another encoding.
func clientID(segment string) (string, bool) {
	id, err := url.PathUnescape(segment)
	if err != nil || id == "" || len(id) > maxClientID || strings.Trim(id, ".") == "" {
		return "", false
	}
	for _, c := range []byte(id) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~@:", c) >= 0:
		default:
			return "", false
		}
	}
	return id, true
}

// segmentOf is a client_id of the server's as a path segment.
func segmentOf(id string) (string, bool) {
	segment := url.PathEscape(id)
	_, ok := clientID(segment)
	return segment, ok
}

// clientURI is the address of a client configuration endpoint as callers reach
// it.
func (x *transaction) clientURI(id string) string {
	return x.publicBase() + x.Path + "/" + url.PathEscape(id)
}

// publicBase is what callers see before the path: public_url, or scheme, host and
// what was stripped. A proxy in front is believed if Caddy trusts it (servers >
// trusted_proxies).
func (x *transaction) publicBase() string {
	if x.publicURL != "" {
		return x.publicURL
	}
	scheme, host := "http", x.request.Host
	if x.request.TLS != nil {
		scheme = "https"
	}
	if trusted, _ := caddyhttp.GetVar(x.request.Context(), caddyhttp.TrustedProxyVarKey).(bool); trusted {
		if proto := x.request.Header.Get("X-Forwarded-Proto"); proto == "http" || proto == "https" {
			scheme = proto
		}
		if forwarded := x.request.Header.Get("X-Forwarded-Host"); isHost(forwarded) {
			host = forwarded
		}
	}
	return scheme + "://" + host + strippedPrefix(x.request)
}

// strippedPrefix is what handle_path or uri strip_prefix has taken off the path on
// the way here: without it, an address that a caller is told leads elsewhere.
func strippedPrefix(r *http.Request) string {
	original, ok := r.Context().Value(caddyhttp.OriginalRequestCtxKey).(http.Request)
	if !ok || original.URL == nil {
		return ""
	}
	prefix, stripped := strings.CutSuffix(original.URL.EscapedPath(), r.URL.EscapedPath())
	if !stripped {
		return "" // rewritten to something else
	}
	return prefix
}

// parseHTTPURL reads an absolute http or https URL.
func parseHTTPURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil {
		return nil, errNotHTTPURL // without the URL, which may hold a password
	}
	switch {
	case (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || !isPort(u.Port()):
		return nil, errNotHTTPURL
	case u.User != nil, strings.Contains(s, "#"):
		return nil, errUserOrFragment
	}
	return u, nil
}

// errUserOrFragment does not repeat the URL either.
var errUserOrFragment = errors.New("must be an http or https URL without user or fragment")

// isPort tells whether s is the port of an address, or "", which is the scheme's.
func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return s == "" || err == nil && n > 0
}

// isHost tells whether s is a host, with a port or without, and nothing else.
func isHost(s string) bool {
	return s != "" && strings.IndexFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune(".-_:[]", c)
	}) < 0
}

// loopback tells whether a host name is this machine.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}
