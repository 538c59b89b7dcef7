package contract

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// detours lead from a client configuration endpoint to something else, for
// somebody who reads paths otherwise than the gateway does. {id} is a client, and
// the token is the client's own.
var detours = []string{
	// Keycloak's other providers, which take the same tokens.
	"/default/{id}", "/install/{id}", "/saml2-entity-descriptor/{id}", "/openid-connect/{id}", "/../default/{id}", "/../install/{id}",
	"/../default", "/../saml2-entity-descriptor", "/..", "/../..", "/{id}/../../default/{id}", "/{id}/..", "/./{id}", "/{id}/.",
	// Dot segments that a server resolves.
	"/%2e%2e/default/{id}", "/.%2e/default/{id}", "/%2E./install/{id}", "/%2e%2e%2fdefault%2f{id}", "/..%2fdefault/{id}", "/..%2fdefault%2f{id}",
	"/..%2Finstall%2F{id}", "/{id}%2f..%2f..%2fdefault%2f{id}", "/{id}/%2e%2e/%2e%2e/default/{id}", "/%2e/{id}", "/%2e%2e", "/%2e", "/.%2f{id}",
	"/..;/default/{id}", "/..;x=y/install/{id}", "/%2e%2e;/default/{id}", "/..%3b/default/{id}", "/.;/{id}", "/;/{id}", "/..%00/default/{id}",
	"/..%09/default/{id}", "/...", "/....", "/%2e%2e%2e",
	// One layer of encoding more.
	"/%252e%252e/default/{id}", "/..%252fdefault%252f{id}", "/%25252e%25252e%25252fdefault", "/{id}%252f..%252f..%252fdefault", "/{id}%2500", "/%2525{id}",
	"/%u002e%u002e/default/{id}", "/%c0%ae%c0%ae/default/{id}", "/%c0%af..%c0%afdefault/{id}", "/\uff0e\uff0e/default/{id}", "/%ef%bc%8e%ef%bc%8e%ef%bc%8fdefault",
	// Backslashes.
	`/..\default\{id}`, `/{id}\..\..\default`, "/..%5cdefault%5c{id}", "/%5c..%5c..%5cdefault", `/\{id}`,
	// Path parameters and what ends a path.
	"/{id};x=y", "/{id};", "/{id};/../../default", "/{id}%3b", "/{id}%3bx=y", "/{id}%3f", "/{id}%3fx=y", "/{id}%23", "/{id}%23/../../default", "/{id},x",
	// Slashes.
	"/{id}/", "/{id}//", "//{id}", "/", "//", "/{id}/%2f", "/{id}%2f", "/%2f{id}", "/{id}/default", "/{id}/client-secret", "/{id}/registration-access-token",
	// What is no id at all.
	"/%00", "/{id}%00", "/%00{id}", "/{id}%0a", "/{id}%0d%0aX-Evil:%20evil", "/%20", "/{id}%20", "/%20{id}", "/{id}+", "/*", "/{id}*", "/%2a", "/'", "/{id}'--",
	"/{{id}}", "/${{id}}", "/%", "/%2", "/%zz", "/{id}%", "/\xff\xfe", "/%ff%fe", "/\u00fc", "/%c3%bc", "/{id}\u200b", "/{id}%e2%80%8b", "/\u0131nstall",
	"/" + strings.Repeat("a", 256), "/" + strings.Repeat("a", 7000), "/" + strings.Repeat("%61", 256), "/" + strings.Repeat("{id}", 8),
	"/" + strings.Repeat("../", 50) + "default", "/" + strings.Repeat("%2e%2e%2f", 50) + "default",
}

