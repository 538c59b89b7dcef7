package smartregistration

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/policy"
)

// runPolicyPrint prints the policy in force, as it is compiled.
func runPolicyPrint(w io.Writer, from source) error {
	h, err := from.handler()
	if err != nil {
		return err
	}
	p, err := h.policyNow("policy", h.Policy)
	if err != nil {
		return err
	}
	return printJSON(w, registration.New(
		registration.Member{Name: "handler", Value: h.Path},
		registration.Member{Name: "policy_digest", Value: p.Digest()},
		registration.Member{Name: "policy", Value: p.Document()},
	))
}

// printJSON writes a document for a person to read.
func printJSON(w io.Writer, document *registration.Metadata) error {
	var indented bytes.Buffer
	_ = json.Indent(&indented, document.Encode(), "", "  ") // is JSON: cannot fail
	indented.WriteByte('\n')
	_, err := indented.WriteTo(w)
	return err
}

// runMergedPrint prints what judges one registration, and tells whether a profile
// is for it.
func runMergedPrint(w io.Writer, from source, what checked, file string) (bool, error) {
	t, err := newTrial(from)
	if err != nil {
		return false, err
	}
	of, err := what.read()
	if err != nil {
		return false, err
	}
	if of.document, err = os.ReadFile(file); err != nil {
		return false, err
	}
	request, err := t.request(of)
	if err != nil {
		return false, err
	}
	profile, merged, err := t.policy.Merged(request)
	if err != nil {
		return false, err
	}
	return profile != "", printJSON(w, registration.New(
		registration.Member{Name: "profile", Value: profile},
		registration.Member{Name: "metadata_policy", Value: merged.Document()},
		registration.Member{Name: "sources", Value: merged.Sources()},
	))
}

// runPreset prints one preset as it is written, or the names of all.
func runPreset(w io.Writer, names []string) error {
	if len(names) == 0 {
		_, err := io.WriteString(w, strings.Join(slices.Concat(policy.Presets(), policy.ScopePresets()), "\n")+"\n")
		return err
	}
	document, err := policy.PresetDocument(names[0])
	if err != nil {
		return err
	}
	_, err = w.Write(document)
	return err
}
