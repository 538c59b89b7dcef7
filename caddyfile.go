package smartregistration

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
	"github.com/dustin/go-humanize"
)

const directive = "smart_registration"

func init() {
	httpcaddyfile.RegisterHandlerDirective(directive, parseCaddyfile)
	// Behind encode, so that what is compressed is our answer and not the
	// server's; before everything that answers a request by itself.
	httpcaddyfile.RegisterDirectiveOrder(directive, httpcaddyfile.After, "encode")
}

func parseCaddyfile(helper httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	h := new(Handler)
	if err := h.UnmarshalCaddyfile(helper.Dispenser); err != nil {
		return nil, err
	}
	return h, h.FinalizeUnmarshalCaddyfile(helper)
}

// UnmarshalCaddyfile sets up the handler from Caddyfile tokens. Syntax:
//
//	smart_registration [<matcher>] {
//	    path          <path>
//	    upstream      <addresses...> {
//	        # all that reverse_proxy understands
//	    }
//	    upstream_path <path>
//	    upstream_host <host>
//	    public_url    <url>
//	    dialect       keycloak [<version>]|generic
//	    management    off|read|full
//	    initial_access_token {
//	        passthrough [<issuer>] {
//	            allow_bearer
//	        }
//	        jwt {
//	            issuer     <issuer>
//	            audience   <audiences...>
//	            jwks       <url|file>
//	            secret     <secret>
//	            algorithms <algorithms...>
//	            leeway     <duration>
//	            expiry     required|optional
//	            type       <typ>
//	            claims     <name> <values...>
//	            limits     <limit> <claim>|off
//	        }
//	        open
//	    }
//	    upstream_credential client_credentials {
//	        token_endpoint     <url>
//	        client_id          <id>
//	        client_secret      <secret>
//	        client_secret_file <file>
//	        scope              <scopes...>
//	    }
//	    upstream_credential bearer <token>
//	    policy <file>
//	    policy {
//	        <member> <operator> [<values...>]
//	        rule <name> <expression> <message> [on create|update|both]
//	    }
//	    scopes {
//	        preset        <preset>
//	        default       <scopes...>
//	        allow         <scopes...>
//	        deny          <scopes...>
//	        unknown_types accept|warn|refuse
//	        excess        strip|reject
//	        inject        when_absent|always
//	    }
//	    offered {
//	        from    <url>
//	        list    <scopes...>
//	        unknown strip|reject|send
//	        refresh <duration>
//	        expand  [<number>]
//	    }
//	    profile <name> {
//	        preset <preset>
//	        match {
//	            class    patient|provider|backend
//	            metadata <member> <operator> [<values...>]
//	            token    kind|issuer <values...>
//	            token    claim <name> <values...>
//	        }
//	        policy {
//	            # as above
//	        }
//	        scopes {
//	            # as above
//	        }
//	    }
//	    shadow <file>
//	    shadow {
//	        # policy, scopes and profiles, as above
//	    }
//	    allow_grants   <grant types...>
//	    built_in off   <rules...>
//	    explain        full|brief|none
//	    reconcile {
//	        on_mismatch      correct|reject|warn
//	        read_back        never|when_needed|always
//	        security_members <members...>
//	    }
//	    cors           <origins...>
//	    success_status 200|201
//	    max_body       <size>
//	    timeout        <duration>
//	}
//
// FinalizeUnmarshalCaddyfile should be called after this, where a Helper is to
// be had, for what the upstream block has in handle_response.
func (h *Handler) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // the directive
	if d.NextArg() {
		return d.ArgErr()
	}
	h.written = once{}
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		if err := h.written.mark(d); err != nil && d.Val() != "profile" {
			return err
		}
		if err := h.unmarshalSubdirective(d); err != nil {
			return err
		}
	}
	return nil
}

