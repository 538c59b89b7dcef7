package sandbox

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

func init() {
	httpcaddyfile.RegisterHandlerDirective("smart_registration_sandbox", parseCaddyfile)
	// The sandbox takes the place of the server that reverse_proxy would reach:
	// whatever guards, rewrites or encodes in the same site comes before it.
	httpcaddyfile.RegisterDirectiveOrder("smart_registration_sandbox", httpcaddyfile.Before, "reverse_proxy")
}

func parseCaddyfile(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	s := new(Sandbox)
	if err := s.UnmarshalCaddyfile(h.Dispenser); err != nil {
		return nil, err
	}
	return s, nil
}

// UnmarshalCaddyfile sets up the handler from Caddyfile tokens. Syntax:
//
//	smart_registration_sandbox [<matcher>] {
//	    realm           <name>
//	    hostname        <url>
//	    proxy_headers
//	    scopes          <scope...>
//	    service_account <client_id> <client_secret>
//	}
func (s *Sandbox) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // the directive's name
	if d.NextArg() {
		return d.ArgErr()
	}
	seen := make(map[string]bool)
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		name := d.Val()
		if seen[name] {
			return d.Errf("%s is given twice", name)
		}
		seen[name] = true
		args := d.RemainingArgs()
		switch name {
		case "realm":
			if len(args) != 1 {
				return d.ArgErr()
			}
			s.Realm = args[0]
		case "hostname":
			if len(args) != 1 {
				return d.ArgErr()
			}
			s.Hostname = args[0]
		case "proxy_headers":
			if len(args) != 0 {
				return d.ArgErr()
			}
			s.ProxyHeaders = true
		case "scopes":
			if len(args) == 0 {
				return d.ArgErr()
			}
			s.Scopes = args
		case "service_account":
			if len(args) != 2 {
				return d.ArgErr()
			}
			s.ServiceAccount = &ServiceAccount{ClientID: args[0], ClientSecret: args[1]}
		default:
			return d.Errf("unrecognized subdirective %q", name)
		}
	}
	return nil
}

// Interface guards
var _ caddyfile.Unmarshaler = (*Sandbox)(nil)
