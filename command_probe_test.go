package smartregistration_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// brokenServer is a sandbox with somebody in front of it, who hears of every
// client that it makes.
type brokenServer struct {
	*httptest.Server
	mu      sync.Mutex
	clients []string // that were ever made
	deleted int
	gone    bool
	made    func() // is called after each
}

// startProbed starts a gateway in front of a sandbox and returns the probe's
// command, not started.
func startProbed(t *testing.T) (*brokenServer, *exec.Cmd) {
	t.Helper()
	address, behind := freeAddress(t), freeAddress(t)
	_, port, _ := strings.Cut(behind, ":")
	target, err := url.Parse("http://" + behind)
	if err != nil {
		t.Fatal(err)
	}
	b := &brokenServer{made: func() {}}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ModifyResponse = b.account
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.mu.Lock()
		gone := b.gone
		b.mu.Unlock()
		if gone {
			panic(http.ErrAbortHandler)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(b.Close)
	caddyfile := fmt.Sprintf(`{
	admin off
	auto_https off
}
http://%s {
	bind 127.0.0.1
	smart_registration {
		upstream %s
		upstream_path /realms/sandbox/clients-registrations/openid-connect
		initial_access_token {
			passthrough
		}
	}
}
http://:%s {
	bind 127.0.0.1
	smart_registration_sandbox {
		hostname http://%[1]s
	}
}
`, address, b.Listener.Addr(), port)
	run(t, caddyfile)
	file := filepath.Join(t.TempDir(), "Caddyfile")
	if err := os.WriteFile(file, []byte(caddyfile), 0o600); err != nil {
		t.Fatal(err)
	}
	response, err := http.Post("http://"+behind+"/initial-access-token", "application/json", strings.NewReader(`{"count": 20}`))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var minted struct {
		Token string `json:"token"`
	}
	if err := json.NewDecoder(response.Body).Decode(&minted); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "caddy", "smart-registration", "probe",
		"--config", file, "--url", "http://"+address, "--i-own-this-server")
	command.Env = append(os.Environ(), "SMART_REGISTRATION_INITIAL_ACCESS_TOKEN="+minted.Token)
	return b, command
}

func (b *brokenServer) account(r *http.Response) error {
	content, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(content))
	var body struct {
		ClientID string `json:"client_id"`
		Own      string `json:"clientId"`
	}
	_ = json.Unmarshal(content, &body)
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case r.Request.Method == http.MethodPost && r.StatusCode == http.StatusCreated:
		b.clients = append(b.clients, body.ClientID+body.Own)
		b.made()
	case r.Request.Method == http.MethodDelete && r.StatusCode == http.StatusNoContent:
		b.deleted++
	}
	return nil
}

// TestProbeLeavesBehind: what a server that is gone keeps is printed.
func TestProbeLeavesBehind(t *testing.T) {
	b, command := startProbed(t)
	b.made = func() { b.gone = true } // after this one
	output, err := command.Output()
	if command.ProcessState.ExitCode() != 1 {
		t.Errorf("status %d: %v", command.ProcessState.ExitCode(), err)
	}
	_, left, _ := strings.Cut(string(output), "\nThese clients may still be there:\n")
	if len(b.clients) != 1 || !strings.Contains(left, "  "+b.clients[0]+`  "smart-registration probe `) {
		t.Errorf("made were %q, and what is printed is\n%s", b.clients, output)
	}
}

// TestProbeInterrupted: Ctrl-C ends it, and first it cleans up.
func TestProbeInterrupted(t *testing.T) {
	b, command := startProbed(t)
	var log strings.Builder
	command.Stderr = &log
	b.made = func() {
		if len(b.clients) == 2 {
			if err := command.Process.Signal(os.Interrupt); err != nil {
				t.Error(err)
			}
		}
	}
	output, err := command.Output()
	if command.ProcessState.ExitCode() != 2 {
		t.Errorf("status %d: %v\n%s", command.ProcessState.ExitCode(), err, output)
	}
	if len(b.clients) < 2 || b.deleted != len(b.clients) || strings.Contains(string(output), "gateway/delete") {
		t.Errorf("%q were made, %d deleted\n%s", b.clients, b.deleted, output)
	}
	if _, cleaning, _ := strings.Cut(log.String(), "Cleaning up.\n"); !strings.Contains(cleaning, b.clients[0]) {
		t.Errorf("what there was to clean up is not said: %s", log.String())
	}
}
