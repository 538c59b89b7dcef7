package smartregistration

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/policy"
)

// policyCase is a file of policy test: a document, and what is to become of it.
type policyCase struct {
	Metadata json.RawMessage `json:"metadata"`
	UpdateOf json.RawMessage `json:"update_of"` // a registration; empty: the document is a new one
	// TokenClaims are the claims of the token that vouches for a new one; empty:
	// nothing is known of it.
	TokenClaims json.RawMessage `json:"token_claims"`
	Expect      struct {
		Admitted *bool `json:"admitted"`
		// Violations are all there are to be, each as "rule /pointer", in any
		// order; nil: they are not compared.
		Violations []string `json:"violations"`
		// Metadata are members of the final document; null: absent.
		Metadata json.RawMessage `json:"metadata"`
	} `json:"expect"`

	name    string
	members *registration.Metadata // of Expect.Metadata
}

// runPolicyTest decides all cases of a directory, prints how they went, and
// tells whether all went as expected.
func runPolicyTest(w io.Writer, from source, directory string) (bool, error) {
	cases, err := readCases(directory)
	if err != nil {
		return false, err
	}
	t, err := newTrial(from)
	if err != nil {
		return false, err
	}
	var table, details bytes.Buffer
	columns := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(columns, "CASE\tEXPECTED\tDECIDED\tRESULT")
	failed := 0
	for _, c := range cases {
		decision, err := t.decide(trialCase{c.Metadata, c.UpdateOf, c.TokenClaims})
		if err != nil {
			return false, fmt.Errorf("%s: %w", c.name, err)
		}
		result := "pass"
		if differences := c.differences(decision); len(differences) > 0 {
			failed++
			result = "FAIL"
			fmt.Fprintf(&details, "\n%s:\n  %s\n", c.name, strings.Join(differences, "\n  "))
		}
		fmt.Fprintf(columns, "%s\t%s\t%s\t%s\n", c.name, outcomeText(*c.Expect.Admitted), outcomeText(decision.Admitted()), result)
	}
	_ = columns.Flush() // into memory: cannot fail
	_, err = io.WriteString(w, printable(fmt.Sprintf("%s%s\ncases: %d, failed: %d\n", &table, &details, len(cases), failed)))
	return failed == 0, err
}

// readCases reads the cases of a directory, sorted by name. A directory without
// any is an error: it is not the one that was meant.
func readCases(directory string) ([]*policyCase, error) {
	entries, err := os.ReadDir(directory)
	if err != nil {
		return nil, err
	}
	var cases []*policyCase
	for _, entry := range entries {
		name, isCase := strings.CutSuffix(entry.Name(), ".json")
		if !isCase {
			continue
		}
		text, err := os.ReadFile(filepath.Join(directory, entry.Name()))
		if err != nil {
			return nil, err
		}
		c, err := parseCase(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(directory, entry.Name()), err)
		}
		c.name = name
		cases = append(cases, c)
	}
	if len(cases) == 0 {
		return nil, fmt.Errorf("there are no cases (*.json) in %s", directory)
	}
	return cases, nil
}

// parseCase is strict: a member with a slip of the pen in its name would expect
// nothing.
func parseCase(text []byte) (*policyCase, error) {
	c := new(policyCase)
	if err := caddy.StrictUnmarshalJSON(text, c); err != nil {
		return nil, err
	}
	switch {
	case !json.Valid(text):
		return nil, errors.New("there is something behind the JSON object")
	case c.Metadata == nil:
		return nil, errors.New("metadata is required")
	case c.Expect.Admitted == nil:
		return nil, errors.New("expect.admitted is required: true or false")
	case c.Expect.Metadata == nil:
		return c, nil
	}
	var err error
	if c.members, err = registration.Decode(c.Expect.Metadata); err != nil {
		return nil, fmt.Errorf("expect.metadata: %w", err)
	}
	return c, nil
}

// differences is all that was decided otherwise than expected.
func (c *policyCase) differences(d policy.Decision) []string {
	var found []string
	if *c.Expect.Admitted != d.Admitted() {
		found = append(found, fmt.Sprintf("%s, expected %s", outcomeText(d.Admitted()), outcomeText(*c.Expect.Admitted)))
	}
	unexpected := make([]string, len(d.Violations))
	for i, v := range d.Violations {
		unexpected[i] = strings.TrimSpace(v.Rule + " " + v.Pointer)
	}
	// A refusal that nobody expected is to be explained, whatever was compared.
	compared := c.Expect.Violations != nil || *c.Expect.Admitted
	for _, expected := range c.Expect.Violations {
		if i := slices.Index(unexpected, expected); i >= 0 {
			unexpected = slices.Delete(unexpected, i, i+1)
		} else {
			found = append(found, "expected and not found: "+expected)
		}
	}
	if compared {
		for _, violation := range unexpected {
			found = append(found, "found and not expected: "+violation)
		}
	}
	return append(found, c.otherMembers(d.Metadata)...)
}

// otherMembers is what the final document says otherwise than expected.
func (c *policyCase) otherMembers(final *registration.Metadata) []string {
	if c.members == nil {
		return nil
	}
	if final == nil {
		return []string{"the document could not be read"}
	}
	var found []string
	for _, member := range c.members.Members() {
		is, there := final.Get(member.Name)
		if registration.Equal(is, member.Value) {
			continue
		}
		was := "absent"
		if there {
			was = valueText(is)
		}
		expected := "absent"
		if member.Value != nil {
			expected = valueText(member.Value)
		}
		found = append(found, fmt.Sprintf("%s is %s, expected %s", registration.Pointer(member.Name), was, expected))
	}
	return found
}
