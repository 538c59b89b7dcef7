package discovery

import (
	"slices"
	"sync"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/caddy-smart/smartregistration/internal/discovery/document"
)

// Ceiling is the most that a registration endpoint can ever allow, as lists to
// narrow documents to. The version is another one when the lists are others.
type Ceiling func() (version string, lists document.Lists)

// endpoint is a registration endpoint of this process. A server of another
// configuration is another server, so that reloads need no care.
type endpoint struct {
	server *caddyhttp.Server
	path   string
}

// ceilings are those of the endpoints that there are: of several sites with the
// same path on one server, several.
var ceilings = struct {
	mu    sync.RWMutex
	known map[endpoint][]*Ceiling
}{known: make(map[endpoint][]*Ceiling)}

// Publish makes a registration endpoint's ceiling known, until it is withdrawn.
func Publish(server *caddyhttp.Server, path string, ceiling Ceiling) (withdraw func()) {
	at, entry := endpoint{server, path}, &ceiling
	ceilings.mu.Lock()
	defer ceilings.mu.Unlock()
	ceilings.known[at] = append(ceilings.known[at], entry)
	return func() {
		ceilings.mu.Lock()
		defer ceilings.mu.Unlock()
		left := slices.DeleteFunc(ceilings.known[at], func(c *Ceiling) bool { return c == entry })
		if ceilings.known[at] = left; len(left) == 0 {
			delete(ceilings.known, at)
		}
	}
}

// ceilingOf is the ceiling of an endpoint, nil where it is not known which, and how
// many there are.
func ceilingOf(server *caddyhttp.Server, path string) (Ceiling, int) {
	ceilings.mu.RLock()
	defer ceilings.mu.RUnlock()
	found := ceilings.known[endpoint{server, path}]
	if len(found) != 1 {
		return nil, len(found)
	}
	return *found[0], 1
}

// narrowed is a rewriting by one version of a ceiling.
type narrowed struct {
	version   string
	rewriting document.Rewriting
}

// rewritingNow is what is done to documents: with narrow policy, by the policy
// that is in force now.
func (h *Handler) rewritingNow() document.Rewriting {
	if !h.NarrowToPolicy {
		return h.rewriting
	}
	ceiling, handlers := ceilingOf(h.server, h.endpointPath)
	if ceiling == nil {
		h.log.give(noticeNoPolicy, zap.String("path", h.endpointPath), zap.Int("handlers", handlers))
		return h.rewriting
	}
	version, lists := ceiling()
	if last := h.narrowed.Load(); last != nil && last.version == version {
		return last.rewriting
	}
	rewriting, err := document.NewRewriting(h.rewriting.Endpoint(), lists)
	if err != nil {
		h.log.give(noticeNoPolicy, zap.String("path", h.endpointPath), zap.Int("handlers", handlers), zap.Error(err))
		return h.rewriting
	}
	h.narrowed.Store(&narrowed{version, rewriting})
	return rewriting
}
