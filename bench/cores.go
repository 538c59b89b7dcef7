package main

import (
	"context"
	"errors"
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

// all are both.
func (c cores) all() string {
	if c.measured == "" {
		return ""
	}
	return c.measured + "," + c.rest
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
	if err := moveTo(ctx, c.rest); err != nil {
		return cores{}, err
	}
	runtime.GOMAXPROCS(1)
	return c, nil
}

// moveTo puts this process on cores, and with it what it starts from then on.
func moveTo(ctx context.Context, cores string) error {
	taskset := exec.CommandContext(ctx, "taskset", "-a", "-p", "-c", cores, strconv.Itoa(os.Getpid()))
	if said, err := taskset.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, said)
	}
	return nil
}

// elsewhere has something started on other cores than our own.
func (c cores) elsewhere(ctx context.Context, cores string, start func() error) error {
	if cores == "" {
		return start()
	}
	if err := moveTo(ctx, cores); err != nil {
		return err
	}
	return errors.Join(start(), moveTo(ctx, c.rest))
}

// onCores is a command on cores, wherever the system puts it if they are "".
func onCores(ctx context.Context, cores string, command ...string) *exec.Cmd {
	if cores != "" {
		command = append([]string{"taskset", "-c", cores}, command...)
	}
	return exec.CommandContext(ctx, command[0], command[1:]...) //nolint:gosec // ourselves, or a peer
}
