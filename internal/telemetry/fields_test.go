package telemetry

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// line is the decision's log line as a JSON encoder would see it.
func line(t *testing.T, d *Decision) map[string]any {
	t.Helper()
	core, logs := observer.New(zapcore.DebugLevel)
	zap.New(core).Info("client registration", d.Fields())
	return logs.All()[0].ContextMap()
}

func TestFields(t *testing.T) {
	t.Parallel()
	whole := Decision{
		Operation: registration.Update, Outcome: Failed, Status: 502, Err: errors.New("broken"),
		TokenKind: "jwt", Token: "0123456789abcdef", Issuer: "https://portal", Subject: "dev", TokenID: "j1", Profile: "patient", PolicyDigest: "ab", ClientID: "a",
		Violations: []registration.Violation{
			{Rule: "type", Pointer: "/contacts", Detail: "for the caller", Allowed: []string{"x"}, Given: []any{"a", registration.Number("1")}, Layer: "operator"},
			{Rule: "required", Pointer: "/redirect_uris"},
		},
		Warnings: []registration.Violation{{Rule: "odd", Pointer: "/scope", Given: "x"}},
		Changes: []registration.Change{
			{Member: "scope", Before: "a b", After: "a", Rule: "allow", Layer: "profile"},
			{Member: "client_id", Rule: "server_set"},
			{Member: "require_auth_time", Before: true, After: false, Rule: "value"},
		},
		Quirks: []string{"openid_scope"}, UpstreamStatus: 500, UpstreamTime: 1500 * time.Millisecond,
		RequestID: "r", Remote: "192.0.2.7", Orphan: true, ClientName: "App", RedirectHosts: []string{"a.example"}, Upstream: "kc:8080",
		Mismatches: []string{"scope"}, Settled: Left, LockedOut: true, Vouching: "fedcba9876543210",
	}
	want := map[string]any{
		"operation": "update", "outcome": "failed", "status": int64(502), "error": "broken",
		"token_kind": "jwt", "token": "0123456789abcdef", "token_issuer": "https://portal", "token_subject": "dev", "token_id": "j1", "profile": "patient", "policy_digest": "ab", "client_id": "a",
		"violations": []any{
			map[string]any{"rule": "type", "pointer": "/contacts", "given": "[a 1]", "layer": "operator"},
			map[string]any{"rule": "required", "pointer": "/redirect_uris"},
		},
		"warnings": []any{map[string]any{"rule": "odd", "pointer": "/scope", "given": "x"}},
		"changes": []any{
			map[string]any{"member": "scope", "rule": "allow", "before": "a b", "after": "a", "layer": "profile"},
			map[string]any{"member": "client_id", "rule": "server_set"},
			map[string]any{"member": "require_auth_time", "rule": "value", "before": "true", "after": "false"},
		},
		"quirks": []any{"openid_scope"}, "upstream_status": int64(500), "upstream_time": 1.5,
		"request_id": "r", "remote_ip": "192.0.2.7", "possible_orphan": true, "client_name": "App",
		"redirect_hosts": []any{"a.example"}, "upstream": "kc:8080", "mismatches": []any{"scope"}, "settled": "left", "locked_out": true,
		"vouching_token": "fedcba9876543210",
	}
	got := line(t, &whole)
	for name := range want {
		if fmt.Sprint(got[name]) != fmt.Sprint(want[name]) {
			t.Errorf("%s: %v, want %v", name, got[name], want[name])
		}
	}
	if g, w := slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)); !slices.Equal(g, w) {
		t.Errorf("fields %v, want %v", g, w)
	}

	// What has nothing to say is left out.
	got = line(t, &Decision{Operation: registration.Create, Outcome: Done, Status: 201})
	if g := slices.Sorted(maps.Keys(got)); !slices.Equal(g, []string{"operation", "outcome", "status"}) {
		t.Errorf("fields %v of an empty decision", g)
	}
}

func TestLevel(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		outcome Outcome
		orphan  bool
		want    zapcore.Level
	}{
		{Done, false, zapcore.InfoLevel},
		{Unauthorized, false, zapcore.InfoLevel},
		{Refused, false, zapcore.InfoLevel},
		{RefusedUpstream, false, zapcore.InfoLevel},
		{Failed, false, zapcore.WarnLevel},
		{Failed, true, zapcore.ErrorLevel},
	} {
		d := Decision{Outcome: test.outcome, Orphan: test.orphan}
		if got := d.Level(); got != test.want {
			t.Errorf("%s, orphan %t: %s, want %s", test.outcome, test.orphan, got, test.want)
		}
	}
	// A rule that cannot be evaluated is for an operator to mend.
	d := Decision{Outcome: Refused, FailedRules: []string{"a_rule"}}
	if got := d.Level(); got != zapcore.ErrorLevel {
		t.Errorf("a failed rule: %s, want error", got)
	}
}

// A sampled log leaves out lines of a flood, and none of another outcome.
func TestMessageIsSampledByOutcome(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zapcore.DebugLevel)
	logger := zap.New(zapcore.NewSamplerWithOptions(core, time.Hour, 1, 0))
	outcomes := []Outcome{Unauthorized, Done, Refused, RefusedUpstream, Failed}
	for _, outcome := range outcomes {
		for range 3 {
			d := Decision{Outcome: outcome}
			logger.Log(zapcore.InfoLevel, d.Message(), d.Fields())
		}
	}
	var left []Outcome
	for _, line := range logs.All() {
		left = append(left, Outcome(line.ContextMap()[FieldOutcome].(string)))
		if !strings.HasPrefix(line.Message, "client registration ") {
			t.Errorf("the message is %q", line.Message)
		}
	}
	if !slices.Equal(left, outcomes) {
		t.Errorf("the lines left are of %v, want one of each outcome", left)
	}
}

