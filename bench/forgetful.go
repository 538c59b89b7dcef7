package main

import (
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// forgetful is the pace of a flood: a constant rate, of which what this process is
// late with, beyond some milliseconds, is not sent at all. vegeta's own rate sends
// it at once, and callers behind a burst like that would wait for this process's
// pauses, in which it had no core, and not for its rate.
type forgetful struct {
	rate    int // requests a second
	skipped uint64
}

// late is what a process is allowed to make up for. Go's timers may be a
// millisecond late as it is.
const late = 3 * time.Millisecond

// Pace implements [vegeta.Pacer].
func (f *forgetful) Pace(elapsed time.Duration, hits uint64) (wait time.Duration, stop bool) {
	interval := time.Second / time.Duration(f.rate)
	if due := uint64(max(elapsed-late, 0) / interval); due > hits+f.skipped {
		f.skipped = due - hits
	}
	return time.Duration(hits+f.skipped)*interval - elapsed, false
}

// Rate implements [vegeta.Pacer].
func (f *forgetful) Rate(time.Duration) float64 { return float64(f.rate) }

// Interface guard
var _ vegeta.Pacer = (*forgetful)(nil)
