package probe_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	_ "github.com/caddyserver/caddy/v2/modules/standard"

	_ "github.com/caddy-smart/smartregistration"
	"github.com/caddy-smart/smartregistration/internal/keycloaktest"
	"github.com/caddy-smart/smartregistration/internal/probe"
	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/internal/upstream"
)

// These tests run a whole Caddy, which a process has only one of: they are not
// parallel.

const (
	closed = `
	@server path /realms/fhir/protocol/* /realms/fhir/login-actions/* /realms/fhir/.well-known/* /resources/*
	reverse_proxy @server {SERVER}`
	open = `
	reverse_proxy {SERVER}`
	// partly is what a list of closed paths leaves open.
	partly = `
	@closed path /realms/fhir/clients-registrations/default /realms/fhir/clients-registrations/openid-connect*
	respond @closed 404
	reverse_proxy {SERVER}`
	discovering = `
	smart_discovery {
		registration_endpoint {GATEWAY}/register
	}` + closed
)

// gateway starts one in front of the relay, and returns what is to be probed. The
// lines are more of the handler's, the rest stands beside it.
func gateway(t *testing.T, r *relay, lines, rest string) probe.Target {
	t.Helper()
	address := keycloaktest.FreeAddress(t)
	caddyfile := strings.NewReplacer("{SERVER}", r.Listener.Addr().String(), "{GATEWAY}", "http://"+address).Replace(`{
	admin off
	auto_https off
}
http://` + address + ` {
	bind 127.0.0.1
	smart_registration {
		upstream {SERVER}
		upstream_path ` + registrationAPI + `
		initial_access_token {
			passthrough
		}
		` + lines + `
	}` + rest + `
}
`)
	adapted, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(caddyfile), nil)
	if err != nil {
		t.Fatal(err)
	}
	var config map[string]any
	if err := json.Unmarshal(adapted, &config); err != nil {
		t.Fatal(err)
	}
	config["logging"] = map[string]any{"logs": map[string]any{"default": map[string]any{"writer": map[string]any{"output": "discard"}}}}
	quiet, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := caddy.Load(quiet, true); err != nil {
		t.Fatalf("%v\n%s", err, caddyfile)
	}
	t.Cleanup(func() {
		if err := caddy.Stop(); err != nil {
			t.Error(err)
		}
	})
	dialect, err := upstream.Named("keycloak")
	if err != nil {
		t.Fatal(err)
	}
	token := r.initialAccessToken(t)
	return probe.Target{
		Gateway: "http://" + address + "/register", Servers: []string{r.URL}, Path: registrationAPI, Dialect: dialect,
		Management: "full", Success: 201, Token: token, ServerToken: token,
	}
}

// run probes, and holds the report to what every report promises.
func run(t *testing.T, ctx context.Context, r *relay, target probe.Target) (*probe.Report, error) {
	t.Helper()
	report, err := probe.Run(ctx, target)
	if report == nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(report)
	for _, secret := range append(r.said(), target.Token) {
		if strings.Contains(string(text), secret) {
			t.Errorf("the report has a secret in it: %s", text)
		}
	}
	for id, name := range r.there() {
		known := func(left probe.Left) bool { return left.ClientID == id || left.ClientID == "" && left.Name == name }
		if !slices.ContainsFunc(report.Left, known) {
			t.Errorf("the client %s %q was left behind, and the report says only %q", id, name, report.Left)
		}
	}
	last := report.Rows[len(report.Rows)-1]
	if last.Check != "left" || (last.Verdict == probe.Fail) != (len(report.Left) > 0) {
		t.Errorf("%+v, and left is %+v", last, report.Left)
	}
	return report, err
}

// verdicts are a report's, by check.
func verdicts(report *probe.Report) map[string]probe.Verdict {
	all := map[string]probe.Verdict{}
	for _, row := range report.Rows {
		all[row.Check] = row.Verdict
	}
	return all
}

