package docs_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-smart/smartregistration/internal/keycloaktest"
)

// gateway is a running Caddyfile of the documentation. A process has only one
// Caddy, so tests with a gateway are not parallel.
type gateway struct {
	address string // where it listens
	host    string // the name of its site
}

// realm is where the documents' server has its realm, except in
// Caddyfile.example.
const realm = "/realms/fhir"

// run starts a Caddyfile as it is printed, but for where it listens (on
// loopback, without TLS), where it keeps certificates, what it logs, from where
// it names files, and the address of the server.
func run(t *testing.T, caddyfile, server string) gateway {
	t.Helper()
	adapted, _, err := adapt(strings.ReplaceAll(caddyfile, "{file.testdata/", "{file."+root+"/testdata/"))
	if err != nil {
		t.Fatal(err)
	}
	var config map[string]any
	if err := json.Unmarshal(adapted, &config); err != nil {
		t.Fatal(err)
	}
	config["admin"] = map[string]any{"disabled": true, "config": map[string]any{"persist": false}}
	config["storage"] = storage(t)
	config["logging"] = map[string]any{"logs": map[string]any{"default": map[string]any{
		"writer": map[string]any{"output": "discard"},
	}}}
	g := gateway{host: "localhost"}
	apps := config["apps"].(map[string]any)
	delete(apps, "tls")
	for _, site := range apps["http"].(map[string]any)["servers"].(map[string]any) {
		site := site.(map[string]any)
		address := keycloaktest.FreeAddress(t)
		site["listen"] = []string{address}
		site["automatic_https"] = map[string]bool{"disable": true}
		delete(site, "tls_connection_policies")
		if find(site, func(m map[string]any) bool { return m["handler"] == "smart_registration" }) == nil {
			continue
		}
		g.address = address
		if matcher := find(site, func(m map[string]any) bool { return m["host"] != nil }); matcher != nil {
			g.host = matcher["host"].([]any)[0].(string)
		}
		find(site, func(m map[string]any) bool {
			if m["dial"] != nil {
				m["dial"] = server
			}
			return false
		})
	}
	if g.address == "" {
		t.Fatalf("no site has the handler:\n%s", caddyfile)
	}
	changed, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := caddy.Load(changed, true); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := caddy.Stop(); err != nil {
			t.Error(err)
		}
	})
	return g
}

// find returns an object of a JSON value for which is holds, nil without one.
func find(value any, is func(map[string]any) bool) map[string]any {
	switch v := value.(type) {
	case map[string]any:
		if is(v) {
			return v
		}
		for _, member := range v {
			if found := find(member, is); found != nil {
				return found
			}
		}
	case []any:
		for _, element := range v {
			if found := find(element, is); found != nil {
				return found
			}
		}
	}
	return nil
}