// Whatever a caller or a rule makes of a member that holds a secret, its value
// is not in the line.
func TestFieldsKeepSecrets(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	object := registration.New(registration.Member{Name: secret, Value: secret})
	for _, member := range []string{"client_secret", "registration_access_token", "software_statement", "jwks"} {
		for _, value := range []any{secret, []any{secret}, object, []any{object}, []string{secret}} {
			d := Decision{
				Violations: []registration.Violation{
					{Rule: "one_of", Pointer: registration.Pointer(member), Given: value, Detail: secret, Allowed: []string{secret}},
					{Rule: "private_key", Pointer: registration.Pointer(member, "keys", "0", "d"), Given: value},
				},
				Changes: []registration.Change{{Member: member, Before: value, After: value, Rule: "value"}},
			}
			text := fmt.Sprint(line(t, &d))
			if strings.Contains(text, secret) {
				t.Errorf("%s of %v: %s", member, value, text)
			}
			if strings.Count(text, member) != 3 {
				t.Errorf("%s is not named: %s", member, text)
			}
		}
	}
	// In any other member an object is named and no more.
	d := Decision{
		Violations: []registration.Violation{{Pointer: "/x", Given: []any{"shown", object, []any{object}}}},
		Changes:    []registration.Change{{Member: "y", Before: object}},
	}
	text := fmt.Sprint(line(t, &d))
	if strings.Contains(text, secret) || !strings.Contains(text, "[shown (object) [(object)]]") || !strings.Contains(text, "before:(object)") {
		t.Errorf("objects: %s", text)
	}
}

func TestFieldsCut(t *testing.T) {
	t.Parallel()
	for _, long := range []string{
		strings.Repeat("x", 10_000),
		strings.Repeat("ü", 5_000),
		"x" + strings.Repeat("ü", 5_000),
		strings.Repeat("語", 5_000),
		"x" + strings.Repeat("💊", 5_000),
		"xx" + strings.Repeat("💊", 5_000),
		"xxx" + strings.Repeat("💊", 5_000),
	} {
		d := Decision{
			Err:        errors.New(long),
			Violations: []registration.Violation{{Rule: "r", Pointer: "/" + long, Given: long}},
			Changes:    []registration.Change{{Member: long, Rule: "r", Before: []any{long}, After: long}},
		}
		got := line(t, &d)
		v := got["violations"].([]any)[0].(map[string]any)
		c := got["changes"].([]any)[0].(map[string]any)
		for name, value := range map[string]any{
			"pointer": v["pointer"], "given": v["given"], "member": c["member"], "before": c["before"], "after": c["after"], "error": got["error"],
		} {
			limit := MaxValue
			if name == "error" {
				limit = MaxError
			}
			text := value.(string)
			kept, was := strings.CutSuffix(text, "...")
			if !was || len(kept) > limit || len(kept) <= limit-utf8.UTFMax || !utf8.ValidString(kept) {
				t.Errorf("%s of %.10q…: %d bytes, ends in %q", name, long, len(kept), text[len(text)-10:])
			}
			if !strings.Contains("[/"+long, strings.TrimLeft(kept, "[/")) {
				t.Errorf("%s of %.10q…: not what was given", name, long)
			}
		}
	}
	for _, just := range []string{"", strings.Repeat("x", MaxValue), strings.Repeat("ü", MaxValue/2)} {
		if got := cut(just, MaxValue); got != just {
			t.Errorf("%d bytes became %d", len(just), len(got))
		}
	}
	// What is no UTF-8 at all is not given up for it.
	if got := cut(strings.Repeat("\x80", 1000), MaxValue); len(got) < MaxValue-utf8.UTFMax {
		t.Errorf("%d bytes left", len(got))
	}
}

func TestPasswordsInURIsAreLeftOut(t *testing.T) {
	t.Parallel()
	got := line(t, &Decision{Violations: []registration.Violation{
		{Rule: "redirect_uri_userinfo", Pointer: "/redirect_uris/0", Given: "https://user:s3cret@app.example.org/cb?x=a@b"},
		{Rule: "type", Pointer: "/contacts", Given: []any{"https://s3cret@a@b/", "mail@example.org"}},
		{Rule: "redirect_uri_absolute", Pointer: "/redirect_uris", Given: []any{
			"https:user:s3cret@a/", "https:/user:s3cret@b/", `https:\\user:s3cret@c/`, "//user:s3cret@d/", `\\user:s3cret@e/`,
			"https://f/cb?next=https://user:s3cret@g/", "https://h.example:8443/@me", "https://i.example/a:b/@me",
		}},
	}})
	violations := fmt.Sprint(got["violations"])
	if strings.Contains(violations, "s3cret") {
		t.Errorf("the log has the password in it: %s", violations)
	}
	for _, kept := range []string{
		"https://...@app.example.org/cb?x=a@b", "mail@example.org", "//...@d/", "https://f/cb?next=https://...@g/",
		"https://h.example:8443/@me", "https://i.example/a:b/@me",
	} {
		if !strings.Contains(violations, kept) {
			t.Errorf("got %s, want %s in it", violations, kept)
		}
	}
}
