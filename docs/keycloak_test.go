package docs_test

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/keycloaktest"
)

const ownKeycloak = "In front of your own Keycloak"

// TestOwnKeycloak does what README tells whoever has a Keycloak: runs its lines
// and its Caddyfile, and registers an app with the token that the lines print.
func TestOwnKeycloak(t *testing.T) {
	server := keycloaktest.Run(t, keycloaktest.Options{Hostname: "https://auth.example.org"})
	token := runKcadm(t, server, strings.Join(blocksBelow(t, readme, ownKeycloak, "sh"), ""))
	g := run(t, blocksBelow(t, readme, ownKeycloak, whole)[0], strings.TrimPrefix(server.URL(), "http://"))

	status, client := register(t, g, token,
		`{"redirect_uris": ["https://client.example.org/callback"], "client_name": "My Example Client"}`)
	if status != http.StatusCreated || client["scope"] != "launch/patient openid fhirUser patient/*.rs" {
		t.Errorf("%d %v", status, client)
	}
}

// runKcadm runs a document's lines as they are printed, but for the server's
// address, and returns the initial access token that they print.
func runKcadm(t *testing.T, server *keycloaktest.Server, lines string) string {
	t.Helper()
	lines = strings.ReplaceAll(lines, "http://localhost:8180", server.URL())
	command := exec.CommandContext(t.Context(), "sh", "-e")
	command.Stdin = strings.NewReader(lines)
	command.Stderr = t.Output()
	// Java takes the home directory, where kcadm.sh keeps who is logged in, from
	// elsewhere than the environment. A dozen short runs are not worth compiling.
	command.Env = append(os.Environ(),
		"KC_OPTS=-XX:TieredStopAtLevel=1 -Duser.home="+t.TempDir(), "PATH="+filepath.Join(server.Home(), "bin")+":"+os.Getenv("PATH"))
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	var printed struct {
		Token string `json:"token"`
	}
	if err := json.Unmarshal(output, &printed); err != nil || printed.Token == "" {
		t.Fatalf("no token is printed: %v\n%s", err, output)
	}
	return printed.Token
}

func register(t *testing.T, g gateway, token, body string) (int, map[string]any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+g.address+"/register", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Host = g.host
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
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
	return response.StatusCode, reply
}
