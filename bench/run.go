package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/caddy-smart/smartregistration/internal/keycloaktest"
)

// run measures everything, one thing after the other.
func run(ctx context.Context, o options) (*Results, error) {
	p := full(o.rounds, o.duration)
	if o.quick {
		p = once()
	}
	replies, err := recordedReplies("testdata")
	if err != nil {
		return nil, err
	}
	results := &Results{Command: command()}
	if !o.quick {
		// Before this process is pinned, for the compiler's sake.
		if results.Allocations, err = allocations(ctx); err != nil {
			return nil, err
		}
	}
	rig, err := start(ctx, replies)
	if err != nil {
		return nil, err
	}
	defer rig.stop()
	results.Environment = environment(rig)
	for _, stage := range stages(rig, o, p, results) {
		began := time.Now()
		if err := stage.measure(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", stage.name, err)
		}
		fmt.Fprintf(os.Stderr, "bench: %s: %s\n", stage.name, time.Since(began).Round(time.Second/10))
	}
	results.Environment.Peers = rig.peers
	results.summarize(rig.scenarios)
	return results, nil
}

type stage struct {
	name    string
	measure func(ctx context.Context) error
}

// stages are the parts of a run. Memory comes after the rounds, which have had
// the measured process do all that it ever does.
func stages(r *rig, o options, p plan, results *Results) []stage {
	all := []stage{
		{"scenarios", func(ctx context.Context) (err error) {
			results.Rounds, err = measure(ctx, r, p.rounds, p.duration)
			return err
		}},
		{"wrk", func(ctx context.Context) (err error) {
			results.CrossCheck, err = r.crossCheck(ctx, p.wrkRounds, p.duration)
			return err
		}},
		{"flood", func(ctx context.Context) (err error) {
			results.Flood, err = r.floodGateway(ctx, p.floodRounds, p.floodFor)
			return err
		}},
		{"flood, one core", func(ctx context.Context) (err error) {
			results.FloodOneCore, err = r.floodOneCore(ctx, p.floodRounds, p.floodFor)
			return err
		}},
		{"flood beside", func(ctx context.Context) (err error) {
			results.FloodBeside, err = r.floodBeside(ctx, p.floodRounds, p.floodFor)
			return err
		}},
		{"memory", func(ctx context.Context) (err error) {
			results.Memory, err = r.memory(ctx, p.memoryFor, p.uploads)
			return err
		}},
		{"cold start", func(ctx context.Context) (err error) {
			results.ColdStart, err = r.coldStart(ctx, p.coldStarts)
			return err
		}},
		{"decisions", func(context.Context) (err error) {
			if err := setBenchtime(p.benchtime); err != nil {
				return err
			}
			results.Deciding, err = decide(p.deciding)
			return err
		}},
	}
	if err := keycloaktest.Available(); o.keycloak && err == nil {
		all = append(all, stage{"keycloak", func(ctx context.Context) (err error) {
			results.Keycloak, err = r.keycloak(ctx, p)
			return err
		}})
	}
	if o.profile != "" {
		all = append(all, stage{"profiles", func(ctx context.Context) error {
			return takeProfiles(ctx, r, o.profile, p.duration)
		}})
	}
	return all
}
