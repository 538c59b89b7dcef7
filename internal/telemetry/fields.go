package telemetry

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// The names of the decision line's fields.
const (
	FieldOperation      = "operation"       // create, read, update, delete
	FieldOutcome        = "outcome"         // see Outcome
	FieldStatus         = "status"          // the status the caller got
	FieldError          = "error"           // the error code the caller got, and the cause
	FieldTokenKind      = "token_kind"      // jwt, passthrough, open, registration_access_token
	FieldToken          = "token"           // fingerprint: 16 hexadecimal digits of SHA-256
	FieldIssuer         = "token_issuer"    // iss of the verified token that vouches
	FieldSubject        = "token_subject"   // its sub
	FieldTokenID        = "token_id"        // its jti
	FieldVouching       = "vouching_token"  // fingerprint of the token that vouches for a widening
	FieldProfile        = "profile"         // the policy's profile that judged
	FieldPolicyDigest   = "policy_digest"   // SHA-256 of the policy, see policy.Policy.Digest
	FieldClientID       = "client_id"       // where it is known
	FieldViolations     = "violations"      // rule, pointer, value given, layer
	FieldWarnings       = "warnings"        // what is odd and was not refused: as violations
	FieldChanges        = "changes"         // member, rule, before, after, layer
	FieldQuirks         = "quirks"          // dialect quirks that fired
	FieldUpstreamStatus = "upstream_status" // of the last exchange
	FieldUpstreamTime   = "upstream_time"   // of all exchanges together, seconds
	FieldRequestID      = "request_id"      // Caddy's {http.request.uuid}
	FieldRemote         = "remote_ip"       // the client's address as Caddy sees it
	FieldMismatches     = "mismatches"      // members that are registered otherwise than was decided
	FieldSettled        = "settled"         // what became of that, see Settled
	FieldLockedOut      = "locked_out"      // what was done gave the client a new token, which the caller may never learn
	FieldClientName     = "client_name"     // what an app calls itself that is registered or updated
	FieldRedirectHosts  = "redirect_hosts"  // of a possible orphan, to find it by
	FieldUpstream       = "upstream"        // of a possible orphan: the server's address that it was sent to
	FieldOrphan         = "possible_orphan" // the server may hold a client that nobody knows of
)

// How much is logged, in bytes: of one value, and of the error, in which the
// authorization server may have its say.
const (
	MaxValue = 256
	MaxError = 1024
	// MaxEntries is how many violations, and how many changes, one line has.
	MaxEntries = 100
)

// Decision is what is remembered of one request.
type Decision struct {
	Operation      registration.Operation
	Outcome        Outcome
	Status         int
	Err            error
	TokenKind      string
	Token          string
	Vouching       string
	Issuer         string // of a verified token
	Subject        string // of a verified token
	TokenID        string // of a verified token
	Profile        string
	PolicyDigest   string
	ClientID       string
	Violations     []registration.Violation
	Warnings       []registration.Violation
	Changes        []registration.Change
	Quirks         []string
	FailedRules    []string // the policy's rules that could not be evaluated
	UpstreamStatus int
	UpstreamTime   time.Duration
	RequestID      string
	Remote         string
	Orphan         bool
	LockedOut      bool
	ClientName     string
	RedirectHosts  []string // of an orphan
	Upstream       string   // of an orphan
	Mismatches     []string
	Settled        Settled
}

// Fields are the decision line's, as one inline field.
func (d *Decision) Fields() zap.Field { return zap.Inline(decisionFields{d}) }

type decisionFields struct{ *Decision }

func (d decisionFields) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	enc.AddString(FieldOperation, d.Operation.String())
	enc.AddString(FieldOutcome, string(d.Outcome))
	enc.AddInt(FieldStatus, d.Status)
	for _, f := range [...]struct{ name, value string }{
		{FieldTokenKind, d.TokenKind},
		{FieldToken, d.Token},
		{FieldIssuer, cut(d.Issuer, MaxValue)},
		{FieldSubject, cut(d.Subject, MaxValue)},
		{FieldTokenID, cut(d.TokenID, MaxValue)},
		{FieldVouching, d.Vouching},
		{FieldProfile, d.Profile},
		{FieldPolicyDigest, d.PolicyDigest},
		{FieldClientID, d.ClientID},
		{FieldClientName, cut(d.ClientName, MaxValue)},
		{FieldRequestID, d.RequestID},
		{FieldRemote, d.Remote},
	} {
		if f.value != "" {
			enc.AddString(f.name, f.value)
		}
	}
	if err := d.addLists(enc); err != nil {
		return err
	}
	if d.UpstreamStatus != 0 {
		enc.AddInt(FieldUpstreamStatus, d.UpstreamStatus)
	}
	if d.UpstreamTime != 0 {
		enc.AddFloat64(FieldUpstreamTime, d.UpstreamTime.Seconds())
	}
	if d.Settled != "" {
		enc.AddString(FieldSettled, string(d.Settled))
	}
	if d.LockedOut {
		enc.AddBool(FieldLockedOut, true)
	}
	if d.Orphan {
		enc.AddBool(FieldOrphan, true)
		zap.Strings(FieldRedirectHosts, d.RedirectHosts[:min(len(d.RedirectHosts), MaxEntries)]).AddTo(enc)
		if d.Upstream != "" {
			enc.AddString(FieldUpstream, d.Upstream)
		}
	}
	if d.Err != nil {
		enc.AddString(FieldError, cut(d.Err.Error(), MaxError))
	}
	return nil
}