// TestVerdicts: each configuration has these verdicts other than pass.
func TestVerdicts(t *testing.T) {
	// What the sandbox does not have, and the probe does not try.
	const others = "unknown quirk/others"
	silent := []string{
		others, "unknown discovery/oauth-authorization-server", "unknown discovery/smart-configuration",
		"unknown realm/consent", "unknown realm/full_scope", "unknown realm/pkce",
	}
	advertised := append([]string{"warn discovery/openid-configuration"}, silent...)
	leads := []string{"fail public/client", "fail public/default", "fail public/detours", "fail public/openid-connect", "fail public/saml2-entity-descriptor"}
	for _, tt := range []struct {
		name, lines, rest string
		change            func(*probe.Target)
		want              []string
	}{
		{name: "closed", rest: closed, want: advertised},
		{name: "with discovery", rest: discovering, want: silent},
		{name: "open", rest: open, want: slices.Concat(advertised, leads)},
		{
			name: "half closed", rest: partly,
			want: slices.Concat(advertised, []string{"fail public/client", "fail public/detours", "fail public/saml2-entity-descriptor"}),
		},
		{name: "management read", lines: "management read", rest: closed, change: func(p *probe.Target) { p.Management = "read" }, want: advertised},
		{
			name: "other management", lines: "management read", rest: closed,
			want: slices.Concat(advertised, []string{"fail gateway/delete", "fail gateway/update"}),
		},
		{
			name: "relaxed", lines: "allow_grants password\nbuilt_in off redirect_uri_https redirect_uri_http_loopback", rest: closed,
			change: func(p *probe.Target) { p.Relaxed = []string{"password", "redirect_uri_https"} },
			want:   slices.Concat(advertised, []string{"warn policy/http_redirect", "warn policy/password_grant"}),
		},
		{
			name: "relaxed behind the probe's back", lines: "allow_grants password", rest: closed,
			want: slices.Concat(advertised, []string{"fail policy/password_grant"}),
		},
		{
			name: "from outside", rest: closed, change: func(p *probe.Target) { p.Outside = true },
			want: slices.Concat(advertised, []string{"fail server/default", "fail server/reach"}),
		},
		{
			name: "generic", lines: "dialect keycloak", rest: closed,
			change: func(p *probe.Target) { p.Dialect, _ = upstream.Named("generic") },
			want: slices.Concat(slices.DeleteFunc(slices.Clone(advertised), func(s string) bool { return s == others }), []string{
				"warn quirk/jwk_use", "warn quirk/logout_session_echo", "warn quirk/missing_echoes", "warn quirk/openid_scope", "warn quirk/response_type_none",
				"warn quirk/software_statement", "warn quirk/unknown_members",
			}),
		},
		{
			name: "a document of its own", lines: "policy {\n\tsoftware_id essential\n}", rest: closed,
			change: func(p *probe.Target) {
				p.Metadata, _ = registration.Decode([]byte(`{"redirect_uris": ["https://app.example.com/cb"], "grant_types": ["authorization_code"], "software_id": "x"}`))
			},
			want: advertised,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRelay(t)
			target := gateway(t, r, tt.lines, tt.rest)
			if tt.change != nil {
				tt.change(&target)
			}
			report, err := run(t, t.Context(), r, target)
			if err != nil {
				t.Error(err)
			}
			var got []string
			failed := false
			for _, row := range report.Rows {
				failed = failed || row.Verdict == probe.Fail
				if row.Verdict != probe.Pass {
					got = append(got, string(row.Verdict)+" "+row.Check)
				}
			}
			slices.Sort(got)
			slices.Sort(tt.want)
			if !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
			if report.Good() == failed {
				t.Errorf("good is %t", report.Good())
			}
			if left := r.there(); len(left) > 0 || len(report.Left) > 0 {
				t.Errorf("left behind: %v, reported %v", left, report.Left)
			}
			if t.Failed() {
				for _, row := range report.Rows {
					t.Logf("%+v", row)
				}
			}
		})
	}
}

