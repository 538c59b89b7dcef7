package discovery

import (
	"strings"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/dustin/go-humanize"

	"github.com/caddy-smart/smartregistration/internal/discovery/document"
	"github.com/caddy-smart/smartregistration/internal/registration"
)

const directive = "smart_discovery"

func init() {
	httpcaddyfile.RegisterHandlerDirective(directive, parseCaddyfile)
	// Behind encode, so that what is compressed is the changed document; before
	// everything that answers a request by itself.
	httpcaddyfile.RegisterDirectiveOrder(directive, httpcaddyfile.After, "encode")
}

func parseCaddyfile(helper httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	h := new(Handler)
	return h, h.UnmarshalCaddyfile(helper.Dispenser)
}

// UnmarshalCaddyfile sets up the handler from Caddyfile tokens. Syntax:
//
//	smart_discovery [<matcher>] {
//	    registration_endpoint <url>
//	    narrow {
//	        scopes_supported                      <scopes...>
//	        grant_types_supported                 <grant types...>
//	        token_endpoint_auth_methods_supported <methods...>
//	        capabilities                          <capabilities...>
//	    }
//	    serve [<path>] {
//	        <member> <values...>
//	    }
//	    cors
//	    max_body <size>
//	}
func (h *Handler) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // the directive
	if d.NextArg() {
		return d.ArgErr()
	}
	opening := *d // what is missing is missing there
	if err := block(d, directive, h.unmarshalSubdirective); err != nil {
		return err
	}
	if h.RegistrationEndpoint == "" {
		return opening.Err("registration_endpoint is required")
	}
	return nil
}

func (h *Handler) unmarshalSubdirective(d *caddyfile.Dispenser) error {
	switch d.Val() {
	case "registration_endpoint":
		return h.unmarshalEndpoint(d)
	case "narrow":
		return h.unmarshalNarrow(d)
	case "serve":
		return h.unmarshalServe(d)
	case "cors":
		h.CORS = true
		return noMore(d)
	case "max_body":
		return h.unmarshalMaxBody(d)
	default:
		return d.Errf("unrecognized subdirective %q", d.Val())
	}
}

func (h *Handler) unmarshalEndpoint(d *caddyfile.Dispenser) error {
	if err := oneArg(d, &h.RegistrationEndpoint); err != nil {
		return err
	}
	if isPlaceholder(h.RegistrationEndpoint) {
		return nil // judged at start
	}
	if err := checkURL("registration_endpoint", h.RegistrationEndpoint); err != nil {
		return d.WrapErr(err)
	}
	return nil
}

func (h *Handler) unmarshalNarrow(d *caddyfile.Dispenser) error {
	if d.NextArg() {
		if d.Val() != "policy" {
			return d.Errf("narrow %q: it is policy, or a block of lists", d.Val())
		}
		h.NarrowToPolicy = true
		return noMore(d)
	}
	return block(d, "narrow", h.unmarshalList)
}

func (h *Handler) unmarshalList(d *caddyfile.Dispenser) error {
	var to *[]string
	switch d.Val() {
	case "scopes_supported":
		to = &h.Narrow.ScopesSupported
	case "grant_types_supported":
		to = &h.Narrow.GrantTypesSupported
	case "token_endpoint_auth_methods_supported":
		to = &h.Narrow.TokenEndpointAuthMethodsSupported
	case "capabilities":
		to = &h.Narrow.Capabilities
	default:
		return d.Errf("unrecognized subdirective %q of narrow", d.Val())
	}
	if err := someArgs(d, to); err != nil {
		return err
	}
	if _, err := document.NewRewriting("", h.Narrow); err != nil {
		return d.WrapErr(err)
	}
	return nil
}

func (h *Handler) unmarshalServe(d *caddyfile.Dispenser) error {
	opening := *d
	h.Serve = new(Serve)
	if d.NextArg() {
		h.Serve.Path = d.Val()
		if err := checkServePath(h.Serve.Path); err != nil {
			return d.WrapErr(err)
		}
	}
	if d.NextArg() {
		return d.ArgErr()
	}
	served := registration.New()
	if err := block(d, "serve", func(d *caddyfile.Dispenser) error { return unmarshalMember(d, served) }); err != nil {
		return err
	}
	if err := checkRequired(served); err != nil {
		return opening.WrapErr(err)
	}
	h.Serve.Document = served.Encode()
	return nil
}

// unmarshalMember reads one member of the document to serve.
func unmarshalMember(d *caddyfile.Dispenser, served *registration.Metadata) error {
	name := d.Val()
	var value any
	switch kind := members[name]; {
	case kind == jsonKind, kind == stringKind && strings.HasSuffix(name, "_supported"):
		return d.Errf("%s cannot be written in a Caddyfile, where its type is not known; JSON configuration can have it", name)
	case kind == arrayKind:
		var values []string
		if err := someArgs(d, &values); err != nil {
			return err
		}
		value = registration.FromStrings(values)
	default:
		var s string
		if err := oneArg(d, &s); err != nil {
			return err
		}
		value = s
	}
	if err := checkMember(name, value); err != nil {
		return d.WrapErr(err)
	}
	served.Set(name, value)
	return nil
}

func (h *Handler) unmarshalMaxBody(d *caddyfile.Dispenser) error {
	var s string
	if err := oneArg(d, &s); err != nil {
		return err
	}
	size, err := humanize.ParseBytes(s)
	if err != nil {
		return d.Errf("max_body %q: %v", s, err)
	}
	if size == 0 || size > 1<<30 {
		return d.Errf("max_body %q must be between 1 byte and 1 GiB", s)
	}
	h.MaxBody = int(size)
	return nil
}

// block reads a block of subdirectives, each at most once: of two, which counts
// would be a guess. The block must have something in it.
func block(d *caddyfile.Dispenser, name string, subdirective func(*caddyfile.Dispenser) error) error {
	seen := map[string]bool{}
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		if seen[d.Val()] {
			return d.Errf("%s is written twice", d.Val())
		}
		seen[d.Val()] = true
		if err := subdirective(d); err != nil {
			return err
		}
	}
	if len(seen) == 0 {
		return d.Errf("%s needs a block with something in it", name)
	}
	return nil
}

// oneArg reads exactly one argument.
func oneArg(d *caddyfile.Dispenser, to *string) error {
	name := d.Val()
	if !d.AllArgs(to) {
		return d.Errf("%s takes exactly one argument", name)
	}
	return noMore(d)
}

// someArgs reads at least one argument.
func someArgs(d *caddyfile.Dispenser, to *[]string) error {
	name := d.Val()
	if *to = d.RemainingArgs(); len(*to) == 0 {
		return d.Errf("%s needs at least one argument", name)
	}
	return noMore(d)
}

// noMore refuses further arguments, and a block where there is nothing to put
// into one.
func noMore(d *caddyfile.Dispenser) error {
	if d.NextArg() {
		return d.ArgErr()
	}
	if d.NextBlock(d.Nesting()) {
		return d.Errf("there is a block where none belongs, at %q", d.Val())
	}
	return nil
}

// Interface guards
var _ caddyfile.Unmarshaler = (*Handler)(nil)
