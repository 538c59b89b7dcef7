package main

import (
	"context"
	"strings"
)

// logSampling bounds Caddy's log as docs/performance.md has operators do it who
// expect a flood: of the lines that say the same thing, a hundred a second.
const logSampling = `persist_config off
	log {
		sampling {
			interval 1s
			first 100
			thereafter 100
		}
	}`

// sampledCaddyfile is the gateway's site with a log that is bounded.
func sampledCaddyfile() string {
	return strings.Replace(caddyfileOf(gateway), "persist_config off", logSampling, 1)
}

// startSampled starts a second Caddy beside the measured one, on its core, since
// a log is the whole process's.
func (r *rig) startSampled(ctx context.Context) error {
	second, err := r.startAlone(ctx, r.cores.measured, gateway, sampledCaddyfile())
	if err != nil {
		return err
	}
	r.sites[sampled], r.serving[sampled] = second.address, second.process
	return await(ctx, second.process, second.address)
}
