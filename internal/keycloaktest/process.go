package keycloaktest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	// graceful is how long a server may take to end by itself. It takes one
	// second; the database of a distribution that is being prepared is only
	// complete on disk after that.
	graceful = 15 * time.Second

	// logTailBytes of a server's log go into an error.
	logTailBytes = 4096
)

// watchdogScript ends the process group $1 and removes the directory $2 as soon
// as its standard input is closed without a line having been read: the one
// sign of this process's end that also a kill cannot suppress.
const watchdogScript = `read -r _ || { kill -s KILL -- "-$1"; sleep 1; rm -rf -- "$2"; }`

// process is a command with everything that it started.
type process struct {
	command  *exec.Cmd
	watchdog *exec.Cmd
	release  io.WriteCloser
	logFile  string
	exited   chan struct{}
	err      error
}

// startProcess runs the command in a process group of its own, its output in
// home/server.log, and sets the watchdog on it.
func startProcess(home string, environment []string, name string, arguments ...string) (*process, error) {
	p := &process{
		command:  exec.Command(name, arguments...),
		watchdog: exec.Command("sh", "-c", watchdogScript, "sh"),
		logFile:  filepath.Join(home, "server.log"),
		exited:   make(chan struct{}),
	}
	log, err := os.Create(p.logFile)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	// A file, not a writer: with a writer, Wait would last until the last
	// grandchild has closed its end of the pipe.
	p.command.Stdout, p.command.Stderr = log, log
	p.command.Dir, p.command.Env = home, environment
	p.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// Not in this process's group: Ctrl-C in a terminal must not end the
	// watchdog before its work.
	p.watchdog.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if p.release, err = p.watchdog.StdinPipe(); err != nil {
		return nil, err
	}
	if err := p.command.Start(); err != nil {
		p.release.Close()
		return nil, err
	}
	go func() {
		p.err = p.command.Wait()
		close(p.exited)
	}()
	p.watchdog.Args = append(p.watchdog.Args, fmt.Sprint(p.group()), home)
	if err := p.watchdog.Start(); err != nil {
		return nil, errors.Join(err, p.end())
	}
	return p, nil
}

// group is the process group's id.
func (p *process) group() int { return p.command.Process.Pid }

// stop ends the process group, then lets the watchdog go.
func (p *process) stop() error {
	err := p.end()
	if _, writeErr := io.WriteString(p.release, "ended\n"); writeErr != nil {
		err = errors.Join(err, writeErr)
	}
	return errors.Join(err, p.release.Close(), p.watchdog.Wait())
}

// end asks the group to end, and kills what has not ended in time.
func (p *process) end() error {
	// SIGTERM first also for the sake of the process table: kc.sh then waits
	// for its java. Killed together, java would be left to whoever is process
	// 1, which in a container often reaps nobody.
	if !p.signalled(syscall.SIGTERM) && !p.signalled(syscall.SIGKILL) {
		return fmt.Errorf("process group %d is still there after SIGKILL", p.group())
	}
	<-p.exited
	return nil
}

// signalled sends the group a signal and reports whether it is gone in time.
func (p *process) signalled(signal syscall.Signal) bool {
	deadline := time.After(graceful)
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	err := syscall.Kill(-p.group(), signal)
	for !errors.Is(err, syscall.ESRCH) {
		select {
		case <-deadline:
			return false
		case <-ticker.C:
			err = syscall.Kill(-p.group(), 0)
		}
	}
	return true
}

// exitError tells how the command ended. It must have.
func (p *process) exitError() error {
	if p.err == nil {
		return errors.New("exit status 0")
	}
	return p.err
}

// logTail returns the end of what the command printed.
func (p *process) logTail() string {
	log, err := os.ReadFile(p.logFile)
	if err != nil {
		return err.Error()
	}
	return string(log[max(0, len(log)-logTailBytes):])
}

// serverEnvironment leaves out what would configure the server behind the
// back of its options.
func serverEnvironment(environment []string) []string {
	var kept []string
	for _, variable := range environment {
		name, _, _ := strings.Cut(variable, "=")
		switch {
		case strings.HasPrefix(name, "KC_"), strings.HasPrefix(name, "KEYCLOAK_"), strings.HasPrefix(name, "QUARKUS_"),
			name == "JAVA_OPTS", strings.HasPrefix(name, "JAVA_OPTS_"), name == "DEBUG":
		default:
			kept = append(kept, variable)
		}
	}
	return kept
}
