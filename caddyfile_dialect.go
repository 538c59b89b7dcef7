package smartregistration

import "github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

// unmarshalDialect reads a dialect and, where it has versions, the server's.
func (h *Handler) unmarshalDialect(d *caddyfile.Dispenser) error {
	arguments := d.RemainingArgs()
	if err := noneEmpty(d, "dialect", arguments...); err != nil {
		return err
	}
	switch len(arguments) {
	case 2:
		h.Version = arguments[1]
		fallthrough
	case 1:
		h.Dialect = arguments[0]
		return noBlock(d, "dialect")
	default:
		return d.Errf("dialect needs keycloak, with a version or without, or generic")
	}
}
