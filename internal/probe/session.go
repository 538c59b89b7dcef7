package probe

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"runtime/debug"
	"strings"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// check is one line of the table.
type check struct {
	name string
	run  func(*session, context.Context) finding
}

// session is one run.
type session struct {
	Target
	public  place
	servers []place
	caller  *caller
	ledger  ledger
	secrets []string // what no report may say
	label   string   // in the names of all clients of this run
	report  Report

	client   *client                 // registered through the gateway; nil if that failed
	asked    *registration.Metadata  // what was
	answered answer                  // and what came back
	straight map[string]straightOnce // documents registered around the gateway, by name
	inside   *place                  // a server that answers from here; nil if none is known yet
	hopeless error                   // why nothing more can be found out
	control  *answer                 // the public host's, where nothing can be
}

// Run probes the target until it is done or ctx ends, cleans up in either case,
// and reports. The error says why a run is not complete: the target cannot be
// used, ctx ended, or a check panicked. What was left behind is in the report
// also then.
func Run(ctx context.Context, target Target) (*Report, error) {
	s, err := newSession(target)
	if err != nil {
		return nil, err
	}
	err = s.run(ctx, s.table())
	return &s.report, err
}

// run runs checks, and cleans up whatever came of them.
func (s *session) run(ctx context.Context, checks []check) error {
	err := s.runAll(ctx, checks)
	if ctx.Err() != nil && s.Interrupted != nil {
		s.Interrupted(s.left())
	}
	s.cleanUp(context.WithoutCancel(ctx))
	return err
}

func newSession(target Target) (*session, error) {
	public, servers, err := target.places()
	if err != nil {
		return nil, err
	}
	s := &session{
		Target: target, public: public, servers: servers, straight: map[string]straightOnce{},
		label:   strings.ToLower(rand.Text()[:10]),
		secrets: []string{target.Token, target.ServerToken, target.AdminToken},
		report:  Report{Gateway: target.Gateway, Servers: []string{}, Rows: []Row{}, Left: []Left{}},
	}
	for _, server := range servers {
		s.report.Servers = append(s.report.Servers, server.base+target.Path)
	}
	u, err := url.Parse(target.Gateway)
	if err != nil {
		return nil, err
	}
	address := u.Host
	if u.Port() == "" {
		address += map[string]string{"http": ":80", "https": ":443"}[u.Scheme]
	}
	s.caller = newCaller(address, target.ConnectTo)
	return s, nil
}

// table is every check in order: what comes later uses the client that the first
// ones registered, and the last but one takes it away.
func (s *session) table() []check {
	var all []check
	for _, part := range [][]check{
		registering, refusals(), around(s), atServers(s), quirks(s), discoveries(s), ofRealm, ending,
	} {
		all = append(all, part...)
	}
	return all
}

func (s *session) runAll(ctx context.Context, checks []check) error {
	for _, c := range checks {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("not complete: %w", context.Cause(ctx))
		}
		if err := s.runOne(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// runOne runs one check. One that panics ends the run and not the process: there
// is something to clean up.
func (s *session) runOne(ctx context.Context, c check) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = errors.New(s.redact(fmt.Sprintf("the check %s panicked: %v\n%s", c.name, v, debug.Stack())))
		}
	}()
	if found := c.run(s, ctx); found.verdict != "" {
		s.add(c.name, found)
	}
	return s.hopeless
}

// add puts a row into the report, with nothing secret in it.
func (s *session) add(name string, f finding) {
	s.report.Rows = append(s.report.Rows, Row{Check: name, Verdict: f.verdict, Seen: s.redact(f.seen), Do: f.do})
}

func (s *session) redact(text string) string {
	for _, secret := range s.secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "[redacted]")
		}
	}
	return text
}

// name is a recognisable client_name, another each time.
func (s *session) name() string {
	s.ledger.names++
	return fmt.Sprintf("smart-registration probe %s-%d", s.label, s.ledger.names)
}

// gatewayPath is the path of the registration endpoint, as it is sent.
func (s *session) gatewayPath() string {
	return strings.TrimPrefix(s.Gateway, s.public.base)
}
