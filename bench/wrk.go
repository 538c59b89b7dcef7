package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// crossCheck measures the accepted registration against the bare proxy once more
// with another generator, wrk, as requests a second: nil where it is not there.
func (r *rig) crossCheck(ctx context.Context, rounds int, duration time.Duration) (*Comparison, error) {
	version := versionOf(ctx, "wrk", "-v")
	r.peers = append(r.peers, Peer{"wrk", version})
	if version == "" {
		return nil, nil //nolint:nilnil // left out
	}
	duration = max(duration, time.Second).Round(time.Second) // the unit that it counts in
	measure := func(s scenario) func() (float64, error) {
		return func() (float64, error) { return r.wrk(ctx, s, duration) }
	}
	c, err := alternate("wrk", rounds, measure(r.scenario(accept)), measure(r.scenario(bare)))
	return &c, err
}

func (r *rig) wrk(ctx context.Context, s scenario, duration time.Duration) (float64, error) {
	script, path, err := luaScript(s.request)
	if err != nil {
		return 0, err
	}
	file := filepath.Join(r.state, "wrk-"+s.name+".lua")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		return 0, err
	}
	cmd := onCores(ctx, r.cores.rest, "wrk", "-t1", fmt.Sprintf("-c%d", connections),
		fmt.Sprintf("-d%ds", int(duration.Seconds())), "-s", file, "http://"+r.sites[s.site]+path)
	said, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("wrk: %w: %s", err, said)
	}
	return wrkRate(string(said))
}

// luaScript is a request as wrk is told it.
func luaScript(wire []byte) (script, path string, err error) {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(wire)))
	if err != nil {
		return "", "", err
	}
	var body bytes.Buffer
	if _, err := body.ReadFrom(r.Body); err != nil {
		return "", "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "wrk.method = %q\nwrk.headers[\"Host\"] = %q\nwrk.body = [==[%s]==]\n", r.Method, r.Host, &body)
	for name, values := range r.Header {
		fmt.Fprintf(&b, "wrk.headers[%q] = %q\n", name, values[0])
	}
	return b.String(), r.RequestURI, nil
}

var (
	wrkRequests = regexp.MustCompile(`(?m)^Requests/sec:\s+([\d.]+)`)
	wrkWrong    = regexp.MustCompile(`(?m)^\s*(Non-2xx.*|Socket errors:.*)$`)
)

// wrkRate reads what wrk prints.
func wrkRate(said string) (float64, error) {
	if wrong := wrkWrong.FindString(said); wrong != "" {
		return 0, errors.New("wrk: " + strings.TrimSpace(wrong))
	}
	found := wrkRequests.FindStringSubmatch(said)
	if found == nil {
		return 0, fmt.Errorf("wrk printed no rate: %s", said)
	}
	return strconv.ParseFloat(found[1], 64)
}
