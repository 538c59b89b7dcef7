package smartregistration_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rogpeppe/go-internal/txtar"
)

// TestMain lets scripts run this binary as caddy.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"caddy": caddycmd.Main})
}

// TestScripts runs testdata/script/*.txtar: calls of caddy smart-registration,
// with the files that they read and what they print.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"status": execStatus},
	})
}

// execStatus is exec for a command that ends with a status of its own:
// status <number> <command> [<arguments>...]
func execStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status <number> <command> [<arguments>...]")
	}
	var exit *exec.ExitError
	err := ts.Exec(args[1], args[2:]...)
	if !errors.As(err, &exit) || strconv.Itoa(exit.ExitCode()) != args[0] {
		ts.Fatalf("%v, want exit status %s", err, args[0])
	}
}

// TestReadmeTriesAPolicy: README shows the calls, the files and the output of a
// script, all of them and as they are.
func TestReadmeTriesAPolicy(t *testing.T) {
	t.Parallel()
	script, err := txtar.ParseFile(filepath.Join("testdata", "script", "readme.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, chapter, _ := strings.Cut(string(readme), "\n## Trying a policy\n")
	chapter, _, _ = strings.Cut(chapter, "\n## ")
	calls := 0
	for line := range strings.Lines(string(script.Comment)) {
		if _, call, isCall := strings.Cut(line, "caddy smart-registration "); isCall {
			calls++
			if !strings.Contains(chapter, "\ncaddy smart-registration "+call) {
				t.Errorf("README.md does not show the call: %s", call)
			}
		}
	}
	for _, file := range script.Files {
		if !strings.Contains(chapter, "\n"+string(file.Data)+"```") {
			t.Errorf("README.md does not show %s as the script has it:\n%s", file.Name, file.Data)
		}
	}
	if calls == 0 || len(script.Files) == 0 {
		t.Error("the script is empty")
	}
}
