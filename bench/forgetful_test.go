package main

import (
	"testing"
	"time"
)

// TestForgetful: on time it keeps the rate; a pause is not made up for, but for a
// little of it.
func TestForgetful(t *testing.T) {
	t.Parallel()
	f := &forgetful{rate: 1000}
	sendUntil := func(end, elapsed time.Duration, hits uint64) (time.Duration, uint64) {
		for {
			wait, stop := f.Pace(elapsed, hits)
			if stop {
				t.Fatal("it stops")
			}
			if elapsed += max(wait, 0); elapsed >= end {
				return elapsed, hits
			}
			hits++
		}
	}
	elapsed, hits := sendUntil(100*time.Millisecond, 0, 0)
	if hits != 100 {
		t.Errorf("%d in 100 ms, want 100", hits)
	}
	elapsed += 50 * time.Millisecond // of no core
	before := hits
	if _, hits = sendUntil(elapsed+10*time.Millisecond, elapsed, hits); hits-before < 10 || hits-before > 14 {
		t.Errorf("%d in the 10 ms after a pause, want 10 and those of %v", hits-before, late)
	}
}
