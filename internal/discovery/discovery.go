package discovery

import (
	"errors"
	"fmt"
	"net/url"
	"sync/atomic"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/caddy-smart/smartregistration/internal/discovery/document"
)

func init() {
	caddy.RegisterModule(Handler{})
}

const defaultMaxBody = 4 << 20

// Handler makes the documents in which SMART on FHIR apps find the registration
// endpoint name the gateway's. It changes what the next handler answers to GET
// and HEAD at paths that end in `/.well-known/smart-configuration`,
// `/.well-known/openid-configuration`, `/.well-known/oauth-authorization-server`
// (or begin with one of the latter two, as RFC 8414 has it) and `/metadata`.
// Every other request goes on as it is.
//
// Of `/metadata` only a CapabilityStatement is changed that names OAuth
// endpoints by the extension `oauth-uris` of SMART 1.0. What else a document
// says stays as it came, except `signed_metadata`: it goes before the members
// beside it and cannot be signed anew, so a document that is changed loses it,
// and that is logged at level warn, once.
//
// A changed document has an `ETag` of its own; conditional requests are answered
// by it. Whatever is no such document passes untouched: another status than 200,
// another type than JSON, a content encoding other than gzip, a document that
// cannot be read or is larger than max_body.
type Handler struct {
	// RegistrationEndpoint is the URL of the gateway's registration endpoint:
	// https, or http on the machine itself. Placeholders are resolved at start.
	// Required.
	RegistrationEndpoint string `json:"registration_endpoint,omitempty"`

	// Narrow are lists that documents are narrowed to. Default: none
	Narrow document.Lists `json:"narrow,omitzero"`

	// NarrowToPolicy narrows documents to what the policy of the smart_registration
	// handler can ever allow that answers the registration endpoint, on the same
	// server: scopes, grant types, methods of client authentication, and the
	// capabilities that come with them. Where there is no such handler, or more
	// than one with that path, nothing is narrowed, which is logged at level warn,
	// once. Default: false
	NarrowToPolicy bool `json:"narrow_to_policy,omitempty"`

	// Serve is a smart-configuration for a FHIR server that has none: at its
	// path the next handler is not asked. Default: none
	Serve *Serve `json:"serve,omitempty"`

	// CORS lets apps in browsers read the documents, whatever their origin, as
	// SMART App Launch asks: with `Access-Control-Allow-Origin: *` in every
	// answer to GET and HEAD, errors included, and answers to preflight
	// requests. Default: false, as the next handler has it
	CORS bool `json:"cors,omitempty"`

	// MaxBody is how large a document may be, in bytes, before and after it is
	// decompressed; a larger one passes untouched, which is logged at level
	// warn, once. Documents up to this size are held in memory, several times
	// over while they are changed. Default: 4194304
	MaxBody int `json:"max_body,omitempty"`

	rewriting    document.Rewriting
	served       []byte // nil if nothing is served
	log          *notices
	server       *caddyhttp.Server
	endpointPath string                    // of the registration endpoint
	narrowed     *atomic.Pointer[narrowed] // by the policy, as it was last
}

// CaddyModule returns the Caddy module information.
func (Handler) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.smart_discovery",
		New: func() caddy.Module { return new(Handler) },
	}
}

// Provision sets the defaults and checks the configuration, all of it: nothing
// is left to find out with the first request.
func (h *Handler) Provision(ctx caddy.Context) error {
	h.log = &notices{log: ctx.Logger()}
	switch {
	case h.RegistrationEndpoint == "":
		return errors.New("registration_endpoint is required")
	case h.MaxBody < 0:
		return errors.New("max_body is negative")
	case h.MaxBody == 0:
		h.MaxBody = defaultMaxBody
	}
	endpoint, err := resolve(caddy.NewReplacer(), h.RegistrationEndpoint)
	if err != nil {
		return fmt.Errorf("registration_endpoint: %w", err)
	}
	if err := checkURL("registration_endpoint", endpoint); err != nil {
		return err
	}
	if h.rewriting, err = document.NewRewriting(endpoint, h.Narrow); err != nil {
		return fmt.Errorf("narrow: %w", err)
	}
	if h.NarrowToPolicy && !h.Narrow.Empty() {
		return errors.New("narrow: either to lists or to the policy")
	}
	h.server, _ = ctx.Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server)
	h.narrowed = new(atomic.Pointer[narrowed])
	if u, err := url.Parse(endpoint); err == nil {
		h.endpointPath = u.Path
	}
	if h.Serve == nil {
		return nil
	}
	return h.provisionServed()
}

// provisionServed makes the document that is served: it is the same every time.
func (h *Handler) provisionServed() error {
	if h.Serve.Path == "" {
		h.Serve.Path = document.WellKnownSMART
	}
	if err := checkServePath(h.Serve.Path); err != nil {
		return err
	}
	served, err := h.Serve.document()
	if err != nil {
		return err
	}
	done, err := h.rewriting.Apply(document.SMARTConfiguration, served.Encode())
	if err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	h.served = done.Body // with registration_endpoint, so there was something to change
	h.log.result(done, zap.String("path", h.Serve.Path))
	return nil
}

// Interface guards
var (
	_ caddy.Provisioner           = (*Handler)(nil)
	_ caddyhttp.MiddlewareHandler = (*Handler)(nil)
)
