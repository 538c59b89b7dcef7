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
	goneAt  int // it is gone once it has made so many; 0: never
	// second, where it is not nil, is told of the second client, and then asked
	// when the answer may go out.
	second chan struct{}
}

// startProbed starts a gateway in front of a sandbox and returns the probe's
// command, not started.
func startProbed(t *testing.T, goneAt int, second chan struct{}) (*brokenServer, *exec.Cmd) {
	t.Helper()
	address, behind := freeAddress(t), freeAddress(t)
	_, port, _ := strings.Cut(behind, ":")
	target, err := url.Parse("http://" + behind)
	if err != nil {
		t.Fatal(err)
	}
	b := &brokenServer{goneAt: goneAt, second: second}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ModifyResponse = b.enter
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.mu.Lock()
		gone := b.goneAt > 0 && len(b.clients) >= b.goneAt
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

func (b *brokenServer) enter(r *http.Response) error {
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
		if b.second != nil && len(b.clients) == 2 {
			b.second <- struct{}{}
			<-b.second
		}
	case r.Request.Method == http.MethodDelete && r.StatusCode == http.StatusNoContent:
		b.deleted++
	}
	return nil
}

// account is which clients were made, and how many were deleted.
func (b *brokenServer) account() (made []string, deleted int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.clients, b.deleted
}

// TestProbeLeavesBehind: what a server that is gone keeps is printed.
func TestProbeLeavesBehind(t *testing.T) {
	b, command := startProbed(t, 1, nil)
	output, err := command.Output()
	if command.ProcessState.ExitCode() != 1 {
		t.Errorf("status %d: %v", command.ProcessState.ExitCode(), err)
	}
	_, left, _ := strings.Cut(string(output), "\nThese clients may still be there:\n")
	if made, _ := b.account(); len(made) != 1 || !strings.Contains(left, "  "+made[0]+`  "smart-registration probe `) {
		t.Errorf("made were %q, and what is printed is\n%s", made, output)
	}
}

// TestProbeInterrupted: Ctrl-C ends it, and first it cleans up.
func TestProbeInterrupted(t *testing.T) {
	second := make(chan struct{})
	b, command := startProbed(t, 0, second)
	var output, log strings.Builder
	command.Stdout, command.Stderr = &output, &log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	<-second
	if err := command.Process.Signal(os.Interrupt); err != nil {
		t.Error(err)
	}
	second <- struct{}{}
	err := command.Wait()
	if command.ProcessState.ExitCode() != 2 {
		t.Errorf("status %d: %v\n%s", command.ProcessState.ExitCode(), err, &output)
	}
	made, deleted := b.account()
	if deleted != len(made) || strings.Contains(output.String(), "gateway/delete") {
		t.Errorf("%q were made, %d deleted\n%s", made, deleted, &output)
	}
	if _, cleaning, _ := strings.Cut(log.String(), "Cleaning up.\n"); !strings.Contains(cleaning, made[0]) {
		t.Errorf("what there was to clean up is not said: %s", &log)
	}
}
