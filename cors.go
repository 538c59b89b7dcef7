package smartregistration

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-smart/smartregistration/internal/origin"
	"github.com/caddy-smart/smartregistration/internal/registration"
)

// What scripts of other origins may send and see (Fetch standard, "CORS
// protocol"). Credentials are never allowed: the gateway has no cookies, and a
// browser adds no bearer token by itself.
const (
	// corsHeaders are all request headers that the gateway reads or hands on, as
	// far as a browser needs leave to send them.
	corsHeaders = "Authorization, Content-Type, " + InitialAccessTokenHeader + ", Traceparent, Tracestate, X-Request-Id"
	// corsExposed is what an answer says beside its body.
	corsExposed = "Location, WWW-Authenticate, Retry-After"
	// corsMaxAge is for how many seconds a browser may remember the answer to a
	// preflight: the most that any browser does.
	corsMaxAge = "86400"
)

// anyOrigin stands for every origin.
const anyOrigin = "*"

// provisionCORS reads the origins.
func (h *Handler) provisionCORS(caddy.Context) error {
	for _, written := range h.CORS {
		resolved, err := resolve("cors", written)
		if err != nil {
			return err
		}
		parsed, err := parseOrigin(resolved)
		if err != nil {
			return fmt.Errorf("cors: %w", err)
		}
		h.origins = append(h.origins, parsed)
	}
	return nil
}

// checkCORS finds what is wrong as far as it is known yet.
func (h *Handler) checkCORS() error {
	var errs []error
	for _, written := range h.CORS {
		if isPlaceholder(written) {
			continue
		}
		if _, err := parseOrigin(written); err != nil {
			errs = append(errs, fmt.Errorf("cors: %w", err))
		}
	}
	if len(h.CORS) > 1 && slices.Contains(h.CORS, anyOrigin) {
		errs = append(errs, errors.New("cors: * stands alone: it is every origin"))
	}
	return errors.Join(errs...)
}

// parseOrigin reads one argument.
func parseOrigin(s string) (string, error) {
	if s == anyOrigin {
		return s, nil
	}
	return origin.Parse(s)
}

// shareWithBrowser lets scripts of the listed origins read the answer, whatever
// it will be, and answers a preflight; it tells whether it did. Without the
// directive, and for other origins, no header grants anything and a preflight is
// a request like any other.
func (h *Handler) shareWithBrowser(w http.ResponseWriter, r *http.Request, target target) (answered bool) {
	if len(h.origins) == 0 {
		return false
	}
	header := w.Header()
	if h.origins[0] != anyOrigin {
		header.Add("Vary", "Origin") // also where there is none: a cache must not mix the two
	}
	allowed, ok := h.allowedOrigin(r.Header["Origin"])
	if !ok {
		return false
	}
	header.Set("Access-Control-Allow-Origin", allowed)
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" || target.missing {
		header.Set("Access-Control-Expose-Headers", corsExposed)
		return false
	}
	header.Set("Access-Control-Allow-Methods", strings.Join(target.allow, ", "))
	header.Set("Access-Control-Allow-Headers", corsHeaders)
	header.Set("Access-Control-Max-Age", corsMaxAge)
	(&registration.Answer{Status: http.StatusNoContent}).Write(w)
	return true
}

// allowedOrigin is what to answer to an Origin header. Browsers send one, in the
// form that origin.Parse gives; "null" is the origin of sandboxed frames and local
// files, anybody's, and therefore never in the list.
func (h *Handler) allowedOrigin(sent []string) (string, bool) {
	switch {
	case len(sent) != 1:
		return "", false
	case h.origins[0] == anyOrigin:
		return anyOrigin, sent[0] != "null"
	}
	return sent[0], slices.Contains(h.origins, sent[0])
}
