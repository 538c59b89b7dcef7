package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"time"
)

//go:embed Caddyfile
var measuredCaddyfile string

// rig is what is running: the measured Caddy with its upstream.
type rig struct {
	caddy, upstream *process
	sites           map[string]string // addresses, by the name of the site
	admin           string
	cores           cores
	state           string // where Caddy keeps its state
}

// start starts everything and waits until every scenario is answered as it
// should be.
func start(ctx context.Context, reply []byte) (_ *rig, err error) {
	r := &rig{}
	defer func() {
		if err != nil {
			r.stop()
		}
	}()
	if r.cores, err = pin(ctx); err != nil {
		return nil, err
	}
	if r.state, err = os.MkdirTemp("", "bench"); err != nil {
		return nil, err
	}
	addresses, err := freeAddresses(5)
	if err != nil {
		return nil, err
	}
	r.admin = addresses[0]
	r.sites = map[string]string{bare: addresses[1], gateway: addresses[2], respond: addresses[3]}
	server := addresses[4]
	if r.upstream, err = run(ctx, r.cores.rest, bytes.NewReader(reply), nil, roleUpstream, server); err != nil {
		return nil, err
	}
	if err := await(ctx, r.upstream, server); err != nil {
		return nil, err
	}
	environment := append(settings(server, r.sites), "BENCH_ADMIN="+r.admin, "XDG_DATA_HOME="+r.state, "XDG_CONFIG_HOME="+r.state)
	if err := validate(ctx, environment); err != nil {
		return nil, err
	}
	r.caddy, err = run(ctx, r.cores.measured, strings.NewReader(measuredCaddyfile), environment,
		roleCaddy, "run", "--config", "-", "--adapter", "caddyfile")
	if err != nil {
		return nil, err
	}
	for _, s := range scenarios() {
		if err := await(ctx, r.caddy, r.sites[s.site]); err != nil {
			return nil, err
		}
		if err := prove(ctx, r.sites[s.site], s); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *rig) stop() {
	for _, p := range []*process{r.caddy, r.upstream} {
		if p != nil {
			p.stop()
		}
	}
	if r.state != "" {
		_ = os.RemoveAll(r.state)
	}
}

// settings are the variables of the Caddyfile, for an environment.
func settings(upstream string, sites map[string]string) []string {
	port := func(site string) string {
		_, port, _ := net.SplitHostPort(sites[site]) // which freeAddresses made
		return port
	}
	return []string{
		"BENCH_UPSTREAM=" + upstream,
		"BENCH_BARE=" + port(bare),
		"BENCH_GATEWAY=" + port(gateway),
		"BENCH_RESPOND=" + port(respond),
		"BENCH_ISSUER=" + issuer,
		"BENCH_AUDIENCE=" + audience,
		"BENCH_SECRET=\"" + secret + "\"",
		"BENCH_CREDENTIAL=" + strings.Repeat("credential", 60), // as long as an access token of Keycloak's
	}
}

// validate has the Caddyfile checked by a process that can say what is wrong:
// the measured one's log goes nowhere.
func validate(ctx context.Context, environment []string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
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
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	return fmt.Errorf("nothing listens on %s", address)
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
