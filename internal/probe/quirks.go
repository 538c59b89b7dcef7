package probe

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// straightOnce is a document that was registered around the gateway, the answer,
// and what reading the client said then.
type straightOnce struct {
	sent *registration.Metadata
	got  answer
	read answer
}

// quirks are the checks of what is peculiar to the server: every provocation, and
// then the entries of the dialect's that none of them is for.
func quirks(s *session) []check {
	var checks []check
	known := map[string]bool{}
	for _, p := range provocations {
		known[p.quirk] = true
		checks = append(checks, check{"quirk/" + p.quirk, p.run})
	}
	var others []string
	for _, q := range s.Dialect.Quirks {
		if !known[q.Name] {
			others = append(others, q.Name)
		}
	}
	if len(others) > 0 {
		checks = append(checks, check{"quirk/others", func(*session, context.Context) finding {
			return unknown("not provoked: " + strings.Join(others, ", "))
		}})
	}
	return append(checks, check{"gateway/quirks", throughGateway})
}

// run provokes a quirk and compares with the dialect.
func (p provocation) run(s *session, ctx context.Context) finding {
	switch {
	case s.inside == nil:
		return unknown("the server cannot be asked from here")
	case s.ServerToken == "":
		return unknown("no token of the server's is there to register with")
	}
	plain := s.straightly(ctx, "plain", provocation{})
	if !plain.got.made() {
		return unknown("the server does not even take a plain client: " + plain.got.String())
	}
	once := s.straightly(ctx, p.document, p)
	if once.got.err != nil {
		return unknown(once.got.String())
	}
	shown := once.got.code()
	switch {
	case !p.has(once):
		return pass("not here: " + shown)
	case s.fires(p, once):
		return pass(p.seen + " (" + shown + "); the dialect's entry fires")
	case p.handled != "":
		return pass(p.seen + " (" + shown + "); " + p.handled)
	}
	return warn(p.seen+" ("+shown+"), and dialect "+s.Dialect.Name+" has no entry that fires", "is this the right dialect?")
}

// straightly registers a document around the gateway, once for all provocations
// that look at it, reads the client and deletes it.
func (s *session) straightly(ctx context.Context, name string, p provocation) straightOnce {
	if once, done := s.straight[name]; done {
		return once
	}
	clientName := s.name()
	once := straightOnce{sent: documents[name](clientName)}
	what := call{path: s.Path, token: s.ServerToken, body: once.sent.Encode(), header: p.header}
	var made *client
	once.got, made = s.register(ctx, *s.inside, clientName, what)
	if made != nil {
		once.read = s.caller.do(ctx, *s.inside, call{method: http.MethodGet, path: s.Path + "/" + url.PathEscape(made.id), token: made.token})
		s.renew(made, once.read)
		s.remove(ctx, made)
	}
	s.straight[name] = once
	return once
}

// fires tells whether the dialect's entry fires for what was sent or came back.
func (s *session) fires(p provocation, once straightOnce) bool {
	sent, fired := s.Dialect.Outgoing(once.sent)
	fired = append(fired, s.Dialect.ReadBack(once.sent))
	if once.got.made() {
		registered, in := s.Dialect.Registered(once.got.document.Clone(), once.sent)
		_, excused := s.Dialect.Mismatches(once.sent, sent, registered)
		fired = slices.Concat(fired, in, excused)
	}
	return slices.Contains(fired, p.quirk) || p.entry != "" && slices.Contains(fired, p.entry)
}

// throughGateway sends what provokes most of the quirks at once through the
// gateway, with an Origin besides: it has to come back right.
func throughGateway(s *session, ctx context.Context) finding {
	if s.client == nil {
		return unknown(noClient)
	}
	asked := documents["rich"](s.name())
	asked.Set("client_name#de", "Probe")
	if s.Metadata != nil {
		for _, member := range s.app().Members() {
			asked.Set(member.Name, member.Value)
		}
	}
	a, made := s.ask(ctx, asked, http.Header{"Origin": {"https://app.example.net"}})
	switch {
	case made == nil && a.status == http.StatusBadRequest:
		return unknown("the policy has another opinion of this client: " + a.String())
	case made == nil:
		return failed(a.String(), "see the gateway's log: quirks of the server, or another dialect")
	}
	wrong := s.differences(asked, a)
	for _, name := range []string{"logo_uri", "policy_uri", "tos_uri"} {
		if asked.String(name) != a.text(name) && a.text(name) == "" {
			wrong = append(wrong, name+" is missing")
		}
	}
	if method := a.text("token_endpoint_auth_method"); method != asked.String("token_endpoint_auth_method") {
		wrong = append(wrong, "token_endpoint_auth_method is "+method)
	}
	s.remove(ctx, made)
	if len(wrong) > 0 {
		return warn(strings.Join(wrong, "; "), "if the policy did not change it, see the gateway's log")
	}
	return pass(a.String() + ": what provokes the quirks comes back as asked")
}
