package main

import "testing"

// TestRepeats: two runs agree on a figure when each median lies within the other's
// spread, and what only one measured is left out.
func TestRepeats(t *testing.T) {
	t.Parallel()
	run := func(accept, read Spread, cold *Comparison) *Results {
		return &Results{ColdStart: cold, Figures: []Figure{
			{Scenario: "bare"}, {Scenario: "accept", Against: "bare", Ratio: accept}, {Scenario: "read", Against: "bare", Ratio: read},
		}}
	}
	now := run(Spread{5, 4, 6}, Spread{5, 4, 6}, &Comparison{Name: "cold_start"})
	got := now.repeats(run(Spread{4.5, 4, 5}, Spread{4.5, 4.4, 4.9}, nil)).Figures
	want := []Repeat{
		{"accept", Spread{5, 4, 6}, Spread{4.5, 4, 5}, true},
		{"read", Spread{5, 4, 6}, Spread{4.5, 4.4, 4.9}, false}, // 5 is not within 4.4 to 4.9
	}
	if len(got) != len(want) || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