func (h *Handler) unmarshalSubdirective(d *caddyfile.Dispenser) error {
	switch d.Val() {
	case "path":
		return oneArg(d, &h.Path)
	case "upstream":
		return h.unmarshalUpstream(d)
	case "upstream_path":
		return oneArg(d, &h.UpstreamPath)
	case "upstream_host":
		return oneArg(d, &h.UpstreamHost)
	case "public_url":
		return oneArg(d, &h.PublicURL)
	case "dialect":
		return h.unmarshalDialect(d)
	case "management":
		return oneArg(d, &h.Management)
	case "widening":
		return oneArg(d, &h.Widening)
	case "read_only":
		return oneArg(d, &h.ReadOnly)
	case "initial_access_token":
		return h.unmarshalTokens(d)
	case "upstream_credential":
		return h.unmarshalCredential(d)
	case "policy", "scopes", "profile":
		if h.Policy == nil {
			h.Policy = new(PolicyConfig)
		}
		return h.Policy.unmarshalPart(d)
	case "offered":
		h.Offered = new(OfferedScopes)
		return h.Offered.unmarshalCaddyfile(d)
	case "shadow":
		h.Shadow = new(PolicyConfig)
		return h.Shadow.unmarshalShadow(d)
	case "allow_grants":
		return someArgs(d, &h.AllowGrants)
	case "built_in":
		return h.unmarshalBuiltIn(d)
	case "explain":
		return oneArg(d, &h.Explain)
	case "reconcile":
		return h.unmarshalReconcile(d)
	case "cors":
		return someArgs(d, &h.CORS)
	case "success_status":
		return h.unmarshalStatus(d)
	case "max_body":
		return h.unmarshalMaxBody(d)
	case "timeout":
		return duration(d, &h.Timeout)
	default:
		return d.Errf("unrecognized subdirective %q", d.Val())
	}
}

// unmarshalUpstream hands the block to reverse_proxy.
func (h *Handler) unmarshalUpstream(d *caddyfile.Dispenser) error {
	h.upstreamProxy = new(reverseproxy.Handler)
	segment := d.NextSegment()
	if err := noEmptyAddress(caddyfile.NewDispenser(segment)); err != nil {
		return err
	}
	if err := h.upstreamProxy.UnmarshalCaddyfile(caddyfile.NewDispenser(segment)); err != nil {
		return err
	}
	if len(h.upstreamProxy.Upstreams) == 0 && h.upstreamProxy.DynamicUpstreamsRaw == nil {
		return d.Err("upstream: at least one address is needed")
	}
	h.UpstreamRaw = caddyconfig.JSONModuleObject(h.upstreamProxy, "handler", "reverse_proxy", nil)
	return nil
}

// noEmptyAddress: to reverse_proxy an empty address is port 80 of this machine.
func noEmptyAddress(d *caddyfile.Dispenser) error {
	d.Next()
	if err := noneEmpty(d, "upstream", d.RemainingArgs()...); err != nil {
		return err
	}
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		name, args := d.Val(), d.RemainingArgs()
		if name != "to" {
			continue
		}
		if err := noneEmpty(d, "to", args...); err != nil {
			return err
		}
	}
	return nil
}

// FinalizeUnmarshalCaddyfile finishes what UnmarshalCaddyfile could not without
// a Helper: handle_response in the upstream block.
func (h *Handler) FinalizeUnmarshalCaddyfile(helper httpcaddyfile.Helper) error {
	helper.Reset()
	helper.Next() // the directive: what is missing is missing there
	if h.upstreamProxy == nil {
		return helper.Err("upstream is required: the addresses of the authorization server")
	}
	if err := h.upstreamProxy.FinalizeUnmarshalCaddyfile(helper); err != nil {
		return err
	}
	h.UpstreamRaw = caddyconfig.JSONModuleObject(h.upstreamProxy, "handler", "reverse_proxy", nil)
	h.upstreamProxy = nil
	// Checked with the defaults, adapted without them: the JSON says what the
	// Caddyfile says.
	complete := *h
	complete.setDefaults()
	written := h.written
	h.written = nil
	if err := written.errorOf(helper.Dispenser, complete.checkSettings()); err != nil {
		return err
	}
	faults := complete.checkPolicies()
	if len(faults) > 0 {
		if err := errors.Join(h.Policy.partError(), h.Shadow.partError()); err != nil {
			return err
		}
	}
	return written.errorOf(helper.Dispenser, faults) // what the handler's settings make of it
}

