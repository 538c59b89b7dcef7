package contract

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// oidcProviderSource has the server's program, and the lockfile that pins it.
const oidcProviderSource = "testdata/oidc-provider"

// requireNode skips the test where node or npm is missing, and says what to
// install. With CI=true that is a failure.
func requireNode(t *testing.T) {
	t.Helper()
	var missing []error
	for _, command := range []string{"node", "npm"} {
		if _, err := exec.LookPath(command); err != nil {
			missing = append(missing, fmt.Errorf("oidc-provider needs Node.js, version 20 or later (Debian: nodejs, npm): %w", err))
		}
	}
	switch err := errors.Join(missing...); {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatal(err)
	default:
		t.Skip(err)
	}
}

// oidcProvider is node's oidc-provider.
type oidcProvider struct {
	listen string
	number string // of its version
}

func startOIDCProvider(t *testing.T, _ setup, _ string) server {
	t.Helper()
	home := installOIDCProvider(t)
	argument, err := json.Marshal(map[string]any{"issuer": "http://127.0.0.1", "scopes": realmScopes})
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command("node", "server.js", string(argument))
	command.Dir = home
	input, err := command.StdinPipe() // closed when this process ends: then it ends too
	if err != nil {
		t.Fatal(err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	command.Stderr = &log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		input.Close()
		if err := command.Wait(); err != nil {
			t.Errorf("%v: %s", err, log.String())
		}
	})
	for lines := bufio.NewScanner(output); lines.Scan(); {
		var ready struct {
			Port int `json:"port"`
		}
		if json.Unmarshal(lines.Bytes(), &ready) == nil && ready.Port != 0 {
			go func() { _, _ = io.Copy(io.Discard, output) }()
			return &oidcProvider{listen: fmt.Sprintf("127.0.0.1:%d", ready.Port), number: oidcProviderVersion(t)}
		}
	}
	t.Fatalf("oidc-provider does not start: %s", log.String())
	return nil
}

// installOIDCProvider installs what the lockfile pins into the user's cache, once a
// machine, and returns the directory.
func installOIDCProvider(t *testing.T) string {
	t.Helper()
	hash := sha256.New()
	files := []string{"package.json", "package-lock.json", "server.js"}
	for _, name := range files {
		content, err := os.ReadFile(filepath.Join(oidcProviderSource, name))
		if err != nil {
			t.Fatal(err)
		}
		hash.Write(content)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(cache, "smartregistration", "oidc-provider-"+hex.EncodeToString(hash.Sum(nil))[:16])
	if err := os.MkdirAll(filepath.Dir(home), 0o755); err != nil {
		t.Fatal(err)
	}
	lock, err := os.Create(home + ".lock")
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close() // which also unlocks it
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(home); err == nil {
		return home
	}
	work := home + ".partial" // what an interrupted installation left is from before this lock
	if err := os.RemoveAll(work); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(work, os.DirFS(oidcProviderSource)); err != nil {
		t.Fatal(err)
	}
	npm := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	npm.Dir = work
	if said, err := npm.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v: %s", err, said)
	}
	if err := os.Rename(work, home); err != nil {
		t.Fatal(err)
	}
	return home
}

func oidcProviderVersion(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(oidcProviderSource, "package.json"))
	if err != nil {
		t.Fatal(err)
	}
	var p struct {
		Dependencies map[string]string `json:"dependencies"`
	}
	if err := json.Unmarshal(content, &p); err != nil {
		t.Fatal(err)
	}
	return p.Dependencies["oidc-provider"]
}

func (o *oidcProvider) version() string { return "oidc-provider " + o.number }

// has: the quirks of the table are Keycloak's, but for one that it shares.
func (*oidcProvider) has(quirk string) bool { return quirk == "empty_scope" }

func (*oidcProvider) lacks() map[string]string {
	return map[string]string{
		"tokens":   "its initial access tokens are opaque and good for any number of registrations, and it takes no access tokens",
		"names":    "a registration access token that is tried at another client's address is taken back",
		"widening": "most of the protections that an update could take away are features that are not switched on",
		"kodjin":   "the Caddyfile is one in front of Keycloak",
	}
}

func (*oidcProvider) registrationPath() string { return "/reg" }

// configuration: its registration endpoint takes no access tokens, so the
// gateway's own credential is an initial access token, good for any number.
func (o *oidcProvider) configuration(t *testing.T, seenAs string) (dialect, credential, handlers string) {
	t.Helper()
	t.Setenv("CONTRACT_INITIAL_ACCESS_TOKEN", o.initialAccessToken(t, seenAs, 0))
	return "dialect generic", "upstream_credential bearer {env.CONTRACT_INITIAL_ACCESS_TOKEN}", ""
}

func (o *oidcProvider) address() string { return o.listen }

func (*oidcProvider) caddyfile() string { return "" }

func (o *oidcProvider) initialAccessToken(t *testing.T, _ string, _ int) string {
	t.Helper()
	return text(o.test(t, "initial-access-token"), "token")
}

func (o *oidcProvider) serviceAccountToken(t *testing.T, _ string) string {
	t.Helper()
	t.Fatal("oidc-provider takes no access tokens for registrations")
	return ""
}

func (o *oidcProvider) stored(t *testing.T, _, clientID, _ string) (record, bool) {
	t.Helper()
	client := o.test(t, "client/"+clientID)
	return recordOf(client)
}

// test asks what only tests may ask.
func (o *oidcProvider) test(t *testing.T, path string) map[string]any {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+o.listen+"/test/"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var reply map[string]any
	if err := json.NewDecoder(response.Body).Decode(&reply); err != nil {
		t.Fatal(err)
	}
	return reply
}

// Interface guards
var _ server = (*oidcProvider)(nil)
