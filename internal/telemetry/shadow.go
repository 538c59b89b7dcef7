package telemetry

import (
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// ShadowResult is how the shadow policy's decision differs from the one that
// was made: a label of bounded values.
type ShadowResult string

// The results.
const (
	// ShadowSame: it decides the same.
	ShadowSame ShadowResult = "same"
	// ShadowStricter: it refuses what was admitted.
	ShadowStricter ShadowResult = "stricter"
	// ShadowLooser: it admits what was refused.
	ShadowLooser ShadowResult = "looser"
	// ShadowDifferent: it admits another document.
	ShadowDifferent ShadowResult = "different"
	// ShadowSkipped: too many requests were waiting for it.
	ShadowSkipped ShadowResult = "skipped"
	// ShadowFailed: it broke down.
	ShadowFailed ShadowResult = "failed"
)

// FieldResult and FieldEnforced are fields of the shadow policy's line only.
const (
	FieldResult   = "result"              // see ShadowResult
	FieldEnforced = "enforced_violations" // of the policy in force
)

// ShadowDecision is what is remembered of a decision that was not made.
type ShadowDecision struct {
	Operation    registration.Operation
	Result       ShadowResult
	Profile      string
	PolicyDigest string
	Violations   []registration.Violation
	Changes      []registration.Change
	Enforced     []registration.Violation
	RequestID    string
}

// CountShadow adds one request to the metrics.
func CountShadow(r ShadowResult) { shadowed[r].Inc() }

// Fields are the line's, as one inline field.
func (d *ShadowDecision) Fields() zap.Field { return zap.Inline(shadowFields{d}) }

type shadowFields struct{ *ShadowDecision }

func (d shadowFields) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	enc.AddString(FieldOperation, d.Operation.String())
	enc.AddString(FieldResult, string(d.Result))
	enc.AddString(FieldProfile, d.Profile)
	enc.AddString(FieldPolicyDigest, d.PolicyDigest)
	enc.AddString(FieldRequestID, d.RequestID)
	for _, list := range []struct {
		name string
		vs   []registration.Violation
	}{{FieldViolations, d.Violations}, {FieldEnforced, d.Enforced}} {
		if len(list.vs) == 0 {
			continue
		}
		if err := enc.AddArray(list.name, violations(list.vs)); err != nil {
			return err
		}
	}
	if len(d.Changes) == 0 {
		return nil
	}
	return enc.AddArray(FieldChanges, changes(d.Changes))
}
