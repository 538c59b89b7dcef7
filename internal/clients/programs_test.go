package clients

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// job is what a program is to do.
type job struct {
	Issuer   string         `json:"issuer"`
	Token    string         `json:"token"`
	Metadata map[string]any `json:"metadata"`
	// Manage are the members that an update changes; it comes after a read and
	// before a deletion. nil: nothing is done after the registration.
	Manage map[string]any `json:"manage,omitempty"`
	// Grant is the scope of a token to get with the client's credentials; ""
	// gets none.
	Grant string `json:"grant,omitempty"`
}

// result is what a client made of the answers.
type result struct {
	Registered map[string]any `json:"registered"`
	Token      map[string]any `json:"token"`
	Read       map[string]any `json:"read"`
	Updated    map[string]any `json:"updated"`
	Deleted    int            `json:"deleted"`
	Refused    *refusal       `json:"refused"`
}

func (r result) String() string {
	return fmt.Sprintf("registered %v, read %v, updated %v, deleted %d, token %v, refused %s",
		r.Registered, r.Read, r.Updated, r.Deleted, r.Token, r.Refused)
}

// refusal is an error of the client library: what it says the server said, and
// what it says itself.
type refusal struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
	Message     string `json:"message"`
}

func (r *refusal) String() string {
	if r == nil {
		return "no"
	}
	return fmt.Sprintf("%q %q (%s)", r.Error, r.Description, r.Message)
}

// program is a client as a command that takes a job and prints a result.
type program struct {
	name    string
	secret  string // how it sends a secret; "" where it gets no tokens and only registers
	command []string
	dir     string
}

func (p program) run(t *testing.T, j job) result {
	t.Helper()
	input, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), p.command[0], p.command[1:]...)
	command.Dir = p.dir
	command.Stdin = bytes.NewReader(input)
	var output, failure bytes.Buffer
	command.Stdout, command.Stderr = &output, &failure
	if err := command.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", p.name, err, failure.String())
	}
	var r result
	if err := json.Unmarshal(output.Bytes(), &r); err != nil {
		t.Fatalf("%s: %v\n%s", p.name, err, output.String())
	}
	return r
}

// installNode returns a directory with the programs and what they import, as the
// lockfile has it.
func installNode(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("node")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal("node/node_modules is in the way: what is tested comes from the lockfile")
	}
	command := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
	command.Dir = dir
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, output)
	}
	return dir
}

// buildMCP returns the program in mcp/.
func buildMCP(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "mcp")
	command := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".")
	command.Dir = "mcp"
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, output)
	}
	return binary
}

// requireNode skips the test where node or npm is missing, and says what to
// install. With CI=true that is a failure.
func requireNode(t *testing.T) {
	t.Helper()
	err := nodeAvailable()
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatal(err)
	default:
		t.Skip(err)
	}
}

// nodeAvailable reports what is missing, nil if nothing. The packages need what
// node has from version 20 on.
func nodeAvailable() error {
	if _, err := exec.LookPath("npm"); err != nil {
		return fmt.Errorf("the clients from npm need npm (Debian: npm): %w", err)
	}
	version, err := exec.Command("node", "--version").Output()
	if err != nil {
		return fmt.Errorf("the clients from npm need node (Debian: nodejs): %w", err)
	}
	var major int
	if _, err := fmt.Sscanf(strings.TrimSpace(string(version)), "v%d.", &major); err != nil || major < 20 {
		return fmt.Errorf("the clients from npm need node 20 or later (Debian 13: nodejs), and this is %s", version)
	}
	return nil
}
