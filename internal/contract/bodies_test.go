package contract

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// testBodies: what two parsers could read differently, and what no app can
// mean, ends here.
func testBodies(t *testing.T, g *gateway) {
	token := g.initialAccessToken(t, 1)
	nested := func(depth int) string {
		return `{"x":` + strings.Repeat("[", depth-1) + strings.Repeat("]", depth-1) + `}`
	}
	const uris = `"redirect_uris":["https://client.example.org/callback"]`
	for _, c := range []struct{ name, body, rule string }{
		{"empty", "", "json"},
		{"only spaces", " \n", "json"},
		{"null", "null", "json"},
		{"an array", "[]", "json"},
		{"an array with a document", "[{" + uris + "}]", "json"},
		{"a string", `"redirect_uris"`, "json"},
		{"a number", "1", "json"},
		{"cut off", "{" + uris, "json"},
		{"something behind", "{" + uris + "} {}", "json"},
		{"a comma behind", "{" + uris + ",}", "json"},
		{"a comment", "{" + uris + "/* */}", "json"},
		{"a member twice", "{" + uris + `,"scope":"openid","scope":"system/*.rs"}`, "json"},
		{"a member twice, once escaped", "{" + uris + `,"scope":"openid","\u0073cope":"system/*.rs"}`, "json"},
		{"a member twice, deep inside", "{" + uris + `,"jwks":{"keys":[{"kty":"EC","kty":"oct"}]}}`, "json"},
		{"invalid UTF-8", "{" + uris + ",\"client_name\":\"\xff\"}", "json"},
		{"a lone surrogate", "{" + uris + `,"client_name":"\ud800"}`, "json"},
		{"a byte order mark", "\ufeff{" + uris + "}", "json"},
		{"nested too deep", nested(17), "json"},
		{"nested much too deep", nested(10_000), "json"},
		{"a number for a name", "{" + uris + `,"client_name":1}`, "type"},
		{"a list of numbers", `{"redirect_uris":[1]}`, "type"},
		{"a string for a list", `{"redirect_uris":"https://client.example.org/callback"}`, "type"},
		{"a list for a scope", "{" + uris + `,"scope":["openid"]}`, "type"},
		{"a string for a flag", "{" + uris + `,"require_auth_time":"true"}`, "type"},
		{"a list for keys", "{" + uris + `,"jwks":[]}`, "type"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := g.do(t, call{token: token, body: c.body})
			a.refused(t, http.StatusBadRequest, a.text("error"), c.rule)
			if code := a.text("error"); code != "invalid_client_metadata" && code != "invalid_redirect_uri" && code != "invalid_request" {
				t.Errorf("error is %q", code)
			}
		})
	}

	// The answer comes although the rest of the body never does.
	t.Run("too large", func(t *testing.T) {
		g.tooLarge(t, token, "Content-Length: 67108864", "{")
	})
	t.Run("too large, and not saying so", func(t *testing.T) {
		const size = 64<<10 + 1
		g.tooLarge(t, token, "Transfer-Encoding: chunked", fmt.Sprintf("%x\r\n%s\r\n", size, strings.Repeat(" ", size)))
	})
	t.Run("just not too large", func(t *testing.T) {
		document := "{" + uris + `,"client_name":"App"`
		g.register(t, plain, token, document+strings.Repeat(" ", 64<<10-len(document)-1)+"}")
	})

	for _, c := range []struct {
		name  string
		types []string
	}{
		{"no content type", nil},
		{"text", []string{"text/plain"}},
		{"a form", []string{"application/x-www-form-urlencoded"}},
		{"a longer name", []string{"application/json-patch+json"}},
		{"two content types", []string{"application/json", "application/json"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := g.do(t, call{token: token, body: app(), header: http.Header{"Content-Type": c.types}})
			a.refused(t, http.StatusUnsupportedMediaType, "invalid_request")
		})
	}
	t.Run("a content type with parameters", func(t *testing.T) {
		a := g.do(t, call{
			token: g.initialAccessToken(t, 1), body: app(),
			header: http.Header{"Content-Type": {"Application/JSON; charset=utf-8"}},
		})
		if a.status != http.StatusCreated {
			t.Errorf("%d %s", a.status, a.raw)
		}
	})
}

// tooLarge wants 413 for a body of which only the beginning is sent.
func (g *gateway) tooLarge(t *testing.T, token, length, beginning string) {
	t.Helper()
	mark := g.upstream.mark()
	address := strings.TrimPrefix(g.url, "http://")
	status := raw(t, address, "POST "+plain+" HTTP/1.1\r\nHost: "+address+"\r\nAuthorization: Bearer "+token+
		"\r\nContent-Type: application/json\r\n"+length+"\r\n\r\n"+beginning)
	if status != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", status)
	}
	if reached := g.upstream.since(mark); len(reached) != 0 {
		t.Errorf("upstream: %+v", reached)
	}
}
