package smartregistration

import (
	"strconv"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

// unmarshalCaddyfile reads the block offered.
func (o *OfferedScopes) unmarshalCaddyfile(d *caddyfile.Dispenser) error {
	return block(d, func(name string) error {
		switch name {
		case "from":
			return oneArg(d, &o.From)
		case "list":
			return someArgs(d, &o.List)
		case "unknown":
			return oneArg(d, &o.Unknown)
		case "refresh":
			return duration(d, &o.Refresh)
		case "expand":
			return o.unmarshalExpand(d)
		default:
			return d.Errf("unrecognized subdirective %q of offered", name)
		}
	}, o.check)
}

func (o *OfferedScopes) unmarshalExpand(d *caddyfile.Dispenser) error {
	o.Expand = defaultExpand
	if d.NextArg() {
		n, err := strconv.Atoi(d.Val())
		if err != nil || n < 1 {
			return d.Errf("expand %q must be a number of scopes, 1 or more", d.Val())
		}
		o.Expand = n
	}
	if d.NextArg() {
		return d.ArgErr()
	}
	return noBlock(d, "expand")
}
