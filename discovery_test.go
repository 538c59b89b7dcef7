package smartregistration_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"weak"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	smartregistration "github.com/caddy-smart/smartregistration"
)

// TestNarrowPolicy: documents advertise what the policy in force can ever allow,
// and what it is not about stays.
func TestNarrowPolicy(t *testing.T) {
	s := newServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"registration_endpoint":"https://kc/reg","issuer":"https://kc",
			"scopes_supported":["openid","fhirUser","offline_access","patient/*.rs","patient/Observation.rs","user/*.rs","system/*.rs","roles"],
			"grant_types_supported":["authorization_code","refresh_token","password","client_credentials"],
			"token_endpoint_auth_methods_supported":["client_secret_basic","private_key_jwt","none"],
			"capabilities":["client-public","client-confidential-symmetric","client-confidential-asymmetric","permission-offline","permission-patient","permission-user","permission-v2","vendor"]}`)
	})
	file := filepath.Join(t.TempDir(), "policy.json")
	write(t, file, `{"scopes":{"allow":["openid","patient/*.rs"]},"profiles":[{"name":"patient","preset":"public"}]}`)
	address := freeAddress(t)
	narrowed := func(config string) func() map[string]any {
		run(t, config)
		return func() map[string]any {
			return ask(t, http.MethodGet, "http://"+address+"/fhir/.well-known/smart-configuration", "").body
		}
	}
	config := strings.Replace(site(address, s.URL, passthrough+"policy "+file), `respond "next handler" 299`,
		"smart_discovery {\n\t\tregistration_endpoint http://"+address+"/register\n\t\tnarrow policy\n\t}\n\treverse_proxy "+s.URL, 1)
	list := func(values ...any) []any { return values }

	t.Run("one handler", func(t *testing.T) {
		document := narrowed(config)
		want := map[string]any{
			"registration_endpoint": "http://" + address + "/register", "issuer": "https://kc",
			"scopes_supported":                      list("openid", "patient/*.rs", "patient/Observation.rs"),
			"grant_types_supported":                 list("authorization_code", "refresh_token"),
			"token_endpoint_auth_methods_supported": list("none"),
			"capabilities":                          list("client-public", "permission-patient", "permission-v2", "vendor"),
		}
		if got := document(); !reflect.DeepEqual(got, want) {
			t.Errorf("got %v\nwant %v", got, want)
		}
		write(t, file, `{"scopes":{"allow":["system/*.rs"]},"profiles":[{"name":"backend","preset":"backend_services"}]}`)
		until(t, "what the other policy allows", func() bool {
			return reflect.DeepEqual(document()["scopes_supported"], list("system/*.rs"))
		})
		if got := document()["grant_types_supported"]; !reflect.DeepEqual(got, list("client_credentials")) {
			t.Errorf("got %v", got)
		}
	})
	for name, test := range map[string]struct{ config, notice string }{
		"another path": {strings.Replace(config, "policy "+file, "policy "+file+"\n\t\tpath /apps", 1), `"path":"/register","handlers":0`},
		"two handlers": {
			strings.Replace(config, "\tsmart_discovery", "\tsmart_registration /register* {\n"+strings.ReplaceAll(passthrough, "{UPSTREAM}", s.URL)+"\n\t}\n\tsmart_discovery", 1),
			`"path":"/register","handlers":2`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			log := filepath.Join(t.TempDir(), "log")
			if got, _ := narrowed(loggingTo(test.config, log))()["scopes_supported"].([]any); len(got) != 8 {
				t.Errorf("got %v", got)
			}
			if content, err := os.ReadFile(log); err != nil || !strings.Contains(string(content), test.notice) {
				t.Errorf("not said: %s (%v)\n%s", test.notice, err, content)
			}
		})
	}
}

// loggingTo has Caddy log into a file.
func loggingTo(config, file string) string {
	return strings.Replace(config, "{", "{\n\tlog {\n\t\toutput file "+file+"\n\t}", 1)
}

// TestCleanup: a configuration that has been replaced is not held by what it has
// published.
func TestCleanup(t *testing.T) {
	server := func() weak.Pointer[caddyhttp.Server] {
		server := new(caddyhttp.Server)
		h := &smartregistration.Handler{
			UpstreamRaw:        []byte(`{"handler": "static_response", "status_code": 201}`),
			UpstreamPath:       "/realms/r/clients-registrations/openid-connect",
			InitialAccessToken: []smartregistration.InitialAccessToken{{Kind: "passthrough"}},
		}
		ctx, cancel := caddy.NewContext(caddy.Context{Context: context.WithValue(context.Background(), caddyhttp.ServerCtxKey, server)})
		defer cancel()
		if err := h.Provision(ctx); err != nil {
			t.Fatal(err)
		}
		if err := h.Cleanup(); err != nil {
			t.Fatal(err)
		}
		return weak.Make(server)
	}()
	until(t, "that the server is forgotten", func() bool {
		runtime.GC()
		return server.Value() == nil
	})
}