// testDetours sends them with each method, as bytes: Go's client would tidy them
// up. Whatever a client may do with its registration, none of it may come of them.
func testDetours(t *testing.T, g *gateway) {
	iat := g.initialAccessToken(t, 2)
	c := g.newClient(t, plain, iat, app())
	before := g.whole(t, c)
	update := `{"client_id":"` + c.id + `","clientId":"` + c.id + `","client_name":"Evil","redirect_uris":["https://client.example.org/callback"],"fullScopeAllowed":true}`
	for _, detour := range detours {
		target := plain + strings.ReplaceAll(detour, "{id}", c.id)
		for _, r := range []struct{ method, token, body string }{
			{http.MethodGet, c.token, ""},
			{http.MethodPut, c.token, update},
			{http.MethodDelete, c.token, ""},
			{http.MethodPost, iat, `{"clientId":"evil","client_name":"Evil","redirect_uris":["https://evil.example/"],"serviceAccountsEnabled":true}`},
			{"GET", iat, ""},
			{"get", c.token, ""},
			{"MOVE", c.token, ""},
		} {
			mark := g.upstream.mark()
			status := g.bytes(t, r.method, target, r.token, r.body)
			switch status {
			case http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusRequestHeaderFieldsTooLarge:
			default:
				t.Errorf("%s %.200s: %d", r.method, target, status)
			}
			if seen := g.upstream.since(mark); len(seen) > 0 {
				t.Errorf("%s %.200s reached the server: %s %s", r.method, target, seen[0].method, seen[0].path)
			}
		}
	}
	if after := g.whole(t, c); !reflect.DeepEqual(after, before) {
		t.Errorf("the server holds\n%+v, before\n%+v", after, before)
	}
	if read := c.do(t, http.MethodGet, nil); read.status != http.StatusOK {
		t.Errorf("the client's token afterwards: %d", read.status)
	}
	g.register(t, plain, iat, app()) // the second and last use is still there
	if g.server.lacks()["tokens"] != "" {
		return // none is ever used up
	}
	if a := g.do(t, call{token: iat, body: app()}); a.status != http.StatusUnauthorized {
		t.Errorf("the token is good for another one: %d", a.status)
	}
}

// testNames: what looks like an id and is somebody else's, a name in the server's
// own paths, or the same id in another spelling.
func testNames(t *testing.T, g *gateway) {
	c := g.newClient(t, plain, g.initialAccessToken(t, 1), app())
	unknown := c.id[:len(c.id)-1] + "x"
	first := g.do(t, call{method: http.MethodGet, path: plain + "/" + unknown, token: c.token})
	first.is(t, http.StatusUnauthorized, "invalid_token")
	for _, name := range []string{
		"default", "install", "saml2-entity-descriptor", "openid-connect", "clients-registrations", "account", "account-console", "admin-cli",
		"realm-management", "security-admin-console", "broker", registrar, "null", "undefined", "0", "-1", "a..b", "~", ".a", "a.", "..a", "@", "a:b",
		strings.ToUpper(c.id), strings.Repeat("a", 255),
	} {
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
			request := call{method: method, path: plain + "/" + name, token: c.token}
			if method == http.MethodPut {
				request.body = app("client_id", name)
			}
			a := g.do(t, request)
			a.is(t, http.StatusUnauthorized, "invalid_token")
			if a.raw != first.raw || !reflect.DeepEqual(a.header["Www-Authenticate"], first.header["Www-Authenticate"]) {
				t.Errorf("%s %s can be told from an unknown client:\n%s %q\n%s %q", method, name,
					a.raw, a.header["Www-Authenticate"], first.raw, first.header["Www-Authenticate"])
			}
			for _, x := range a.upstream {
				if x.path != g.server.registrationPath()+"/"+name || x.method == http.MethodPut {
					t.Errorf("%s %s: upstream %s %s", method, name, x.method, x.path)
				}
			}
		}
	}
	// RFC 3986 section 6.2.2.2: this is the same address.
	same := g.do(t, call{method: http.MethodGet, path: plain + "/" + fmt.Sprintf("%%%02x", c.id[0]) + c.id[1:], token: c.token})
	if same.status != http.StatusOK || same.text("client_id") != c.id || same.text("registration_client_uri") != c.uri {
		t.Errorf("the id in another spelling: %d %s", same.status, same.raw)
	}
	for _, x := range same.upstream {
		if x.path != g.server.registrationPath()+"/"+c.id {
			t.Errorf("upstream %s %s", x.method, x.path)
		}
	}
}

// bytes sends a request as it is and returns the status of the answer.
func (g *gateway) bytes(t *testing.T, method, target, token, body string) int {
	t.Helper()
	address := strings.TrimPrefix(g.url, "http://")
	request := method + " " + target + " HTTP/1.1\r\nHost: " + address + "\r\nAuthorization: Bearer " + token +
		"\r\nX-Request-Id: " + requestID + "\r\nTraceparent: " + traceParent + "\r\nConnection: close\r\n"
	if body != "" {
		request += fmt.Sprintf("Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	return raw(t, address, request+"\r\n"+body)
}
