package probe

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"
)

const (
	// MaxRegistrations is how many clients a run registers at most, and so how
	// many uses an initial access token for it has to have. Behind a gateway that
	// leaves no way around it, it is 8.
	MaxRegistrations = 20
	// cleanUpTimeout is for everything that is still there at the end.
	cleanUpTimeout = time.Minute
)

// ledger is every client that was registered or may have been.
type ledger struct {
	clients []*client
	names   int // that were given out
	made    int // clients that were registered
}

// client is one that was registered, or that a request was sent for.
type client struct {
	name  string
	where string // the URL at which it was asked for
	id    string // "" while no answer has named it, unless the request did
	token string // for its configuration endpoint
	homes []home // where it may be deleted, best first
	why   string // why it is still there
}

// home is a client configuration endpoint.
type home struct {
	at   place
	path string
}

// register sends what may register a client. It is in the ledger before it is
// sent, and leaves it only when an answer says that there is no client. The
// result is nil unless there is one now.
func (s *session) register(ctx context.Context, at place, name string, what call) (answer, *client) {
	if s.ledger.made >= MaxRegistrations {
		return answer{err: errTooMany}, nil
	}
	what.method = http.MethodPost
	c := &client{name: name, where: at.base + what.path, id: what.chosenID}
	s.ledger.clients = append(s.ledger.clients, c)
	a := s.caller.do(ctx, at, what)
	switch {
	case a.made():
		s.ledger.made++
		c.id = a.text("client_id") + a.text("clientId")
		s.renew(c, a)
		c.homes = s.homes(at, what.path, c.id)
		return a, c
	case a.err != nil && !a.sent, a.err == nil && a.refusal():
		s.forget(c)
	default:
		// A server that broke off, a gateway whose server did, a success that
		// names nobody.
		c.why = "whether there is such a client is not known: " + a.String()
	}
	return a, nil
}

// refusal tells that the answer came from whoever decides, and is a no. A gateway
// that lost its server's answer (502, 504) does not know, and 201 without a client
// is half an answer.
func (a answer) refusal() bool {
	return !slices.Contains([]int{http.StatusBadGateway, http.StatusGatewayTimeout, http.StatusCreated}, a.status)
}

func (s *session) forget(c *client) {
	s.ledger.clients = slices.DeleteFunc(s.ledger.clients, func(other *client) bool { return other == c })
}

// renew takes the registration access token and the secret of an answer. The
// token of an answer ends the one before.
func (s *session) renew(c *client, a answer) {
	for _, name := range []string{"registration_access_token", "registrationAccessToken"} {
		if token := a.text(name); token != "" {
			c.token = token
			s.secrets = append(s.secrets, token)
		}
	}
	for _, name := range []string{"client_secret", "secret"} {
		if secret := a.text(name); secret != "" {
			s.secrets = append(s.secrets, secret)
		}
	}
}

// homes are where a client can be deleted that was registered at a path. Where it
// was made comes first; what the gateway or the public host does not let be
// deleted, the server itself may.
func (s *session) homes(at place, registered, id string) []home {
	segment := "/" + url.PathEscape(id)
	homes := make([]home, 0, len(s.servers)+2)
	if registered == s.gatewayPath() || registered == s.Path {
		homes = append(homes, home{at, registered + segment})
		for _, server := range s.servers {
			homes = append(homes, home{server, s.Path + segment})
		}
		return homes
	}
	// Only the provider "default" deletes what the others made.
	homes = append(homes, home{at, s.provider("default") + segment})
	for _, server := range s.servers {
		homes = append(homes, home{server, s.provider("default") + segment})
	}
	return append(homes, home{at, registered + segment}) // along the detour that it was made by
}

// remove deletes a client and tells whether it is gone. The ledger then has it no
// more.
func (s *session) remove(ctx context.Context, c *client) bool {
	if c.token == "" {
		c.homes = nil
	}
	if c.why == "" {
		c.why = "no registration access token came with it"
	}
	for _, h := range c.homes {
		a := s.caller.do(ctx, h.at, call{method: http.MethodDelete, path: h.path, token: c.token})
		if a.status == http.StatusNoContent {
			s.forget(c)
			return true
		}
		c.why = fmt.Sprintf("DELETE %s: %s", h.at.base+h.path, a)
	}
	if s.adminRemove(ctx, c) {
		s.forget(c)
		return true
	}
	return false
}

// left is what is in the ledger now.
func (s *session) left() []Left {
	all := make([]Left, 0, len(s.ledger.clients))
	for _, c := range s.ledger.clients {
		all = append(all, Left{ClientID: c.id, Name: c.name, Where: c.where, Why: s.redact(c.why)})
	}
	return all
}

// cleanUp deletes what is there and reports what stays.
func (s *session) cleanUp(ctx context.Context) {
	ctx, cancel := context.WithTimeoutCause(ctx, cleanUpTimeout, fmt.Errorf("cleaning up took longer than %s", cleanUpTimeout))
	defer cancel()
	s.caller.left = max(s.caller.left, 4*MaxRegistrations) // never too few to clean up
	made := s.ledger.made
	for _, c := range slices.Backward(slices.Clone(s.ledger.clients)) {
		if c.id != "" {
			s.remove(ctx, c)
		}
	}
	s.report.Left = s.left()
	found := pass(count(made, "client") + " registered, all deleted")
	if left := s.report.Left; len(left) > 0 {
		found = failed(count(len(left), "client")+" of "+fmt.Sprint(made)+" registered may still be there", "delete what is listed below")
	}
	s.add("left", found)
}
