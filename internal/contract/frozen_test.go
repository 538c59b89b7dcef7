package contract

import (
	"net/http"
	"testing"
)

// freezer is a server that can be stopped as it is: a process of its own.
type freezer interface {
	// freeze returns what lets it go on.
	freeze(t *testing.T) (thaw func())
}

// testFrozen: a server that takes the request and says nothing is answered for in
// time. What it does when it goes on is its secret: the log has a possible orphan.
func testFrozen(t *testing.T, g *gateway) {
	server, ok := g.server.(freezer)
	if !ok {
		// The sandbox is a part of this process. That a server which is silent is
		// answered for is tested with a fake one too (TestFaults).
		return
	}
	token := g.initialAccessToken(t, 3)
	c := g.newClient(t, plain, token, app())
	c.uri = g.url + impatient + "/" + c.id // the same client, asked for in haste
	thaw := server.freeze(t)
	a := g.do(t, call{path: impatient, token: token, body: app("client_name", "Frozen")})
	a.is(t, http.StatusGatewayTimeout, "temporarily_unavailable")
	c.do(t, http.MethodGet, nil).is(t, http.StatusGatewayTimeout, "temporarily_unavailable")
	thaw()
	g.newClient(t, plain, token, app()) // and all is well again
}
