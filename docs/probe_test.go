package docs_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/keycloaktest"
)

const probePage = "docs/probe.md"

// auditor is a client whose access token opens the admin API.
const (
	auditor       = "auditor"
	auditorSecret = "a-secret-of-the-test"
)

// testProbe runs what the page on the probe shows, on a Keycloak that is set up as
// the page on Keycloak says: with its gateway, and with the one that is warned of.
func testProbe(t *testing.T, server *keycloaktest.Server) {
	realm := server.Realm("fhir")
	if err := realm.ServiceAccount(t.Context(), auditor, auditorSecret, "view-clients", "manage-clients"); err != nil {
		t.Fatal(err)
	}
	guarded := blocksBelow(t, keycloakPage, "The gateway", whole)[0]

	t.Run("as the page shows", func(t *testing.T) {
		output, status := runProbe(t, guarded, server, realm)
		shown := blocksBelow(t, probePage, "What it prints", "text")[0]
		if status != 0 || anonymous(output) != anonymous(shown) {
			t.Errorf("status %d, and what comes is\n%s", status, output)
		}
	})
	t.Run("with an open door", func(t *testing.T) {
		output, status := runProbe(t, unguarded, server, realm)
		if status != 1 {
			t.Errorf("status %d", status)
		}
		for line := range strings.Lines(blocksBelow(t, probePage, "What it prints", "text")[1]) {
			if !strings.Contains(squeezed(anonymous(output)), squeezed(anonymous(line))) {
				t.Errorf("shown is %swhat comes is\n%s", line, output)
			}
		}
	})
	t.Run("without management", func(t *testing.T) {
		withoutManagement := strings.Replace(guarded, "\t\tprofile backend {", "\t\tmanagement off\n\t\tprofile backend {", 1)
		output, status := runProbe(t, withoutManagement, server, realm)
		if status != 0 || !strings.Contains(output, "there is no token for the admin API") {
			t.Errorf("status %d, %s", status, output)
		}
		token, err := realm.ServiceAccountToken(t.Context(), auditor, auditorSecret)
		if err != nil {
			t.Fatal(err)
		}
		t.Setenv("SMART_REGISTRATION_ADMIN_TOKEN", token)
		output, status = runProbe(t, withoutManagement, server, realm)
		for _, want := range []string{`gateway/register +pass +201`, `realm/consent +pass`, `realm/full_scope +pass`, `left +pass +[1-9]`} {
			if status != 0 || !regexp.MustCompile("(?m)^"+want).MatchString(output) {
				t.Errorf("status %d, no %s in\n%s", status, want, output)
			}
		}
		if strings.Contains(output, token) {
			t.Error("the token is printed")
		}
	})
	t.Run("as JSON", func(t *testing.T) {
		output, status := runProbe(t, guarded, server, realm, "--json")
		var report struct {
			Rows []map[string]string `json:"rows"`
			Left []any               `json:"left"`
		}
		if err := json.Unmarshal([]byte(output), &report); err != nil || status != 0 || len(report.Rows) < 30 || report.Left == nil {
			t.Errorf("%v, status %d\n%s", err, status, output)
		}
	})
}

// runProbe starts a Caddyfile and probes it. It holds the realm to have the
// clients afterwards that it had before.
func runProbe(t *testing.T, caddyfile string, server *keycloaktest.Server, realm *keycloaktest.Realm, more ...string) (output string, status int) {
	t.Helper()
	address := strings.TrimPrefix(server.URL(), "http://")
	caddyfile = strings.ReplaceAll(caddyfile, "localhost:8180", address)
	g := run(t, caddyfile, address)
	file := filepath.Join(t.TempDir(), "Caddyfile")
	if err := os.WriteFile(file, []byte(caddyfile), 0o600); err != nil {
		t.Fatal(err)
	}
	token, err := realm.InitialAccessToken(t.Context(), 20, 0)
	if err != nil {
		t.Fatal(err)
	}
	before := clientIDs(t, realm)
	command := exec.CommandContext(t.Context(), "caddy", append([]string{
		"smart-registration", "probe", "--config", file, "--url", "http://" + g.host, "--connect-to", g.address,
		"--initial-access-token-file", "-", "--i-own-this-server",
	}, more...)...)
	command.Stdin = strings.NewReader(token)
	var log strings.Builder
	command.Stderr = &log
	stdout, err := command.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if after := clientIDs(t, realm); !slices.Equal(before, after) {
		t.Errorf("clients before: %q, afterwards: %q", before, after)
	}
	if strings.Contains(string(stdout)+log.String(), token) {
		t.Error("the token is printed")
	}
	output = strings.ReplaceAll(string(stdout), server.URL(), "http://localhost:8180")
	return output, command.ProcessState.ExitCode()
}

func clientIDs(t *testing.T, realm *keycloaktest.Realm) []string {
	t.Helper()
	clients, err := realm.Clients(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, client := range clients {
		ids = append(ids, client["clientId"].(string))
	}
	slices.Sort(ids)
	return ids
}

var (
	uuid   = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	blanks = regexp.MustCompile(`[ \n]+`)
)

// anonymous takes out what is another each time, and that the tests' site has no
// TLS.
func anonymous(s string) string {
	return uuid.ReplaceAllString(strings.ReplaceAll(s, "http://auth.example.org", "https://auth.example.org"), "(id)")
}

// squeezed makes columns of another width alike.
func squeezed(s string) string { return blanks.ReplaceAllString(s, " ") }
