package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// maxBody is where Keycloak's HTTP layer stops reading.
const maxBody = 10 << 20

// reply is an answer to be written. A nil body means none, and no media type.
type reply struct {
	status    int
	header    map[string]string
	mediaType string // of the body; the server names a charset only where it created or showed a client
	body      any
}

const (
	typeJSON        = "application/json"
	typeJSONCharset = "application/json;charset=UTF-8"
)

// ServeHTTP answers the request. It never calls the next handler: a server that
// leaves a path to somebody else would not be the one it imitates.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request, _ caddyhttp.Handler) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	answer, err := s.route(r)
	if err != nil {
		refused, ok := errors.AsType[*wireError](err)
		if !ok {
			return err
		}
		answer = &reply{status: refused.status, mediaType: typeJSON, body: refused}
	}
	return answer.write(w)
}

// route compares the escaped path, as the server does: an encoded slash is part
// of a segment, never a separator.
func (s *Sandbox) route(r *http.Request) (*reply, error) {
	path := r.URL.EscapedPath()
	if path == "/initial-access-token" {
		return s.mintInitialAccess(r)
	}
	path, ok := strings.CutPrefix(path, "/realms/")
	if !ok {
		return nil, errNotFound
	}
	realm, path, _ := strings.Cut(path, "/")
	if realm != s.Realm {
		return nil, errRealmUnknown
	}
	switch path {
	case ".well-known/openid-configuration":
		return s.discovery(r)
	case "protocol/openid-connect/token":
		return s.token(r)
	}
	path, ok = strings.CutPrefix(path, "clients-registrations/")
	if !ok {
		return nil, errNotFound
	}
	provider, item, _ := strings.Cut(path, "/") // a trailing slash is the collection still
	item, err := url.PathUnescape(item)
	if err != nil {
		return nil, errNotFound
	}
	switch {
	case provider == "openid-connect" && item == "":
		return s.collection(r, s.register)
	case provider == "openid-connect":
		return s.item(r, item)
	case provider == "default" && item == "":
		return s.collection(r, s.registerDefault)
	case provider == "default" && r.Method == http.MethodDelete:
		return s.remove(r, item)
	case provider == "default":
		return nil, errNotFound
	}
	return nil, errProviderUnknown
}

func (s *Sandbox) collection(r *http.Request, register func(*http.Request) (*reply, error)) (*reply, error) {
	switch r.Method {
	case http.MethodPost:
		return register(r)
	case http.MethodOptions:
		return preflight(r), nil
	case http.MethodGet, http.MethodPut, http.MethodDelete:
		return nil, errNotFound
	}
	return nil, errMethodNotAllowed
}

func (s *Sandbox) item(r *http.Request, id string) (*reply, error) {
	switch r.Method {
	case http.MethodGet:
		return s.show(r, id)
	case http.MethodPut:
		return s.update(r, id)
	case http.MethodDelete:
		return s.remove(r, id)
	case http.MethodOptions:
		return preflight(r), nil
	case http.MethodPost:
		return nil, errNotFound
	}
	return nil, errMethodNotAllowed
}

// preflight promises any origin what checkOrigin then refuses, as the server does.
func preflight(r *http.Request) *reply {
	answer := &reply{status: http.StatusOK}
	if origin := r.Header.Get("Origin"); origin != "" {
		answer.header = map[string]string{
			"Access-Control-Allow-Origin":      origin,
			"Access-Control-Allow-Methods":     "DELETE, POST, GET, OPTIONS, PUT",
			"Access-Control-Allow-Credentials": "true",
			"Access-Control-Allow-Headers":     "Origin, Accept, X-Requested-With, Access-Control-Request-Method, Access-Control-Request-Headers, DPoP, Content-Type, Authorization",
			"Access-Control-Max-Age":           "3600",
		}
	}
	return answer
}

// checkOrigin refuses every origin: none is registered in a sandbox.
func checkOrigin(r *http.Request) error {
	if r.Header.Get("Origin") != "" {
		return errInvalidOrigin
	}
	return nil
}

// readBody returns the whole body. Over maxBody the connection just ends: the
// server writes no answer either.
func readBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		panic(http.ErrAbortHandler)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the request: %w", err)
	}
	return body, nil
}

func (a *reply) write(w http.ResponseWriter) error {
	header := w.Header()
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Robots-Tag", "none")
	for name, value := range a.header {
		header.Set(name, value)
	}
	if a.body == nil {
		w.WriteHeader(a.status)
		return nil
	}
	encoded, err := encodeJSON(a.body)
	if err != nil {
		return err
	}
	header.Set("Content-Type", a.mediaType)
	header.Set("X-Frame-Options", "SAMEORIGIN")
	w.WriteHeader(a.status)
	_, err = w.Write(encoded) //nolint:gosec // JSON, sent with nosniff, is no page
	return err
}

// encodeJSON encodes without Go's escapes for HTML, which the server does not use.
func encodeJSON(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}
