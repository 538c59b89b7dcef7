package contract

import (
	"net/http"
	"testing"
)

// testEndpoints: which addresses and methods there are.
func testEndpoints(t *testing.T, g *gateway) {
	token := g.initialAccessToken(t, 1)
	const client = "/0b8cc6ae-0e4d-4d2e-8d9b-6d7a5fca6a0f"
	const all = "GET, PUT, DELETE"
	for _, c := range []struct{ method, path, allow string }{
		{http.MethodGet, plain, "POST"},
		{http.MethodHead, plain, "POST"},
		{http.MethodPut, plain, "POST"},
		{http.MethodDelete, plain, "POST"},
		{http.MethodPatch, plain, "POST"},
		{http.MethodOptions, plain, "POST"},
		{http.MethodPost, plain + client, all},
		{http.MethodPatch, plain + client, all},
		{http.MethodHead, plain + client, all},
		{http.MethodPut, readOnly + client, "GET"},
		{http.MethodDelete, readOnly + client, "GET"},
	} {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			a := g.do(t, call{method: c.method, path: c.path, token: token, body: `{}`})
			if a.status != http.StatusMethodNotAllowed || a.header.Get("Allow") != c.allow || len(a.upstream) != 0 {
				t.Errorf("%d, Allow %q, upstream %v", a.status, a.header.Get("Allow"), a.upstream)
			}
		})
	}
	for _, path := range []string{
		plain + "/", plain + client + "/", plain + client + "/more", plain + "//", plain + "/..", plain + "/%2e%2e",
		plain + "/a%2fb", plain + "/a%5cb", plain + "/a;x=1", plain + "/%00", plain + "/a%25", plain + "/ü",
		postOnly + client,
	} {
		t.Run("nothing at "+path, func(t *testing.T) {
			for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
				g.do(t, call{method: method, path: path, token: token, body: `{}`}).refused(t, http.StatusNotFound, "invalid_request")
			}
		})
	}

	t.Run("read only", func(t *testing.T) {
		a := g.register(t, readOnly, token, app())
		read := g.do(t, call{method: http.MethodGet, path: a.text("registration_client_uri"), token: a.text("registration_access_token")})
		if read.status != http.StatusOK || read.text("client_id") != a.text("client_id") {
			t.Errorf("%d %s", read.status, read.raw)
		}
	})
	t.Run("registration only", func(t *testing.T) {
		a := g.do(t, call{path: postOnly, token: g.initialAccessToken(t, 1), body: app()})
		if a.status != http.StatusCreated || a.text("client_id") == "" || a.text("client_secret") == "" {
			t.Fatalf("%d %s", a.status, a.raw)
		}
		for _, name := range []string{"registration_client_uri", "registration_access_token"} {
			if _, there := a.body[name]; there {
				t.Errorf("the answer has %s", name)
			}
		}
		if location := a.header.Get("Location"); location != "" {
			t.Errorf("Location %q", location)
		}
	})
}
