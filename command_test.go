package smartregistration_test

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/caddy-smart/smartregistration/policy"
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

// operatorExample is a row of README's table: a line of a policy, what is asked,
// and the member that comes out, or that it is refused.
var operatorExample = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| `(\\{.*\\})` \\| (?:`(\\{.*\\})`|(refused)) \\|$")

// TestReadmeOperators runs each of README's examples of operators through check.
func TestReadmeOperators(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	directory := t.TempDir()
	for i, row := range operatorExample.FindAllStringSubmatch(string(readme), -1) {
		line, asked, gives := row[1], row[2], row[3]
		operator := strings.Fields(line)[1]
		shown[operator] = true
		if !strings.Contains(asked, "redirect_uris") {
			asked = strings.Replace(asked, "{", `{"redirect_uris": ["https://app.example.org/callback"], `, 1)
			asked = strings.Replace(asked, ", }", "}", 1)
		}
		script := "status 1 caddy smart-registration check app.json\nstdout '^    " + operator + " \\(policy\\) /'\n"
		if gives != "" {
			script = "exec caddy smart-registration policy test cases\nstdout 'failed: 0'\n"
		}
		script += "-- Caddyfile --\n:80 {\n\tsmart_registration {\n\t\tupstream 127.0.0.1:1\n\t\tupstream_path /reg\n\t\tdialect generic\n" +
			"\t\tinitial_access_token {\n\t\t\tpassthrough\n\t\t}\n\t\tpolicy {\n\t\t\t" + line + "\n\t\t}\n\t}\n}\n" +
			"-- app.json --\n" + asked + "\n-- cases/app.json --\n" +
			`{"metadata": ` + asked + `, "expect": {"admitted": true, "metadata": ` + cmp.Or(gives, "{}") + "}}\n"
		file := filepath.Join(directory, fmt.Sprintf("%02d_%s.txtar", i, operator))
		if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, operator := range policy.Operators() {
		if !shown[operator] {
			t.Errorf("README.md has no example of %s", operator)
		}
	}
	testscript.Run(t, testscript.Params{
		Dir: directory, RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"status": execStatus},
	})
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
