package keycloaktest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"
)

func TestStopEndsTheWholeGroup(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, script string }{
		{"a child in the background", "sleep 1000 & wait"},
		{"already ended", "true"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p, err := startProcess(t.TempDir(), os.Environ(), "sh", "-c", test.script)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.stop(); err != nil {
				t.Fatal(err)
			}
			if err := syscall.Kill(-p.group(), 0); !errors.Is(err, syscall.ESRCH) {
				t.Errorf("process group after stop: %v", err)
			}
		})
	}
}

// TestWatchdog lets go of the watchdog's input as the system does when a test
// process is killed.
func TestWatchdog(t *testing.T) {
	t.Parallel()
	home := filepath.Join(t.TempDir(), "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	p, err := startProcess(home, os.Environ(), "sleep", "1000")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.release.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.exited:
	case <-time.After(graceful):
		t.Error("the process goes on")
		p.command.Process.Kill()
	}
	if err := p.watchdog.Wait(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(home); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("its directory: %v", err)
	}
}

func TestServerEnvironment(t *testing.T) {
	t.Parallel()
	got := serverEnvironment([]string{"PATH=/bin", "KC_DB=postgres", "JAVA_OPTS=-Xmx9g", "JAVA_HOME=/jdk", "KEYCLOAK_ADMIN=x"})
	if want := []string{"PATH=/bin", "JAVA_HOME=/jdk"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