// TestUnseen: what cannot be seen is unknown and never pass.
func TestUnseen(t *testing.T) {
	r := newRelay(t)
	target := gateway(t, r, "", closed)
	target.Servers, target.ServerToken = nil, ""
	report, err := run(t, t.Context(), r, target)
	if err != nil {
		t.Error(err)
	}
	got := verdicts(report)
	for _, check := range []string{"server/reach", "quirk/unknown_members", "realm/consent", "public/detours"} {
		if got[check] != probe.Unknown {
			t.Errorf("%s is %q", check, got[check])
		}
	}
	if !report.Good() || got["gateway/delete"] != probe.Pass || len(r.there()) > 0 {
		t.Errorf("%+v", report.Rows)
	}
}

// TestServerFails: wherever the server begins to fail, no client is left behind
// that the report does not speak of. The relay's account is the judge.
func TestServerFails(t *testing.T) {
	for _, tt := range []struct {
		name   string
		stride int // what fails for good is much the same wherever it begins
		fault  func(at int) fault
	}{
		{"is gone", 3, func(at int) fault { return fault{before: func(n int) bool { return n < at }} }},
		{"is gone once", 1, func(at int) fault { return fault{before: func(n int) bool { return n != at }} }},
		{"answers no one", 3, func(at int) fault { return fault{after: func(n int) bool { return n < at }} }},
		{"loses a reply", 1, func(at int) fault { return fault{after: func(n int) bool { return n != at }} }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRelay(t)
			target := gateway(t, r, "", open)
			run(t, t.Context(), r, target)
			all, reported := r.requests(), 0
			for at := 1; at <= all; at += tt.stride {
				r.begin(tt.fault(at))
				report, _ := run(t, t.Context(), r, target)
				reported += len(report.Left)
			}
			if reported == 0 {
				t.Error("nothing was ever left behind: this shows nothing")
			}
			t.Logf("%d requests to fail at, %d clients reported", all, reported)
		})
	}
}

// TestInterrupted: wherever it is cut short, everything is deleted that was made.
func TestInterrupted(t *testing.T) {
	r := newRelay(t)
	target := gateway(t, r, "", open)
	run(t, t.Context(), r, target)
	stop := errors.New("stop")
	told := 0
	for at := range r.requests() {
		ctx, cancel := context.WithCancelCause(t.Context())
		r.begin(fault{before: func(n int) bool {
			if n == at+1 {
				cancel(stop)
			}
			return true
		}})
		target.Interrupted = func(left []probe.Left) { told += len(left) }
		report, err := run(t, ctx, r, target)
		if !errors.Is(err, stop) && verdicts(report)["gateway/delete"] == "" {
			t.Errorf("cut short at %d: %v", at, err)
		}
		if left := r.there(); len(left) > 0 || len(report.Left) > 0 {
			t.Errorf("cut short at %d: %v, %+v", at, left, report.Left)
		}
	}
	if told == 0 {
		t.Error("nobody was ever told of a client before it was deleted")
	}
}

// TestUnreached: without a gateway there is nothing to probe.
func TestUnreached(t *testing.T) {
	r := newRelay(t)
	target := gateway(t, r, "", closed)
	target.Gateway = "http://" + keycloaktest.FreeAddress(t) + "/register"
	report, err := run(t, t.Context(), r, target)
	if err == nil || r.requests() > 0 || len(report.Left) > 0 {
		t.Errorf("%v after %d requests, %+v", err, r.requests(), report)
	}
	target.Gateway = "auth.example.org/register"
	if _, err := probe.Run(t.Context(), target); err == nil {
		t.Error("that is no URL")
	}
}

// TestSpentToken: a token with no uses left is said to be one, and makes nothing
// pass that was not tried.
func TestSpentToken(t *testing.T) {
	r := newRelay(t)
	target := gateway(t, r, "", open)
	target.Token += "x"
	target.ServerToken = target.Token
	report, err := run(t, t.Context(), r, target)
	got := verdicts(report)
	for check, want := range map[string]probe.Verdict{
		"gateway/register": probe.Fail, "gateway/read": probe.Unknown, "policy/password_grant": probe.Unknown,
		"public/default": probe.Fail, "public/detours": probe.Unknown, "quirk/unknown_members": probe.Unknown,
	} {
		if got[check] != want {
			t.Errorf("%s is %q, want %q", check, got[check], want)
		}
	}
	if err != nil {
		t.Error(err)
	}
}
