package policy_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/policy"
)

// federationCase is one case of either vector file: policies, the superior
// first, and what comes of them.
type federationCase struct {
	name                       string
	policies                   []json.RawMessage
	metadata, merged, resolved json.RawMessage
	fault                      string // "", "invalid_policy" or "invalid_metadata"
}

func (c federationCase) run(t *testing.T) bool {
	t.Helper()
	merged, got, fault := resolve(t, c.policies, c.metadata)
	ok := true
	report := func(format string, args ...any) {
		t.Helper()
		ok = false
		t.Errorf("case %s: "+format, append([]any{c.name}, args...)...)
	}
	if fault != c.fault {
		report("got %q, want %q", fault, c.fault)
		return false
	}
	if c.merged != nil {
		want, err := policy.ParseMetadataPolicy("merged", document(t, c.merged), policy.IgnoreUnknownOperators())
		if err != nil {
			report("merged policy of the case: %v", err)
		} else if !sameSets(merged.Document(), want.Document()) {
			report("merged to %s, want %s", merged.Document().Encode(), c.merged)
		}
	}
	if c.fault == "" && !sameSets(got, document(t, c.resolved)) {
		report("resolved to %s, want %s", got.Encode(), c.resolved)
	}
	return ok
}

// resolve merges the policies and applies the result; fault is the vectors' word
// for what went wrong.
func resolve(t *testing.T, policies []json.RawMessage, metadata json.RawMessage) (merged *policy.MetadataPolicy, m *policy.Metadata, fault string) {
	t.Helper()
	for i, text := range policies {
		layer, err := policy.ParseMetadataPolicy("layer "+strconv.Itoa(i+1), document(t, text), policy.IgnoreUnknownOperators())
		if err != nil {
			return nil, nil, "invalid_policy"
		}
		if merged, err = merged.Merge(layer); err != nil {
			return nil, nil, "invalid_policy"
		}
	}
	m = document(t, metadata)
	for _, member := range merged.Members() {
		if _, violations := merged.ApplyMember(m, member); len(violations) > 0 {
			fault = "invalid_metadata"
		}
	}
	return merged, m, fault
}

func document(t testing.TB, text []byte) *policy.Metadata {
	t.Helper()
	m, err := registration.Decode(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return m
}

// sameSets compares as the vectors do: the order of arrays means nothing.
func sameSets(a, b any) bool {
	switch a := a.(type) {
	case *policy.Metadata:
		b, ok := b.(*policy.Metadata)
		if !ok || a.Len() != b.Len() {
			return false
		}
		for _, member := range a.Members() {
			other, ok := b.Get(member.Name)
			if !ok || !sameSets(member.Value, other) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		return ok && len(a) == len(b) && within(a, b) && within(b, a)
	}
	return registration.Equal(a, b)
}

func within(a, b []any) bool {
	for _, v := range a {
		found := false
		for _, w := range b {
			found = found || registration.Equal(v, w)
		}
		if !found {
			return false
		}
	}
	return true
}

func TestFederationVectors(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "testdata", "vectors", "federation_metadata_policy.json"))
	if err != nil {
		t.Fatal(err)
	}
	var vectors struct {
		OperatorOrder []string `json:"operator_order"`
		Cases         []struct {
			Name         string
			Policies     []json.RawMessage `json:"policies_superior_first"`
			Metadata     json.RawMessage
			Expect       json.RawMessage
			ExpectError  string          `json:"expect_error"`
			MergedPolicy json.RawMessage `json:"merged_policy"`
		}
	}
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors.Cases) != 34 {
		t.Fatalf("got %d cases", len(vectors.Cases))
	}
	for _, c := range vectors.Cases {
		federationCase{c.Name, c.Policies, c.Metadata, c.MergedPolicy, c.Expect, c.ExpectError}.run(t)
	}
	// The error for an unknown operator lists the language in its order, with the
	// operators beyond the standard before the last.
	_, err = policy.ParseMetadataPolicy("policy", document(t, []byte(`{"a": {"x": 1}}`)))
	last := len(vectors.OperatorOrder) - 1
	for _, want := range []string{
		"(operators: " + strings.Join(vectors.OperatorOrder[:last], ", ") + ", ", ", " + vectors.OperatorOrder[last] + ")",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want the operators in the order %s", err, vectors.OperatorOrder)
		}
	}
}

// TestOfficialMetadataPolicyCases runs the cases that were published with the
// standard. They are somebody else's data and not part of this repository.
func TestOfficialMetadataPolicyCases(t *testing.T) {
	t.Parallel()
	path := os.Getenv("METADATA_POLICY_CASES")
	if path == "" {
		t.Skip("METADATA_POLICY_CASES does not name the file of the official cases")
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join("..", path) // relative to the repository, where scripts set it
	}
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		t.Skipf("METADATA_POLICY_CASES: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		N        int
		TA, INT  json.RawMessage
		Merged   json.RawMessage
		Metadata json.RawMessage
		Resolved json.RawMessage
		Error    string
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	passed := 0
	for _, c := range cases {
		if (federationCase{strconv.Itoa(c.N), []json.RawMessage{c.TA, c.INT}, c.Metadata, c.Merged, c.Resolved, c.Error}).run(t) {
			passed++
		}
	}
	t.Logf("official metadata policy cases: %d of %d", passed, len(cases))
	if len(cases) < 2019 {
		t.Errorf("the file has %d cases, the published one 2019", len(cases))
	}
}