func (d decisionFields) addLists(enc zapcore.ObjectEncoder) error {
	if len(d.Violations) > 0 {
		if err := enc.AddArray(FieldViolations, violations(d.Violations)); err != nil {
			return err
		}
	}
	if len(d.Warnings) > 0 {
		if err := enc.AddArray(FieldWarnings, violations(d.Warnings)); err != nil {
			return err
		}
	}
	if len(d.Changes) > 0 {
		if err := enc.AddArray(FieldChanges, changes(d.Changes)); err != nil {
			return err
		}
	}
	if len(d.Quirks) > 0 {
		zap.Strings(FieldQuirks, d.Quirks).AddTo(enc)
	}
	if len(d.Mismatches) > 0 {
		zap.Strings(FieldMismatches, d.Mismatches[:min(len(d.Mismatches), MaxEntries)]).AddTo(enc)
	}
	return nil
}

// Message is the decision line's text. Each outcome has its own, since a log that
// is sampled counts by level and text: what a flood of bad tokens leaves out is
// lines of bad tokens, and no registration's.
func (d *Decision) Message() string {
	switch d.Outcome {
	case Unauthorized:
		return "client registration unauthorized"
	case Refused:
		return "client registration refused"
	case RefusedUpstream:
		return "client registration refused by the server"
	case Failed:
		return "client registration failed"
	default:
		return "client registration done"
	}
}

// AccessFields are the fields for the access log, as one inline field.
func (d *Decision) AccessFields() zap.Field {
	return zap.Inline(accessFields{d})
}

type accessFields struct{ *Decision }

func (a accessFields) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	enc.AddString("registration_operation", a.Operation.String())
	enc.AddString("registration_outcome", string(a.Outcome))
	enc.AddString("registration_client_id", a.ClientID)
	return nil
}

// Level is how loud the decision line is: a refusal is the gateway at work, a
// part that failed is for an operator to look at.
func (d *Decision) Level() zapcore.Level {
	switch {
	case d.Outcome == Failed && (d.Orphan || d.LockedOut), len(d.FailedRules) > 0:
		return zapcore.ErrorLevel
	case d.Outcome == Failed, d.LockedOut, d.Settled == Warned:
		return zapcore.WarnLevel
	default:
		return zapcore.InfoLevel
	}
}

type violations []registration.Violation

func (vs violations) MarshalLogArray(enc zapcore.ArrayEncoder) error {
	for i := range vs[:min(len(vs), MaxEntries)] {
		if err := enc.AppendObject((*violation)(&vs[i])); err != nil { // by address: boxing would copy it
			return err
		}
	}
	return nil
}

type violation registration.Violation

func (v *violation) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	enc.AddString("rule", v.Rule)
	enc.AddString("pointer", cut(v.Pointer, MaxValue))
	if member, _, _ := strings.Cut(strings.TrimPrefix(v.Pointer, "/"), "/"); !secret(member) {
		addValue(enc, "given", v.Given)
	}
	if v.Layer != "" {
		enc.AddString("layer", v.Layer)
	}
	return nil
}

type changes []registration.Change

func (cs changes) MarshalLogArray(enc zapcore.ArrayEncoder) error {
	for i := range cs[:min(len(cs), MaxEntries)] {
		if err := enc.AppendObject((*change)(&cs[i])); err != nil {
			return err
		}
	}
	return nil
}

type change registration.Change

func (c *change) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	enc.AddString("member", cut(c.Member, MaxValue))
	enc.AddString("rule", c.Rule)
	if !secret(c.Member) {
		addValue(enc, "before", c.Before)
		addValue(enc, "after", c.After)
	}
	if c.Layer != "" {
		enc.AddString("layer", c.Layer)
	}
	return nil
}

// secret members are logged by name only. jwks may have a private key in it,
// and a software statement is a credential of its kind.
func secret(member string) bool {
	switch member {
	case "client_secret", "registration_access_token", "software_statement", "jwks":
		return true
	}
	return false
}

func addValue(enc zapcore.ObjectEncoder, name string, v any) {
	if v != nil {
		enc.AddString(name, cut(text(v), MaxValue))
	}
}

// text is a value for reading. An object can hold anything, keys too: that it
// was one says enough.
func text(v any) string {
	switch v := v.(type) {
	case *registration.Metadata:
		return "(object)"
	case []any:
		elements := make([]string, len(v))
		for i := range v {
			elements[i] = text(v[i])
		}
		return "[" + strings.Join(elements, " ") + "]"
	case string:
		if strings.Contains(v, "@") {
			v = userinfo.ReplaceAllString(v, "${1}...@")
		}
		return v
	default:
		return fmt.Sprint(v)
	}
}

// userinfo is what a URI may have a password in, with as many slashes before it as
// browsers take for two. Such URIs are refused, and what was refused is logged.
var userinfo = regexp.MustCompile(`(:[/\\]*|^[/\\]+)[^/\\?#]*@`)

// cut shortens s to limit bytes, between two characters.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	end := limit
	for end > limit-utf8.UTFMax && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "..."
}
