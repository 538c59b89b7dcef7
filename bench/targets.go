package main

import "fmt"

// Target is a figure that the gateway is held to.
type Target struct {
	Figure   string `json:"figure"`
	Asked    string `json:"asked"`
	Measured string `json:"measured"` // "": it was not
	Met      string `json:"met"`      // yes, no, or ""
}

const mebibyte = 1 << 20

// targets are what is asked, with what was measured of it.
func (r *Results) targets() []Target {
	heap := Target{Figure: "heap under 5,000 registrations a second", Asked: "at most 64 MiB"}
	if m := r.Memory; m != nil {
		reached := m.Rate >= 0.99*steadyRate // less than that is another question
		heap.judge(reached && m.Steady.Median <= 64*mebibyte, fmt.Sprintf("%.1f MiB at %.0f a second", m.Steady.Median/mebibyte, m.Rate))
	}
	return []Target{
		r.ratio("`accept`: accepted registrations against the bare proxy", accept, atLeast, 0.85),
		r.added("CPU added to an accepted registration", accept, 20),
		r.ratio("`refuse_token`: refused for its token, against the bare proxy", refuseToken, atLeast, 2.7),
		r.ratio("`refuse_policy`: refused for its policy, against the bare proxy", refusePolicy, atLeast, 2),
		r.ratio("`refuse_token_vs_keycloak`: a bad token refused here against by Keycloak", "refuse_token_vs_keycloak", atLeast, 3.5),
		r.ratio("`refuse_policy_vs_keycloak`: a bad scope refused here against by Keycloak", "refuse_policy_vs_keycloak", atLeast, 12),
		r.ratio("`keycloak`: registrations of Keycloak behind the gateway against alone", "keycloak", atLeast, 0.98),
		r.ratio("`flood_p99`: good requests' p99 in a flood of bad ones against none", "flood_p99", atMost, 1.5),
		r.ratio("`policy_growth`: 1,000 patterns of hosts against 10", "policy_growth", atMost, 1.2),
		r.ratio("`scope_growth`: 14,900 offered scopes against 20", "scope_growth", atMost, 1.2),
		r.ratio("`jwks_growth`: 200 keys against 1", "jwks_growth", atMost, 1.2),
		r.ratio("`read`: a client's registration read, against the bare proxy", read, atLeast, 0.9),
		heap,
		r.ratio("`cold_start`: first answer after the start, against bare Caddy", "cold_start", atMost, 1.1),
	}
}

const (
	atLeast = "at least"
	atMost  = "at most"
)

// ratio is a target for one of the ratios.
func (r *Results) ratio(figure, key, bound string, limit float64) Target {
	t := Target{Figure: figure, Asked: fmt.Sprintf("%s %gx", bound, limit)}
	if measured, there := r.Ratios[key]; there {
		t.judge(within(measured, bound, limit), fmt.Sprintf("%.2fx", measured))
	}
	return t
}

// added is a target for the CPU that a scenario adds, in microseconds.
func (r *Results) added(figure, scenario string, limit float64) Target {
	t := Target{Figure: figure, Asked: fmt.Sprintf("%s %g µs", atMost, limit)}
	for _, f := range r.Figures {
		if f.Scenario == scenario {
			t.judge(f.CPUAdded.Median <= limit, f.CPUAdded.format(1)+" µs")
		}
	}
	return t
}

func within(measured float64, bound string, limit float64) bool {
	if bound == atLeast {
		return measured >= limit
	}
	return measured <= limit
}

func (t *Target) judge(met bool, measured string) {
	t.Measured, t.Met = measured, "no"
	if met {
		t.Met = "yes"
	}
}
