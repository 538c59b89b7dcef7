package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Keycloak is what a real one does alone, behind the gateway, and where the
// gateway refuses in its place.
type Keycloak struct {
	Version string `json:"version"`
	// Registrations a second of 16 callers, and the median of what they take at
	// keycloakRate a second in milliseconds: behind the gateway against alone.
	Registrations Comparison `json:"registrations"`
	P50           Comparison `json:"p50"`
	// Refusals a second: the gateway's against Keycloak's own.
	RefuseToken  Comparison `json:"refuse_token"`
	RefusePolicy Comparison `json:"refuse_policy"`
	// Flood is Keycloak alone under the flood.
	Flood *Flood `json:"flood"`
}

// keycloakRate is of registrations a second that one core of a Keycloak has time
// for.
const keycloakRate = 30

// keycloak measures a real Keycloak on the measured core, with the gateway on the
// other one: what is asked is what the gateway costs, not what a core costs that
// both would share. A gateway that refuses, on the other hand, does so on the
// measured core: there each has as much as the other, and has it to itself.
func (r *rig) keycloak(ctx context.Context, p plan) (_ *Keycloak, err error) {
	k, err := r.startKeycloak(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, k.server.Stop()) }()
	for _, s := range []scenario{k.alone, k.badToken, k.badScope, k.behind} {
		if _, err := k.rate(ctx, r.sites[s.site], s, p.warmUp); err != nil {
			return nil, err
		}
	}
	result := &Keycloak{Version: k.server.Version()}
	return result, k.measure(ctx, p, result)
}

func (k *realKeycloak) measure(ctx context.Context, p plan, result *Keycloak) (err error) {
	rate := func(s scenario, duration time.Duration) func() (float64, error) {
		return func() (float64, error) { return k.rate(ctx, k.sites[s.site], s, duration) }
	}
	p50 := func(s scenario) func() (float64, error) {
		return func() (float64, error) { return k.p50(ctx, s, p.keycloakOpen) }
	}
	for _, c := range []struct {
		name          string
		into          *Comparison
		subject, base func() (float64, error)
	}{
		{"keycloak", &result.Registrations, rate(k.behind, p.keycloakFor), rate(k.alone, p.keycloakFor)},
		{"keycloak_p50", &result.P50, p50(k.behind), p50(k.alone)},
		{"refuse_token_vs_keycloak", &result.RefuseToken, k.asleep(rate(k.scenario(refuseToken), p.refuseFor)), rate(k.badToken, p.refuseFor)},
		{"refuse_policy_vs_keycloak", &result.RefusePolicy, k.asleep(rate(k.scenario(refuseScope), p.refuseFor)), rate(k.badScope, p.refuseFor)},
	} {
		if *c.into, err = alternate(c.name, p.keycloakRounds, c.subject, c.base); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	result.Flood, err = k.flood(ctx, flooded{
		name: "keycloak_flood", address: k.sites[siteKeycloak], good: k.alone, bad: k.badToken, goodRate: goodRateKeycloak,
		seen: k.remember, tolerant: true,
	}, p.keycloakFloods, p.floodFor)
	return err
}

// asleep is a measurement that Keycloak has no part in, with Keycloak stopped: it
// would go on compiling what it was asked before, on the measured core.
func (k *realKeycloak) asleep(measure func() (float64, error)) func() (float64, error) {
	return func() (value float64, err error) {
		thaw, err := k.server.Freeze()
		if err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, thaw()) }()
		return measure()
	}
}

// rate is how many requests a second are answered.
func (k *realKeycloak) rate(ctx context.Context, address string, s scenario, duration time.Duration) (float64, error) {
	var seen func([]byte)
	if s.status == http.StatusCreated {
		seen = k.remember
	}
	requests, elapsed, err := drive(ctx, address, s, duration, seen)
	if err != nil {
		return 0, err
	}
	return float64(requests) / elapsed.Seconds(), k.forget(ctx)
}

// p50 is the median of what registrations take that come at a constant rate.
func (k *realKeycloak) p50(ctx context.Context, s scenario, duration time.Duration) (float64, error) {
	a, err := attack(ctx, k.sites[s.site], s, keycloakRate, duration, k.remember)
	if err := errors.Join(err, a.right()); err != nil {
		return 0, err
	}
	return a.P50, k.forget(ctx)
}
