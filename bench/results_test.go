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

// A ratio is taken between neighbours: a slow round must not count against one
// side, and neither must another scenario's bare proxy.
func TestSummarizeComparesNeighbours(t *testing.T) {
	t.Parallel()
	all := []scenario{
		{name: bare},
		{name: accept, against: bare},
		{name: refuseToken, against: bare},
		{name: es256Many, against: accept},
	}
	r := &Results{}
	add := func(round int, name, beside string, throughput, cpu float64) {
		r.Rounds = append(r.Rounds, Round{Round: round, Scenario: name, Beside: beside, Throughput: throughput, CPU: cpu})
	}
	for i, speed := range []float64{1000, 10, 500} {
		add(i+1, bare, accept, speed, 100)
		add(i+1, accept, accept, speed*0.8, 120)
		add(i+1, bare, refuseToken, speed*7, 1)
		add(i+1, refuseToken, refuseToken, speed*21, 1)
		add(i+1, accept, es256Many, speed*3, 1)
		add(i+1, es256Many, es256Many, speed*1.5, 1)
	}
	r.summarize(all)
	for name, want := range map[string]float64{accept: 0.8, refuseToken: 3, es256Many: 0.5, "jwks_growth": 2} {
		if got := r.Ratios[name]; got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if _, there := r.Ratios[bare]; there {
		t.Error("the bare proxy is compared with itself")
	}
	var page bytes.Buffer
	if err := r.fill(&page, readme); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"**0.80** (0.80 to 0.80) | 400 (8 to 800) | 120.0 (120.0 to 120.0) | 20.0 (20.0 to 20.0) | 0.05 |",
		"| CPU added to an accepted registration | at most 20 µs | **20.0 (20.0 to 20.0) µs** | yes |",
		"against the bare proxy | at least 0.85x | **0.80x** | no |",
		"| at most 1.1x | not measured |  |",
	} {
		if !strings.Contains(page.String(), line) {
			t.Errorf("the page has no %q:\n%s", line, &page)
		}
	}
}
