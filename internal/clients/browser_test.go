package clients

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
)

// browser does what a browser does for a script of another origin. Keycloak by
// itself answers a request with an Origin with 403.
func browser(t *testing.T, at place) {
	t.Helper()
	ask := func(method, origin, body string, header http.Header) (status int, answered http.Header) {
		request, err := http.NewRequestWithContext(t.Context(), method, at.url+"/register", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		maps.Copy(request.Header, header)
		request.Header.Set("Origin", origin)
		response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		return response.StatusCode, response.Header
	}
	document, err := json.Marshal(app())
	if err != nil {
		t.Fatal(err)
	}
	status, answered := ask(http.MethodOptions, "https://portal.example.org", "", http.Header{
		"Access-Control-Request-Method": {"POST"}, "Access-Control-Request-Headers": {"authorization,content-type"},
	})
	if status != http.StatusNoContent || answered.Get("Access-Control-Allow-Methods") != "POST" {
		t.Errorf("preflight: %d %v", status, answered)
	}
	for origin, shared := range map[string]string{"https://portal.example.org": "https://portal.example.org", "https://evil.example": ""} {
		status, answered := ask(http.MethodPost, origin, string(document), http.Header{
			"Authorization": {"Bearer " + at.initialAccessToken(t)}, "Content-Type": {"application/json"},
		})
		if status != http.StatusCreated || answered.Get("Access-Control-Allow-Origin") != shared {
			t.Errorf("%s: %d %v", origin, status, answered)
		}
		status, answered = ask(http.MethodPost, origin, string(document), http.Header{
			"Authorization": {"Bearer nonsense"}, "Content-Type": {"application/json"},
		})
		if status != http.StatusUnauthorized || answered.Get("Access-Control-Allow-Origin") != shared {
			t.Errorf("%s: %d %v", origin, status, answered)
		}
	}
}
