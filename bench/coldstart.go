package main

import (
	"context"
	"fmt"
	"time"
)

// coldStart measures how long it takes from the start of a process to its first
// answer, in milliseconds: a Caddy with the gateway alone against one with the
// bare proxy alone.
func (r *rig) coldStart(ctx context.Context, rounds int) (*Comparison, error) {
	c, err := alternate("cold_start", rounds,
		func() (float64, error) { return r.firstAnswer(ctx, gateway, r.scenario(accept)) },
		func() (float64, error) { return r.firstAnswer(ctx, bare, r.scenario(bare)) },
	)
	return &c, err
}

func (r *rig) firstAnswer(ctx context.Context, site string, s scenario) (float64, error) {
	begin := time.Now()
	caddy, err := r.startAlone(ctx, r.cores.measured, site, caddyfileOf(site))
	if err != nil {
		return 0, err
	}
	defer caddy.stop()
	for !caddy.hasEnded() && time.Since(begin) < patience {
		if err := prove(ctx, caddy.address, s); err == nil {
			return float64(time.Since(begin)) / float64(time.Millisecond), nil
		}
		if err := pause(ctx, time.Millisecond/2); err != nil {
			return 0, err
		}
	}
	return 0, fmt.Errorf("the site %s did not come up", site)
}
