package smartregistration_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestOfferedScopes: what is sent is what the server has, and what is answered is
// what was asked, where it means the same.
func TestOfferedScopes(t *testing.T) {
	s := newServer(t, echo)
	const scopes = "scopes {\nallow openid patient/*.rs system/*.rs clinic\n}\n"
	for name, test := range map[string]struct {
		lines, asked   string
		status         int
		sent, answered string
	}{
		"list":    {"offered {\nlist patient/*.rs\n}", "openid patient/*.read clinic", 201, "patient/*.rs", "openid patient/*.read"},
		"unknown": {"offered {\nlist patient/*.rs\nunknown send\n}", "clinic patient/*.rs", 201, "clinic patient/*.rs", "clinic patient/*.rs"},
		"refused": {"offered {\nlist patient/*.rs\nunknown reject\n}", "clinic patient/*.rs", 400, "", ""},
		"expand":  {"offered {\nlist patient/Goal.rs patient/Observation.rs\nexpand 2\n}", "patient/*.rs", 201, "patient/Goal.rs patient/Observation.rs", "patient/Goal.rs patient/Observation.rs"},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(s.received())
			a := ask(t, http.MethodPost, gateway(t, s.URL, passthrough+scopes+test.lines)+"/register",
				`{"redirect_uris":["https://app.example.org/cb"],"scope":"`+test.asked+`"}`, bearer(initialToken))
			if a.status != test.status {
				t.Fatalf("got %s", a)
			}
			if test.status != 201 {
				return
			}
			var sent struct{ Scope string }
			if err := json.Unmarshal(s.received()[before].body, &sent); err != nil || sent.Scope != test.sent {
				t.Errorf("sent %q, want %q", sent.Scope, test.sent)
			}
			if a.body["scope"] != test.answered {
				t.Errorf("answered %q, want %q", a.body["scope"], test.answered)
			}
		})
	}
}

// TestOfferedLater: a gateway that starts while the server is down sends what was
// decided, and picks the list up when there is one.
func TestOfferedLater(t *testing.T) {
	s := newServer(t, echo)
	address := freeAddress(t)
	base := gateway(t, s.URL, passthrough+`
		scopes {
			allow openid patient/*.rs clinic
		}
		offered {
			from http://`+address+`/.well-known/openid-configuration
			refresh 1s
		}`)
	scope := func() any {
		return ask(t, http.MethodPost, base+"/register",
			`{"redirect_uris":["https://app.example.org/cb"],"scope":"openid patient/*.rs clinic"}`, bearer(initialToken)).body["scope"]
	}
	if got := scope(); got != "openid patient/*.rs clinic" {
		t.Fatalf("while the server is down: %v", got)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	metadata := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/openid-configuration") {
			fmt.Fprint(w, `{"scopes_supported":["openid","patient/*.rs"]}`)
		}
	}))
	metadata.Listener = listener
	metadata.Start()
	until(t, "the server's scopes", func() bool { return scope() == "openid patient/*.rs" })
	metadata.Close()
	if got := scope(); got != "openid patient/*.rs" {
		t.Errorf("after it went down again: %v", got)
	}
}
