package clients

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// browser does what a browser does for a script of another origin. Keycloak by
// itself answers a request with an Origin with 403.
func browser(t *testing.T, at place) {
	t.Helper()
	ask := func(method, origin, body string, header http.Header) *http.Response {
		request, err := http.NewRequestWithContext(t.Context(), method, at.url+"/register", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for name, values := range header {
			request.Header[name] = values
		}
		request.Header.Set("Origin", origin)
		response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { response.Body.Close() })
		return response
	}
	document, err := json.Marshal(app())
	if err != nil {
		t.Fatal(err)
	}
	preflight := ask(http.MethodOptions, "https://portal.example.org", "", http.Header{
		"Access-Control-Request-Method": {"POST"}, "Access-Control-Request-Headers": {"authorization,content-type"},
	})
	if preflight.StatusCode != http.StatusNoContent || preflight.Header.Get("Access-Control-Allow-Methods") != "POST" {
		t.Errorf("preflight: %s %v", preflight.Status, preflight.Header)
	}
	for origin, shared := range map[string]string{"https://portal.example.org": "https://portal.example.org", "https://evil.example": ""} {
		response := ask(http.MethodPost, origin, string(document), http.Header{
			"Authorization": {"Bearer " + at.initialAccessToken(t)}, "Content-Type": {"application/json"},
		})
		if response.StatusCode != http.StatusCreated || response.Header.Get("Access-Control-Allow-Origin") != shared {
			t.Errorf("%s: %s %v", origin, response.Status, response.Header)
		}
		refused := ask(http.MethodPost, origin, string(document), http.Header{
			"Authorization": {"Bearer nonsense"}, "Content-Type": {"application/json"},
		})
		if refused.StatusCode != http.StatusUnauthorized || refused.Header.Get("Access-Control-Allow-Origin") != shared {
			t.Errorf("%s: %s %v", origin, refused.Status, refused.Header)
		}
	}
}
