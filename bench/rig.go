package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"time"
)

// rig is what is running: the measured Caddy and its peers, with their upstream.
type rig struct {
	self            string // this binary
	caddy, upstream *process
	server          string              // the upstream's address
	sites           map[string]string   // addresses, by the name of the site
	serving         map[string]*process // and who serves it, if not the measured Caddy
	running         []*process          // all of them
	admin           string
	cores           cores
	state           string // where all keep their state
	peers           []Peer
	scenarios       []scenario // those whose site is there
}

// start starts everything and waits until every scenario is answered as it
// should be.
func start(ctx context.Context, replies map[string][]byte) (_ *rig, err error) {
	r := &rig{sites: make(map[string]string), serving: make(map[string]*process)}
	defer func() {
		if err != nil {
			r.stop()
		}
	}()
	if r.self, err = os.Executable(); err != nil {
		return nil, err
	}
	if r.cores, err = pin(ctx); err != nil {
		return nil, err
	}
	if r.state, err = os.MkdirTemp("", "bench"); err != nil {
		return nil, err
	}
	k, err := newKeys()
	if err != nil {
		return nil, err
	}
	if err := k.write(r.state); err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context) error{
		func(ctx context.Context) error { return r.startUpstream(ctx, replies) },
		r.startMeasured,
		r.startSampled,
		func(ctx context.Context) error { return r.startPeers(ctx, r.server) },
		func(ctx context.Context) error { return r.proveAll(ctx, k) },
	} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *rig) startUpstream(ctx context.Context, replies map[string][]byte) error {
	addresses, err := freeAddresses(1)
	if err != nil {
		return err
	}
	input, err := json.Marshal(replies)
	if err != nil {
		return err
	}
	r.server = addresses[0]
	if r.upstream, err = spawn(ctx, r.cores.rest, bytes.NewReader(input), nil, r.self, roleUpstream, r.server); err != nil {
		return err
	}
	r.running = append(r.running, r.upstream)
	return await(ctx, r.upstream, r.server)
}

func (r *rig) startMeasured(ctx context.Context) error {
	addresses, err := freeAddresses(1 + len(caddySites))
	if err != nil {
		return err
	}
	r.admin = addresses[0]
	for i, site := range caddySites {
		r.sites[site] = addresses[1+i]
	}
	environment := settings(r.server, r.sites, r.admin, r.state)
	if err := validate(ctx, r.self, environment); err != nil {
		return err
	}
	r.caddy, err = r.startCaddy(ctx, r.cores.measured, measuredCaddyfile, environment)
	if err != nil {
		return err
	}
	for _, site := range caddySites {
		if err := await(ctx, r.caddy, r.sites[site]); err != nil {
			return err
		}
	}
	return nil
}

// startCaddy starts a Caddy, which stops with the rig.
func (r *rig) startCaddy(ctx context.Context, cores, caddyfile string, environment []string) (*process, error) {
	p, err := spawn(ctx, cores, strings.NewReader(caddyfile), environment,
		r.self, roleCaddy, "run", "--config", "-", "--adapter", "caddyfile")
	if err == nil {
		r.running = append(r.running, p)
	}
	return p, err
}

// lone is a Caddy with one of the sites.
type lone struct {
	*process
	address, admin string
}

// startAlone starts a Caddy with one of the sites, as the Caddyfile has it, and
// does not wait until it listens.
func (r *rig) startAlone(ctx context.Context, cores, site, caddyfile string) (*lone, error) {
	addresses, err := freeAddresses(2)
	if err != nil {
		return nil, err
	}
	l := &lone{address: addresses[0], admin: addresses[1]}
	l.process, err = r.startCaddy(ctx, cores, caddyfile, settings(r.server, map[string]string{site: l.address}, l.admin, r.state))
	return l, err
}

// startUnpinned starts a Caddy with the gateway alone that has all cores, as one has
// that nobody pins.
func (r *rig) startUnpinned(ctx context.Context) (*lone, error) {
	l, err := r.startAlone(ctx, r.cores.all(), gateway, caddyfileOf(gateway))
	if err != nil {
		return nil, err
	}
	return l, await(ctx, l.process, l.address)
}

// proveAll sees that every scenario is answered as it should be.
func (r *rig) proveAll(ctx context.Context, k keys) error {
	all, err := scenarios(k)
	if err != nil {
		return err
	}
	for _, s := range all {
		address, there := r.sites[s.site]
		if !there {
			continue
		}
		if err := prove(ctx, address, s); err != nil {
			return err
		}
		r.scenarios = append(r.scenarios, s)
	}
	return nil
}

// scenario that there always is.
func (r *rig) scenario(name string) scenario {
	for _, s := range r.scenarios {
		if s.name == name {
			return s
		}
	}
	panic("there is no scenario " + name)
}

func (r *rig) stop() {
	for _, p := range r.running {
		p.stop()
	}
	if r.state != "" {
		_ = os.RemoveAll(r.state)
	}
}

// validate has the Caddyfile checked by a process that can say what is wrong:
// the measured one's log goes nowhere.
func validate(ctx context.Context, self string, environment []string) error {
	check := exec.CommandContext(ctx, self, roleCaddy, "validate", "--config", "-", "--adapter", "caddyfile")
	check.Stdin = strings.NewReader(measuredCaddyfile)
	check.Env = append(os.Environ(), environment...)
	if said, err := check.CombinedOutput(); err != nil {
		return fmt.Errorf("the Caddyfile is not valid: %w\n%s", err, said)
	}
	return nil
}

// await returns when something listens on an address.
func await(ctx context.Context, p *process, address string) error {
	var dialer net.Dialer
	for deadline := time.Now().Add(patience); time.Now().Before(deadline) && !p.hasEnded(); {
		conn, err := dialer.DialContext(ctx, "tcp", address)
		if err == nil {
			return conn.Close()
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
	return fmt.Errorf("nothing listens on %s", address)
}

// pause waits, or less when the run is to end.
func pause(ctx context.Context, duration time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(duration):
		return nil
	}
}

// freeAddresses are loopback addresses that nobody listens on now.
func freeAddresses(n int) (addresses []string, err error) {
	var held []io.Closer
	defer func() {
		for _, l := range held {
			err = errors.Join(err, l.Close())
		}
	}()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // at once
		if err != nil {
			return nil, err
		}
		held = append(held, l)
		addresses = append(addresses, l.Addr().String())
	}
	return addresses, nil
}
