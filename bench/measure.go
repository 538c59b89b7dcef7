package main

import (
	"context"
	"os"
	"time"
)

// Round is one measurement of one scenario.
type Round struct {
	Round      int     `json:"round"`
	Scenario   string  `json:"scenario"`
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
func measure(ctx context.Context, r *rig, rounds int, duration time.Duration) ([]Round, error) {
	var measured []Round
	for i := range rounds + 1 {
		for _, s := range scenarios() {
			m, err := measureOnce(ctx, r, s, duration)
			if err != nil {
				return nil, err
			}
			if m.Round = i; i > 0 {
				measured = append(measured, m)
			}
		}
	}
	return measured, nil
}

func measureOnce(ctx context.Context, r *rig, s scenario, duration time.Duration) (Round, error) {
	before, err := r.cpuTimes()
	if err != nil {
		return Round{}, err
	}
	requests, elapsed, err := drive(ctx, r.sites[s.site], s, duration)
	if err != nil {
		return Round{}, err
	}
	after, err := r.cpuTimes()
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

// cpuTimes are those of the measured process, of the upstream, and of this one.
func (r *rig) cpuTimes() (times [3]time.Duration, err error) {
	for i, pid := range []int{r.caddy.cmd.Process.Pid, r.upstream.cmd.Process.Pid, os.Getpid()} {
		if times[i], err = cpuTime(pid); err != nil {
			return times, err
		}
	}
	return times, nil
}
