package smartregistration

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/caddy-smart/smartregistration/internal/upstream"
	"github.com/caddy-smart/smartregistration/policy"
)

// OfferedScopes says which scopes the authorization server has, and what becomes
// of decided ones that it does not have. Scopes are put into the server's own
// words: patient/*.read is sent as patient/*.rs where it has only that. The answer
// names what was registered in the caller's words where they mean exactly that.
type OfferedScopes struct {
	// From is the URL of the server's metadata, of which scopes_supported is
	// read: its openid-configuration. It is read in the background; until it has
	// been, scopes are sent as they were decided, and what was read before holds
	// while the server is down. Required, or list.
	From string `json:"from,omitempty"`

	// List are the scopes, instead of from.
	List []string `json:"list,omitempty"`

	// Unknown says what happens to a scope that the server does not have: strip
	// drops it, reject refuses the registration, send leaves it to the server
	// (Keycloak refuses the whole registration for one). Default: strip
	Unknown string `json:"unknown,omitempty"`

	// Refresh is how often from is read: 1s or more. Default: 10m
	Refresh caddy.Duration `json:"refresh,omitempty"`

	// Expand is how many of the server's scopes may stand for one that it has in
	// parts only: patient/Patient.rs and others for patient/*.rs. Keycloak becomes
	// slow with many (4 registrations a second in a realm with 1,500 client
	// scopes, measured on 26.7.5). Default: 0, none
	Expand int `json:"expand,omitempty"`
}

const (
	defaultRefresh = 10 * time.Minute
	minRefresh     = time.Second // below it, the server would be busy with being asked
	defaultExpand  = 50
)

func (o *OfferedScopes) check() []fault {
	if o == nil {
		return nil
	}
	faults := []fault{{"unknown", oneOf("offered: unknown", o.Unknown, "", "strip", "reject", "send")}}
	if (o.From == "") == (o.List == nil) {
		faults = append(faults, fault{"offered", errors.New("offered: exactly one of from and list is needed")})
	}
	if o.List != nil && o.Refresh != 0 {
		faults = append(faults, fault{"refresh", errors.New("offered: refresh is for from")})
	}
	if o.Refresh != 0 && time.Duration(o.Refresh) < minRefresh {
		faults = append(faults, fault{
			"refresh",
			fmt.Errorf("offered: refresh is %s, must be %s or more", time.Duration(o.Refresh), minRefresh),
		})
	}
	if o.Expand < 0 {
		faults = append(faults, fault{"expand", errors.New("offered: expand is negative")})
	}
	if o.From != "" && !isPlaceholder(o.From) {
		if _, err := parseHTTPURL(o.From); err != nil {
			faults = append(faults, fault{"from", fmt.Errorf("offered: from: %w", err)})
		}
	}
	return faults
}

// index makes an index of the scopes that a server has.
func (o *OfferedScopes) index(scopes []string, dialect *upstream.Dialect) (*policy.Offered, error) {
	unknown := o.Unknown
	if unknown == "" {
		unknown = "strip"
	}
	return policy.NewOffered(scopes, dialect.Free, unknown, o.Expand)
}

// provisionOffered starts to read what the server has. Nothing waits for it.
func (h *Handler) provisionOffered(ctx caddy.Context) error {
	h.offered = new(atomic.Pointer[policy.Offered])
	o := h.Offered
	if o == nil {
		return nil
	}
	use := func(scopes []string) error {
		index, err := o.index(scopes, h.dialect)
		if err == nil {
			h.offered.Store(index)
		}
		return err
	}
	if o.From == "" {
		return use(o.List)
	}
	from, err := resolve("offered: from", o.From)
	if err != nil {
		return err
	}
	if err := h.checkURL("offered: from", from); err != nil {
		return err
	}
	refresh := time.Duration(o.Refresh)
	if refresh == 0 {
		refresh = defaultRefresh
	}
	reader := &upstream.OfferedScopes{
		URL: from, Refresh: refresh,
		Use: func(scopes []string) {
			if err := use(scopes); err != nil {
				h.log.Error("the server's scopes cannot be used", zap.Error(err))
			}
		},
		Failed: func(err error) { h.log.Error("the server's scopes could not be read", zap.Error(err)) },
	}
	go reader.Run(ctx)
	return nil
}
