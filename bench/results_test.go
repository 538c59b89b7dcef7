package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestSpread(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values []float64
		want   Spread
	}{
		{[]float64{3}, Spread{3, 3, 3}},
		{[]float64{4, 1}, Spread{2.5, 1, 4}},
		{[]float64{9, 1, 2}, Spread{2, 1, 9}},
	} {
		if got := spreadOf(c.values); got != c.want {
			t.Errorf("spreadOf(%v) = %v, want %v", c.values, got, c.want)
		}
	}
}

// A ratio is taken within a round: a slow round must not count against one side.
func TestSummarizeComparesWithinARound(t *testing.T) {
	t.Parallel()
	r := &Results{}
	for round, speed := range []float64{1000, 10, 500} {
		for _, s := range scenarios() {
			m := Round{Round: round + 1, Scenario: s.name, Throughput: speed, CPU: 100}
			if s.name == accept {
				m.Throughput, m.CPU = speed*0.8, 120
			}
			r.Rounds = append(r.Rounds, m)
		}
	}
	r.summarize()
	if got := r.Ratios[accept]; got != 0.8 {
		t.Errorf("accept is %v, want 0.8", got)
	}
	if _, there := r.Ratios[bare]; there {
		t.Error("the bare proxy is compared with itself")
	}
	var page bytes.Buffer
	if err := r.report(&page); err != nil {
		t.Fatal(err)
	}
	if line := "**0.80** (0.80 to 0.80) | 400 (8 to 800) | 120.0 (120.0 to 120.0) | 20.0 (20.0 to 20.0) | 0.05 |"; !strings.Contains(page.String(), line) {
		t.Errorf("the page has no %q:\n%s", line, &page)
	}
}