func (h *Handler) unmarshalBuiltIn(d *caddyfile.Dispenser) error {
	if !d.NextArg() || d.Val() != "off" {
		return d.Err("built_in needs: off <rules...>")
	}
	return someArgs(d, &h.BuiltIn.Off)
}

func (h *Handler) unmarshalStatus(d *caddyfile.Dispenser) error {
	var s string
	if err := oneArg(d, &s); err != nil {
		return err
	}
	status, err := strconv.Atoi(s)
	if err != nil {
		return d.Errf("success_status %q is not a number", s)
	}
	h.SuccessStatus = status
	return nil
}

func (h *Handler) unmarshalMaxBody(d *caddyfile.Dispenser) error {
	var s string
	if err := oneArg(d, &s); err != nil {
		return err
	}
	size, err := humanize.ParseBytes(s)
	if err != nil {
		return d.Errf("max_body %q is not a size: write one such as 64KiB", s)
	}
	if size == 0 || size > maxMaxBody {
		return d.Errf("max_body %q must be between 1 byte and 1 GiB", s)
	}
	h.MaxBody = int64(size)
	return nil
}

// oneArg reads exactly one argument.
func oneArg(d *caddyfile.Dispenser, to *string) error {
	name := d.Val()
	if !d.AllArgs(to) {
		return d.Errf("%s takes exactly one argument", name)
	}
	if err := noneEmpty(d, name, *to); err != nil {
		return err
	}
	return noBlock(d, name)
}

// someArgs reads at least one argument.
func someArgs(d *caddyfile.Dispenser, to *[]string) error {
	name := d.Val()
	if *to = d.RemainingArgs(); len(*to) == 0 {
		return d.Errf("%s needs at least one argument", name)
	}
	if err := noneEmpty(d, name, *to...); err != nil {
		return err
	}
	return noBlock(d, name)
}

// anyArgs reads any number of arguments; none is an empty list, which is
// something else than nothing written.
func anyArgs(d *caddyfile.Dispenser, to *[]string) error {
	name := d.Val()
	if *to = d.RemainingArgs(); *to == nil {
		*to = []string{}
	}
	if err := noneEmpty(d, name, *to...); err != nil {
		return err
	}
	return noBlock(d, name)
}

// noneEmpty refuses an argument that is empty: it stands for a variable that is
// not set, and would take back what is written.
func noneEmpty(d *caddyfile.Dispenser, name string, args ...string) error {
	if slices.Contains(args, "") {
		return d.Errf("%s has an empty argument: is a variable not set?", name)
	}
	return nil
}

// noBlock refuses a block where there is nothing to put into one.
func noBlock(d *caddyfile.Dispenser, name string) error {
	if d.NextBlock(d.Nesting()) {
		return d.Errf("%s does not take a block", name)
	}
	return nil
}

func duration(d *caddyfile.Dispenser, to *caddy.Duration) error {
	var s string
	if err := oneArg(d, &s); err != nil {
		return err
	}
	value, err := caddy.ParseDuration(s)
	if err != nil {
		return d.Errf("%q is not a duration", s)
	}
	if value <= 0 {
		return d.Errf("duration %q must be more than nothing", s)
	}
	*to = caddy.Duration(value)
	return nil
}

// flag reads a subdirective that is just there.
func flag(d *caddyfile.Dispenser, to *bool) error {
	name := d.Val()
	if d.NextArg() {
		return d.Errf("%s takes no argument", name)
	}
	*to = true
	return noBlock(d, name)
}

// isPlaceholder tells whether a value will only be known later.
func isPlaceholder(s string) bool { return strings.Contains(s, "{") }

// Interface guards
var _ caddyfile.Unmarshaler = (*Handler)(nil)
