package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"time"
)

// process is this binary in one of its roles, or another program. It is in our
// process group, so that an interrupt at the terminal reaches it too.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{}
}

// spawn starts a program, on the given cores where that is possible. What it says
// goes nowhere: see the report about the log.
func spawn(ctx context.Context, cores string, input io.Reader, environment []string, command ...string) (*process, error) {
	p := &process{ended: make(chan struct{})}
	p.cmd = onCores(ctx, cores, command...)
	p.cmd.Stdin = input
	p.cmd.Env = append(os.Environ(), environment...)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = p.cmd.Wait() // how it ended is of no interest
		close(p.ended)
	}()
	return p, nil
}

func (p *process) stop() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// hasEnded tells whether the process is gone.
func (p *process) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// clockTick is the unit of times in /proc: USER_HZ, which Linux shows to
// programs as 100 on every machine.
const clockTick = time.Second / 100

// cpuTime is how long a process has been on a core, in user and kernel mode
// (proc_pid_stat(5), utime and stime).
func cpuTime(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The command's name, in parentheses, may have spaces in it.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	const utime, stime = 14 - 3, 15 - 3 // fields are numbered from 1, and the first here is the third
	if len(fields) <= stime {
		return 0, errors.New("/proc/<pid>/stat is too short")
	}
	var total time.Duration
	for _, field := range [][]byte{fields[utime], fields[stime]} {
		ticks, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("/proc/<pid>/stat: %w", err)
		}
		total += time.Duration(ticks) * clockTick
	}
	return total, nil
}
