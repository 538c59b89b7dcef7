package smartregistration_test

import (
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/goleak"
)

// TestReload: reloads lose no request that was taken up, and leave no goroutine
// behind: what fetches key sets, looks at files and tries the shadow policy is
// gone with its configuration.
//
// A connection that is reset while it waits to be accepted was not taken up.
// Caddy opens the new listening socket beside the old one (SO_REUSEPORT), and
// the kernel drops what the old one has not accepted yet; a bare reverse_proxy
// shows the same. Callers connect again. What must not be is a registration at
// the server that nobody was told of.
func TestReload(t *testing.T) {
	before := goleak.IgnoreCurrent()
	keys := newServer(t, status(200, `{"keys":[{"kty":"EC","crv":"P-256","kid":"1","use":"sig","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}`))
	s := newServer(t, echo)
	address := freeAddress(t)
	file := filepath.Join(t.TempDir(), "policy.json")
	write(t, file, "{}")
	config := site(address, s.URL, `
		policy `+file+`
		shadow `+file+`
		upstream {UPSTREAM}
		upstream_path /realms/r/clients-registrations/openid-connect
		initial_access_token {
			jwt {
				issuer https://portal.example.org
				audience https://auth.example.org
				jwks `+keys.URL+`
			}
			passthrough
		}
		upstream_credential bearer ours`)
	load(t, config)

	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	var stop atomic.Bool
	var answered atomic.Int64
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for !stop.Load() {
				switch status := register(t, client, "http://"+address); status {
				case http.StatusCreated:
					answered.Add(1)
				case 0: // not taken up
				default:
					t.Errorf("got %d", status)
					stop.Store(true)
				}
			}
		})
	}
	for range 20 {
		was := answered.Load()
		load(t, config)
		for answered.Load() < was+8 && !stop.Load() { // until the new configuration is at work
			runtime.Gosched()
		}
	}
	stop.Store(true)
	callers.Wait()
	if got := int64(len(s.received())); got != answered.Load() {
		t.Errorf("%d registrations reached the server, %d were answered", got, answered.Load())
	}
	if err := caddy.Stop(); err != nil {
		t.Fatal(err)
	}
	s.Close()
	keys.Close()
	http.DefaultClient.CloseIdleConnections()
	client.CloseIdleConnections()
	// Caddy's storage keeps a lock file fresh and looks once in 5 s whether it may
	// stop.
	goleak.VerifyNone(t, before, goleak.IgnoreAnyFunction("github.com/caddyserver/certmagic.keepLockfileFresh"))
}

// TestRefusedReload: a configuration that is refused leaves the metrics of the one
// that goes on.
func TestRefusedReload(t *testing.T) {
	s := newServer(t, echo)
	address, admin := freeAddress(t), freeAddress(t)
	config := func(lines string) string {
		return strings.Replace(site(address, s.URL, lines), "admin off", "admin "+admin+"\n\tpersist_config off", 1)
	}
	run(t, config(passthrough))
	if a := ask(t, http.MethodPost, "http://"+address+"/register", app, bearer(initialToken)); a.status != http.StatusCreated {
		t.Fatalf("got %s", a)
	}
	refused, _, err := adapt(config(passthrough + "policy /nowhere/policy.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := caddy.Load([]byte(refused), true); err == nil {
		t.Fatal("it was not refused")
	}
	if metrics := ask(t, http.MethodGet, "http://"+admin+"/metrics", ""); !strings.Contains(metrics.text, "caddy_smart_registration_decisions_total{") {
		t.Errorf("the metrics lack the decisions: %d", metrics.status)
	}
}

// register returns the status of one registration, 0 if the connection was reset
// before there was an answer.
func register(t *testing.T, client *http.Client, base string) int {
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/register", strings.NewReader(app))
	if err != nil {
		t.Error(err)
		return -1
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+initialToken)
	response, err := client.Do(request)
	if err != nil {
		return 0
	}
	_ = response.Body.Close()
	return response.StatusCode
}
