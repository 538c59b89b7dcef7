package docs_test

import (
	"encoding/json"
	"net/http"
	"testing"
)

// TestDiscovery runs the page's first Caddyfile: the server's own document names
// the gateway's endpoint, and the rest is the server's.
func TestDiscovery(t *testing.T) {
	server := startSandbox(t)
	g := run(t, blocksBelow(t, discovery, "Discovery", whole)[0], server.address())
	advertised := func(address string) map[string]any {
		request, err := http.NewRequest(http.MethodGet, "http://"+address+realm+"/.well-known/openid-configuration", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = g.host
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		var document map[string]any
		if err := json.NewDecoder(response.Body).Decode(&document); err != nil {
			t.Fatal(err)
		}
		return document
	}
	theirs, ours := advertised(server.address()), advertised(g.address)
	if theirs["registration_endpoint"] != "https://auth.example.org"+realm+"/clients-registrations/openid-connect" {
		t.Errorf("the server says %v", theirs["registration_endpoint"])
	}
	if ours["registration_endpoint"] != "https://auth.example.org/register" {
		t.Errorf("the gateway says %v", ours["registration_endpoint"])
	}
	if len(ours) != len(theirs) || ours["issuer"] != theirs["issuer"] || ours["token_endpoint"] != theirs["token_endpoint"] {
		t.Errorf("got %v, want %v", ours, theirs)
	}
}
