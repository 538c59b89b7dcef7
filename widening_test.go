package smartregistration_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestVouchedWidening: who vouches for an update that goes beyond the registration is
// somebody whom the gateway has verified. A token of the server's own, which only the
// server can judge and is not asked about, vouches for nothing.
func TestVouchedWidening(t *testing.T) {
	const update = `{"client_id":"c1","redirect_uris":["https://another.example.org/cb"],"client_name":"App"}`
	const claims = `{"iss":"https://portal.example.org","sub":"developer-1"}`
	lines := strings.Replace(portal, "expiry optional\n\t\t}", "expiry optional\n\t\t\tissuer https://portal.example.org\n\t\t}\n\t\tpassthrough", 1) +
		"upstream_credential bearer ours\nwidening admission"
	for name, test := range map[string]struct {
		vouching string
		status   int
		code     any
		asked    string
	}{
		"the portal":              {hmacToken(portalSecret, claims), 200, nil, "GET c1, PUT c1"},
		"somebody like it":        {hmacToken("another secret, just as long as it", claims), 401, "invalid_token", ""},
		"a token of the server's": {initialToken, 401, "invalid_token", ""},
		"the update's own token":  {registrationToken, 401, "invalid_token", ""},
		"an empty header":         {"", 400, "invalid_request", ""},
		"nobody, and no header":   {"-", 400, "invalid_redirect_uri", "GET c1"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newClients(t, nil)
			s.serve(http.MethodPost, "", "", []byte(`{"redirect_uris":["https://app.example.org/cb"],"client_name":"App"}`))
			s.mu.Lock()
			s.tokens["c1"] = "Bearer " + registrationToken
			s.mu.Unlock()
			headers := []string{bearer(registrationToken)}
			if test.vouching != "-" {
				headers = append(headers, "Initial-Access-Token: "+test.vouching)
			}
			a := ask(t, http.MethodPut, gateway(t, s.URL, lines)+"/register/c1", update, headers...)
			if asked := strings.Join(s.log(), ", "); a.status != test.status || a.body["error"] != test.code || asked != test.asked {
				t.Errorf("got %s after %q, want %d %v after %q", a, asked, test.status, test.code, test.asked)
			}
		})
	}
}
