package main

import (
	"encoding/json"
	"os"
	"path/filepath"
)

// Results are what a run keeps. What could not be measured is nil: the peer is
// not on the machine, or was not wanted.
type Results struct {
	Command     string      `json:"command"`
	Environment Environment `json:"environment"`
	// Ratios are the medians, by name: throughput against the bare proxy's for
	// scenarios, and what [Results.ratios] has beyond that.
	Ratios  map[string]float64 `json:"ratios"`
	Targets []Target           `json:"targets"`
	Figures []Figure           `json:"figures"`

	Keycloak     *Keycloak   `json:"keycloak,omitempty"`
	Flood        *Flood      `json:"flood,omitempty"`
	FloodOneCore *Flood      `json:"flood_one_core,omitempty"`
	FloodBeside  *Flood      `json:"flood_beside,omitempty"`
	Memory       *Memory     `json:"memory,omitempty"`
	ColdStart    *Comparison `json:"cold_start,omitempty"`
	CrossCheck   *Comparison `json:"wrk,omitempty"`

	// Again is what the run before found; nil: there is none.
	Again *Again `json:"again,omitempty"`

	// Deciding are the costs of decisions by themselves.
	Deciding    []Deciding   `json:"deciding"`
	Allocations []Allocation `json:"allocations"`
	Rounds      []Round      `json:"rounds"`
}

// Figure is what the rounds say about one scenario.
type Figure struct {
	Scenario string `json:"scenario"`
	Meaning  string `json:"meaning"`
	// Against is the scenario that it is compared with, "" for one that others
	// are compared with.
	Against string `json:"against"`
	// Ratio is the throughput divided by that of the other in the same round.
	Ratio      Spread `json:"ratio"`
	Throughput Spread `json:"throughput"`
	// Microseconds of CPU per request; Added is what the measured process needs
	// more than for the other in the same round.
	CPU          Spread `json:"cpu"`
	CPUAdded     Spread `json:"cpu_added"`
	CPUUpstream  Spread `json:"cpu_upstream"`
	CPUGenerator Spread `json:"cpu_generator"`
	// Busy is how much of a core the measured process had: 1 when it was what
	// limited the throughput, less when somebody else took the time.
	Busy Spread `json:"busy"`
}

// resultsFile is where the last run is kept, in the bench's directory.
var resultsFile = filepath.Join("results", "latest.json")

// readResults reads what the last run kept.
func readResults(directory string) (*Results, error) {
	content, err := os.ReadFile(filepath.Clean(filepath.Join(directory, resultsFile)))
	if err != nil {
		return nil, err
	}
	r := new(Results)
	return r, json.Unmarshal(content, r)
}

// write keeps the results in the module: raw for programs, and as pages.
func (r *Results) write(root string) error {
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	files, err := r.pages(root)
	if err != nil {
		return err
	}
	files[filepath.Join("bench", resultsFile)] = string(raw) + "\n"
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(root, name), []byte(content), 0o644); err != nil { //nolint:gosec // for everybody to read
			return err
		}
	}
	return nil
}
