package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
)

// cores says which process runs where, as taskset(1) writes lists of cores.
// Empty: wherever the system puts it.
type cores struct {
	measured, rest string
}

func (c cores) String() string {
	if c.measured == "" {
		return "not pinned"
	}
	return fmt.Sprintf("measured process on core %s; load generator and upstream on core %s", c.measured, c.rest)
}

// pin gives the measured process one core of its own and itself another, so that
// the generator's and the upstream's cost does not come off what is measured:
// they are idle part of the time, and the measured process never is. With one
// core, or without taskset, there is nothing to be done, and the ratios come out
// closer to 1 than they are.
func pin(ctx context.Context) (cores, error) {
	if runtime.NumCPU() < 2 {
		return cores{}, nil
	}
	if _, err := exec.LookPath("taskset"); err != nil {
		return cores{}, nil //nolint:nilerr // unpinned is what the report then says
	}
	c := cores{measured: "0", rest: "1"}
	taskset := exec.CommandContext(ctx, "taskset", "-a", "-p", "-c", c.rest, strconv.Itoa(os.Getpid())) //nolint:gosec // our own pid
	if said, err := taskset.CombinedOutput(); err != nil {
		return cores{}, fmt.Errorf("%w: %s", err, said)
	}
	runtime.GOMAXPROCS(1)
	return c, nil
}
