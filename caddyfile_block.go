package smartregistration

import (
	"errors"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

// once refuses what is written twice: which of the two counts is a guess. It knows
// where the subdirectives of a block stand.
type once map[string]caddyfile.Dispenser

func (o once) mark(d *caddyfile.Dispenser) error {
	if _, twice := o[d.Val()]; twice {
		return d.Errf("%s is written twice", d.Val())
	}
	o[d.Val()] = *d
	return nil
}

// errorOf is all that is wrong, each with the line of the subdirective that it is
// about, or with that of the block where it is about one that is not written.
func (o once) errorOf(block *caddyfile.Dispenser, faults []fault) error {
	var errs []error
	for _, f := range faults {
		at, written := o[f.setting]
		if !written {
			at = *block
		}
		if f.err != nil {
			errs = append(errs, at.WrapErr(f.err))
		}
	}
	return errors.Join(errs...)
}

// block reads a block of subdirectives, each at most once, and checks what was
// read, where there is a check. There must be no arguments before it.
func block(d *caddyfile.Dispenser, subdirective func(name string) error, check func() []fault) error {
	if d.NextArg() {
		return d.ArgErr()
	}
	opening, name, seen := *d, d.Val(), once{}
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		if err := seen.mark(d); err != nil {
			return err
		}
		if err := subdirective(d.Val()); err != nil {
			return err
		}
	}
	if len(seen) == 0 {
		return d.Errf("%s needs a block with something in it", name)
	}
	if check == nil {
		return nil
	}
	return seen.errorOf(&opening, check())
}
