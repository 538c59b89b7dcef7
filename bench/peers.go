package main

import (
	"context"
	_ "embed"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"text/template"
)

var (
	//go:embed nginx.conf.tmpl
	nginxConf string
	//go:embed haproxy.cfg.tmpl
	haproxyConf string
)

// Peer is another program on this machine.
type Peer struct {
	Name string `json:"name"`
	// Version as it says itself. "": it is not here, and what it would have been
	// measured for is left out.
	Version string `json:"version"`
}

// proxies are the peers that requests go through, by the name of their site.
// Each runs as one process in the foreground, with its files in a directory of
// its own.
var proxies = []struct {
	site, configuration string
	command             func(directory, file string) []string
}{
	{peerNginx, nginxConf, func(directory, file string) []string {
		return []string{"nginx", "-p", directory, "-e", "/dev/null", "-c", file}
	}},
	{peerHAProxy, haproxyConf, func(_, file string) []string { return []string{"haproxy", "-db", "-f", file} }},
}

// startPeers starts the proxies that are on this machine beside the measured
// Caddy, on its core: of all that are there, one at a time has something to do.
func (r *rig) startPeers(ctx context.Context, upstream string) error {
	for _, proxy := range proxies {
		peer := Peer{proxy.site, versionOf(ctx, proxy.site, "-v")}
		r.peers = append(r.peers, peer)
		if peer.Version == "" {
			continue
		}
		addresses, err := freeAddresses(1)
		if err != nil {
			return err
		}
		directory := filepath.Join(r.state, proxy.site)
		if err := os.Mkdir(directory, 0o700); err != nil {
			return err
		}
		file := filepath.Join(directory, "configuration")
		if err := fill(file, proxy.configuration, addresses[0], upstream); err != nil {
			return err
		}
		p, err := spawn(ctx, r.cores.measured, nil, nil, proxy.command(directory, file)...)
		if err != nil {
			return err
		}
		r.running = append(r.running, p)
		r.sites[proxy.site], r.serving[proxy.site] = addresses[0], p
		if err := await(ctx, p, addresses[0]); err != nil {
			return err
		}
	}
	return nil
}

// fill writes a proxy's configuration.
func fill(file, configuration, address, upstream string) error {
	text, err := template.New(filepath.Base(file)).Parse(configuration)
	if err != nil {
		return err
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	return text.Execute(f, map[string]string{
		"Address": address, "Upstream": upstream, "Issuer": issuer, "Audience": audience, "Secret": secret,
	})
}

var versionNumber = regexp.MustCompile(`\d+\.\d+\S*`)

// versionOf is what a program says of itself, "" if it is not on this machine.
// How it ends is of no interest: wrk fails after it.
func versionOf(ctx context.Context, program, option string) string {
	if _, err := exec.LookPath(program); err != nil {
		return ""
	}
	said, _ := exec.CommandContext(ctx, program, option).CombinedOutput()
	return versionNumber.FindString(string(said))
}
