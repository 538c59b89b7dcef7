package clients

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/keycloaktest"
)

// kcreg is Keycloak's own client registration tool. It keeps its tokens in a
// file, as it does for whoever runs it by hand.
type kcreg struct {
	server *keycloaktest.Server
	at     place
	config string
}

func newKcreg(t *testing.T, server *keycloaktest.Server, at place) kcreg {
	t.Helper()
	return kcreg{server: server, at: at, config: filepath.Join(t.TempDir(), "kcreg.config")}
}

// run runs one command of the tool, and returns what it prints, and what it
// complains about where it failed.
func (k kcreg) run(t *testing.T, input string, arguments ...string) (output, failure string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), filepath.Join(k.server.Home(), "bin", "kcreg.sh"), append(arguments, "--config", k.config)...)
	command.Stdin = strings.NewReader(input)
	// Short runs are not worth compiling.
	command.Env = append(os.Environ(), "KC_OPTS=-XX:TieredStopAtLevel=1")
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return stdout.String(), err.Error() + ": " + stderr.String()
	}
	return stdout.String(), ""
}

// do is run for what must succeed and print a registration, or nothing.
func (k kcreg) do(t *testing.T, input string, arguments ...string) map[string]any {
	t.Helper()
	output, failure := k.run(t, input, arguments...)
	if failure != "" {
		t.Fatalf("kcreg.sh %s: %s", arguments[0], failure)
	}
	if output == "" {
		return nil
	}
	var registration map[string]any
	if err := json.Unmarshal([]byte(output), &registration); err != nil {
		t.Fatalf("kcreg.sh %s: %v\n%s", arguments[0], err, output)
	}
	return registration
}

// create registers a client. The token is in the command, and what comes back is
// kept in the tool's file.
func (k kcreg) create(t *testing.T, metadata map[string]any) result {
	t.Helper()
	document, err := json.Marshal(metadata)
	if err != nil {
		t.Fatal(err)
	}
	output, failure := k.run(t, string(document), "create", "-e", "oidc", "-f", "-", "-o",
		"--server", k.at.url, "--realm", realmName, "-t", k.at.initialAccessToken(t))
	if failure != "" {
		return result{Refused: &refusal{Message: failure}}
	}
	var r result
	if err := json.Unmarshal([]byte(output), &r.Registered); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	return r
}
