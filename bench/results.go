package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
)

// Results are what a run keeps.
type Results struct {
	Command     string      `json:"command"`
	Environment Environment `json:"environment"`
	// Ratios are throughputs against the bare proxy's: the medians, by scenario.
	Ratios map[string]float64 `json:"ratios"`
	// Deciding are the costs of decisions by themselves.
	Deciding []Deciding `json:"deciding"`
	Figures  []Figure   `json:"figures"`
	Rounds   []Round    `json:"rounds"`
}

// Figure is what the rounds say about one scenario.
type Figure struct {
	Scenario string `json:"scenario"`
	Meaning  string `json:"meaning"`
	// Ratio is the throughput divided by the bare proxy's in the same round.
	Ratio      Spread `json:"ratio"`
	Throughput Spread `json:"throughput"`
	// Microseconds of CPU per request; Added is what the measured process needs
	// more than for the bare proxy in the same round.
	CPU          Spread `json:"cpu"`
	CPUAdded     Spread `json:"cpu_added"`
	CPUUpstream  Spread `json:"cpu_upstream"`
	CPUGenerator Spread `json:"cpu_generator"`
	// Busy is how much of a core the measured process had: 1 when it was what
	// limited the throughput, less when somebody else took the time.
	Busy Spread `json:"busy"`
}

// summarize works the figures out of the rounds.
func (r *Results) summarize() {
	base := make(map[int]Round) // the bare proxy, by round
	for _, m := range r.Rounds {
		if m.Scenario == bare {
			base[m.Round] = m
		}
	}
	r.Ratios = make(map[string]float64)
	cost := make(map[string]float64)
	for _, d := range r.Deciding {
		cost[d.Case] = d.Nanoseconds
	}
	if len(cost) > 0 {
		r.Ratios["policy_growth"] = rounded(cost["decide_hosts"]/cost["decide"], 3)
		r.Ratios["narrow_growth"] = rounded(cost["narrow_realm"]/cost["narrow"], 3)
		r.Ratios["scope_growth"] = rounded(cost["decide_offered_many"]/cost["decide_offered"], 3)
	}
	for _, s := range scenarios() {
		over := func(value func(m, base Round) float64) Spread {
			var values []float64
			for _, m := range r.Rounds {
				if m.Scenario == s.name {
					values = append(values, value(m, base[m.Round]))
				}
			}
			return spreadOf(values)
		}
		f := Figure{
			Scenario: s.name, Meaning: s.meaning,
			Ratio:        over(func(m, base Round) float64 { return m.Throughput / base.Throughput }),
			Throughput:   over(func(m, _ Round) float64 { return m.Throughput }),
			CPU:          over(func(m, _ Round) float64 { return m.CPU }),
			CPUAdded:     over(func(m, base Round) float64 { return m.CPU - base.CPU }),
			CPUUpstream:  over(func(m, _ Round) float64 { return m.CPUUpstream }),
			CPUGenerator: over(func(m, _ Round) float64 { return m.CPUGenerator }),
			Busy:         over(func(m, _ Round) float64 { return m.CPU * m.Throughput / 1e6 }),
		}
		r.Figures = append(r.Figures, f)
		if s.name != bare {
			r.Ratios[s.name] = rounded(f.Ratio.Median, 3)
		}
	}
}

// write keeps the results in a directory: raw for programs, and as a page.
func (r *Results) write(directory string) error {
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	var page bytes.Buffer
	if err := r.report(&page); err != nil {
		return err
	}
	for name, content := range map[string][]byte{
		filepath.Join("results", "latest.json"): append(raw, '\n'),
		"README.md":                             page.Bytes(),
	} {
		if err := os.WriteFile(filepath.Join(directory, name), content, 0o644); err != nil { //nolint:gosec // for everybody to read
			return err
		}
	}
	return nil
}
