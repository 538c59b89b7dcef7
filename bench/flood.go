package main

import (
	"cmp"
	"context"
	"time"
)

// The rates of the flood, requests a second.
const (
	floodRate = 5000
	goodRate  = 100
	// goodRateKeycloak is less, since a real server on one core does not make a
	// hundred registrations a second even when nobody else is there.
	goodRateKeycloak = 20
)

// Flood is what good requests notice of a flood of bad ones.
type Flood struct {
	GoodRate int `json:"good_rate"`
	// P99 is the good requests' 99th percentile in milliseconds, under the flood
	// and without it.
	P99 Comparison `json:"p99"`
	// Sent is how many bad requests a second there were.
	Sent Spread   `json:"sent"`
	Good []Attack `json:"good"` // all of them, in the order of time
	Bad  []Attack `json:"bad"`
}

// flooded is what is measured: where, and with what.
type flooded struct {
	name      string
	address   string // of the good ones
	badTo     string // and of the bad ones; "": the same
	good, bad scenario
	goodRate  int
	seen      func([]byte)
	tolerant  bool // of a server that does not answer all of it
}

// flood measures good requests with a flood and without.
func (r *rig) flood(ctx context.Context, at flooded, rounds int, duration time.Duration) (*Flood, error) {
	f := &Flood{GoodRate: at.goodRate}
	good := func() (float64, error) {
		a, err := attack(ctx, at.address, at.good, at.goodRate, duration, at.seen)
		if err == nil && !at.tolerant {
			err = a.right()
		}
		f.Good = append(f.Good, a)
		return a.P99, err
	}
	under := func() (float64, error) {
		const ahead = 500 * time.Millisecond // until it flows
		ctx, end := context.WithCancel(ctx)
		defer end() // also when something else fails
		wait, err := r.startFlood(ctx, cmp.Or(at.badTo, at.address), at.bad, floodRate, duration+2*ahead)
		if err != nil {
			return 0, err
		}
		if err := pause(ctx, ahead); err != nil {
			return 0, err
		}
		p99, err := good()
		if err != nil {
			return 0, err
		}
		bad, err := wait()
		if err == nil && !at.tolerant {
			err = bad.right()
		}
		f.Bad = append(f.Bad, bad)
		return p99, err
	}
	var err error
	if f.P99, err = alternate(at.name, rounds, under, good); err != nil {
		return nil, err
	}
	sent := make([]float64, len(f.Bad))
	for i, a := range f.Bad {
		sent[i] = a.Sent
	}
	f.Sent = spreadOf(sent)
	return f, nil
}

// floodGateway is the flood at the gateway: bad tokens, as strangers send them.
func (r *rig) floodGateway(ctx context.Context, rounds int, duration time.Duration) (*Flood, error) {
	caddy, err := r.startUnpinned(ctx)
	if err != nil {
		return nil, err
	}
	defer caddy.stop()
	return r.flood(ctx, flooded{
		name: "flood", address: caddy.address, good: r.scenario(accept), bad: r.scenario(refuseToken), goodRate: goodRate,
	}, rounds, duration)
}

// floodOneCore is the same at the measured Caddy, which has one core.
func (r *rig) floodOneCore(ctx context.Context, rounds int, duration time.Duration) (*Flood, error) {
	return r.flood(ctx, flooded{
		name: "flood_one_core", address: r.sites[gateway], good: r.scenario(accept), bad: r.scenario(refuseToken), goodRate: goodRate,
	}, rounds, duration)
}

// floodBeside has the same flood refused by Caddy's own respond, beside the good
// requests to the gateway: what refusing costs the gateway is not in it, so it is
// the least that a flood can do to them on one core.
func (r *rig) floodBeside(ctx context.Context, rounds int, duration time.Duration) (*Flood, error) {
	return r.flood(ctx, flooded{
		name: "flood_beside", address: r.sites[gateway], badTo: r.sites[respond],
		good: r.scenario(accept), bad: r.scenario(respond), goodRate: goodRate,
	}, rounds, duration)
}
