package smartregistration

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/policy"
)

// checked is what a check is about, beside the documents, and how it is printed.
type checked struct {
	updateOf    string // a file with the registration that the documents are updates of
	tokenClaims string // a file with the claims of the token that vouches for them
	asJSON      bool
}

// read reads what there is but the document.
func (c checked) read() (trialCase, error) {
	var of trialCase
	for _, from := range []struct {
		file string
		to   *[]byte
	}{{c.updateOf, &of.registered}, {c.tokenClaims, &of.claims}} {
		if from.file == "" {
			continue
		}
		var err error
		if *from.to, err = os.ReadFile(from.file); err != nil {
			return of, err
		}
	}
	return of, nil
}

// runCheck prints the decision on each file, and tells whether all are admitted.
func runCheck(w io.Writer, from source, what checked, files []string) (bool, error) {
	if len(files) == 0 {
		return false, errors.New("at least one client metadata document is needed")
	}
	t, err := newTrial(from)
	if err != nil {
		return false, err
	}
	of, err := what.read()
	if err != nil {
		return false, err
	}
	admitted := true
	for _, file := range files {
		if of.document, err = os.ReadFile(file); err != nil {
			return false, err
		}
		decision, err := t.decide(of)
		if err != nil {
			return false, fmt.Errorf("%s: %w", cmp.Or(what.updateOf, what.tokenClaims), err)
		}
		text := decisionText(file, decision)
		if what.asJSON {
			text = string(decisionDocument(file, decision).Encode()) + "\n"
		}
		if _, err := io.WriteString(w, text); err != nil {
			return false, err
		}
		admitted = admitted && decision.Admitted()
	}
	return admitted, nil
}

// decisionDocument is a decision as check --json prints it. It is built as a
// document is, and not by encoding/json, to which numbers here are strings.
func decisionDocument(file string, d policy.Decision) *registration.Metadata {
	violations, changes := make([]any, 0, len(d.Violations)), make([]any, 0, len(d.Changes))
	for _, v := range d.Violations {
		one := registration.New(
			registration.Member{Name: "rule", Value: v.Rule}, registration.Member{Name: "pointer", Value: v.Pointer},
			registration.Member{Name: "detail", Value: v.Detail},
		)
		if len(v.Allowed) > 0 {
			one.SetStrings("allowed", v.Allowed)
		}
		setLayer(one, v.Layer)
		violations = append(violations, one)
	}
	for _, c := range d.Changes {
		one := registration.New(registration.Member{Name: "member", Value: c.Member})
		if c.Before != nil {
			one.Set("before", c.Before)
		}
		if c.After != nil {
			one.Set("after", c.After)
		}
		one.Set("rule", c.Rule)
		setLayer(one, c.Layer)
		changes = append(changes, one)
	}
	warnings := make([]any, 0, len(d.Warnings))
	for _, v := range d.Warnings {
		warnings = append(warnings, registration.New(
			registration.Member{Name: "rule", Value: v.Rule}, registration.Member{Name: "pointer", Value: v.Pointer},
			registration.Member{Name: "detail", Value: v.Detail},
		))
	}
	document := registration.New(
		registration.Member{Name: "file", Value: file},
		registration.Member{Name: "admitted", Value: d.Admitted()},
		registration.Member{Name: "profile", Value: d.Profile},
		registration.Member{Name: "policy_digest", Value: d.PolicyDigest},
		registration.Member{Name: "metadata"}, // null: it could not be read
		registration.Member{Name: "violations", Value: violations},
		registration.Member{Name: "warnings", Value: warnings},
		registration.Member{Name: "changes", Value: changes},
	)
	if d.Metadata != nil {
		document.Set("metadata", d.Metadata)
	}
	return document
}

func setLayer(m *registration.Metadata, layer string) {
	if layer != "" {
		m.Set("layer", layer)
	}
}

// decisionText is a decision for a person to read.
func decisionText(file string, d policy.Decision) string {
	var b strings.Builder
	b.WriteString(file + ": " + outcomeText(d.Admitted()))
	if d.Profile != "" {
		b.WriteString(", profile " + d.Profile)
	}
	b.WriteString("\n")
	if len(d.Violations) > 0 {
		b.WriteString("  violations:\n")
	}
	for _, v := range d.Violations {
		fmt.Fprintf(&b, "    %s: %s\n", strings.TrimSpace(byRule(v.Rule, v.Layer)+" "+v.Pointer), v.Detail)
		if len(v.Allowed) > 0 {
			fmt.Fprintf(&b, "      allowed: %s\n", valueText(registration.FromStrings(v.Allowed)))
		}
		if failed, ok := v.Given.(*policy.RuleError); ok {
			fmt.Fprintf(&b, "      cause: %s\n", failed.Err)
		}
	}
	if len(d.Warnings) > 0 {
		b.WriteString("  warnings:\n")
	}
	for _, v := range d.Warnings {
		fmt.Fprintf(&b, "    %s: %s\n", strings.TrimSpace(v.Rule+" "+v.Pointer), v.Detail)
	}
	if len(d.Changes) > 0 {
		b.WriteString("  changes:\n")
	}
	for _, c := range d.Changes {
		fmt.Fprintf(&b, "    %s: %s by rule %s\n", c.Member, changeText(c), byRule(c.Rule, c.Layer))
	}
	if d.Metadata != nil {
		var indented bytes.Buffer
		_ = json.Indent(&indented, d.Metadata.Encode(), "    ", "  ") // is JSON: cannot fail
		b.WriteString("  metadata:\n    " + indented.String() + "\n")
	}
	return printable(b.String())
}

func outcomeText(admitted bool) string {
	if admitted {
		return "admitted"
	}
	return "refused"
}

func byRule(rule, layer string) string {
	if layer == "" {
		return rule
	}
	return rule + " (" + layer + ")"
}

func changeText(c registration.Change) string {
	switch {
	case c.After == nil:
		return "removed"
	case c.Before == nil:
		return "set to " + valueText(c.After)
	default:
		return "changed from " + valueText(c.Before) + " to " + valueText(c.After)
	}
}

// valueText is a member's value as JSON.
func valueText(v any) string {
	object := string(registration.New(registration.Member{Value: v}).Encode())
	return object[len(`{"":`) : len(object)-len(`}`)]
}

// printable takes out what could move a terminal's cursor or turn text around: a
// document's names and values are somebody else's.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, s)
}
