package sandbox

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	_ "github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
)

// TestServedByCaddy runs the handler as an operator does: from a Caddyfile, on a
// socket, across a reload.
func TestServedByCaddy(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()

	load := func(realm string) {
		t.Helper()
		// Nothing listens on port 1: an answer can only be the sandbox's.
		config := fmt.Sprintf("{\n\tadmin off\n\tpersist_config off\n}\nhttp://%s {\n\treverse_proxy 127.0.0.1:1\n\tsmart_registration_sandbox {\n\t\trealm %s\n\t}\n}\n", address, realm)
		adapted, warnings, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(config), nil)
		if err != nil || len(warnings) > 0 {
			t.Fatal(err, warnings)
		}
		if err := caddy.Load(adapted, true); err != nil {
			t.Fatal(err)
		}
	}
	// A connection of the old configuration ends with it.
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	// One that waited to be accepted by the old configuration is reset: Caddy opens
	// the new socket beside the old one, so it is tried again.
	post := func(path, token, body string) answer {
		t.Helper()
		var failed error
		for range 100 {
			r, err := http.NewRequest("POST", "http://"+address+path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+token)
			res, err := client.Do(r)
			if err == nil {
				return read(t, res)
			}
			failed = err
		}
		t.Fatal(failed)
		return answer{}
	}
	const endpoint = "/realms/served/clients-registrations/openid-connect"

	load("served")
	t.Cleanup(func() {
		if err := caddy.Stop(); err != nil {
			t.Error(err)
		}
		if _, held := realms.References("served"); held {
			t.Error("the realm is still held after Caddy has stopped")
		}
	})
	token := post("/initial-access-token", "", "").text("token")
	if a := post(endpoint, token, `{}`); a.status != 201 || a.header.Get("Cache-Control") != "" {
		t.Fatalf("%d %v %s", a.status, a.header, a.raw)
	}
	load("served")
	if a := post(endpoint, token, `{}`); a.status != 201 {
		t.Errorf("after a reload: %d %s", a.status, a.raw)
	}
	load("another")
	if a := post(endpoint, token, `{}`); a.status != 404 {
		t.Errorf("after the realm was taken out: %d %s", a.status, a.raw)
	}
}
