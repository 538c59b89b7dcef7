package smartregistration

import "github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

// unmarshalCORS reads the origins, and refuses those that are none where they
// stand.
func (h *Handler) unmarshalCORS(d *caddyfile.Dispenser) error {
	if err := someArgs(d, &h.CORS); err != nil {
		return err
	}
	if err := h.checkCORS(); err != nil {
		return d.WrapErr(err)
	}
	return nil
}
