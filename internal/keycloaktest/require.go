package keycloaktest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// Available reports what is missing to fetch and run Keycloak, nil if nothing.
func Available() error {
	var missing []error
	for _, needed := range []struct{ command, install string }{
		{"java", "a Java runtime, version 17 or later (Debian: openjdk-17-jre-headless)"},
		{"mvn", "Apache Maven (Debian: maven)"},
	} {
		if _, err := exec.LookPath(needed.command); err != nil {
			missing = append(missing, fmt.Errorf("keycloak needs %s: %w", needed.install, err))
		}
	}
	return errors.Join(missing...)
}

// Require skips the test where Keycloak cannot be had, and says what to
// install. With CI=true that is a failure.
func Require(tb testing.TB) {
	tb.Helper()
	err := Available()
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		tb.Fatal(err)
	default:
		tb.Skip(err)
	}
}

// Run returns a running server that is stopped when the test ends, or skips
// the test as [Require] does.
func Run(tb testing.TB, options Options) *Server {
	tb.Helper()
	Require(tb)
	server, err := Start(context.Background(), options)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := server.Stop(); err != nil {
			tb.Error(err)
		}
	})
	tb.Logf("keycloak %s at %s", server.Version(), server.URL())
	return server
}
