package main

import (
	"context"
	"os"
	"slices"
	"time"
)

// Round is one measurement of one scenario.
type Round struct {
	Round    int    `json:"round"`
	Scenario string `json:"scenario"`
	// Beside is the scenario that it was measured for: itself, or the one that is
	// compared with it.
	Beside     string  `json:"beside"`
	Requests   int     `json:"requests"`
	Seconds    float64 `json:"seconds"`
	Throughput float64 `json:"throughput"` // requests a second
	// Microseconds of CPU per request, of each process.
	CPU          float64 `json:"cpu"` // the measured one
	CPUUpstream  float64 `json:"cpu_upstream"`
	CPUGenerator float64 `json:"cpu_generator"`
}

// measure goes through all scenarios in turn, rounds times, after a turn that
// does not count: connections to the upstream are made in it, and pools filled.
// Each is measured beside the one that it is compared with, before it in one
// round and after it in the next.
func measure(ctx context.Context, r *rig, rounds int, duration time.Duration) ([]Round, error) {
	var measured []Round
	for i := range rounds + 1 {
		for _, s := range r.scenarios {
			if s.against == "" {
				continue
			}
			pair := []scenario{r.scenario(s.against), s}
			if i%2 == 0 {
				slices.Reverse(pair)
			}
			for _, one := range pair {
				m, err := measureOnce(ctx, r, one, duration)
				if err != nil {
					return nil, err
				}
				if m.Round, m.Beside = i, s.name; i > 0 {
					measured = append(measured, m)
				}
			}
		}
	}
	return measured, nil
}

func measureOnce(ctx context.Context, r *rig, s scenario, duration time.Duration) (Round, error) {
	before, err := r.cpuTimes(s.site)
	if err != nil {
		return Round{}, err
	}
	requests, elapsed, err := drive(ctx, r.sites[s.site], s, duration, nil)
	if err != nil {
		return Round{}, err
	}
	after, err := r.cpuTimes(s.site)
	if err != nil {
		return Round{}, err
	}
	perRequest := func(i int) float64 {
		return float64((after[i] - before[i]).Microseconds()) / float64(requests)
	}
	return Round{
		Scenario: s.name, Requests: requests, Seconds: elapsed.Seconds(),
		Throughput: float64(requests) / elapsed.Seconds(),
		CPU:        perRequest(0), CPUUpstream: perRequest(1), CPUGenerator: perRequest(2),
	}, nil
}

// cpuTimes are those of the process that serves a site, of the upstream, and of
// this one.
func (r *rig) cpuTimes(site string) (times [3]time.Duration, err error) {
	measured := r.caddy
	if other, there := r.serving[site]; there {
		measured = other
	}
	for i, pid := range []int{measured.cmd.Process.Pid, r.upstream.cmd.Process.Pid, os.Getpid()} {
		if times[i], err = cpuTime(pid); err != nil {
			return times, err
		}
	}
	return times, nil
}
