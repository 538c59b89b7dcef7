package policy_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/policy"
)

// operatorCase is an operator with its value, and what it accepts and refuses of
// a member, alone: no built-in rule stands beside it.
type operatorCase struct {
	Operator string
	Member   string
	Value    json.RawMessage
	Document json.RawMessage // the other members
	Accept   []operatorValue
	Refuse   []operatorValue
}

// operatorValue is a value of the member and why the operator takes or refuses
// it. Where that is plain to see, the value stands alone.
type operatorValue struct {
	Given json.RawMessage
	Why   string
}

func (v *operatorValue) UnmarshalJSON(text []byte) error {
	type explained operatorValue
	if err := json.Unmarshal(text, (*explained)(v)); err != nil || v.Why == "" {
		v.Given = slices.Clone(text)
	}
	return nil
}

func operatorCases(t testing.TB) []operatorCase {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "testdata", "vectors", "operators.json"))
	if err != nil {
		t.Fatal(err)
	}
	var vectors struct{ Cases []operatorCase }
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	return vectors.Cases
}

// given are all values of the case.
func (c operatorCase) given() []json.RawMessage {
	var all []json.RawMessage
	for _, v := range slices.Concat(c.Accept, c.Refuse) {
		all = append(all, v.Given)
	}
	return all
}

func (c operatorCase) policy(t *testing.T) *policy.MetadataPolicy {
	t.Helper()
	return compile(t, "policy", `{"`+c.Member+`": {"`+c.Operator+`": `+string(c.Value)+`}}`)
}

// violations applies the operator to a document with the given value.
func (c operatorCase) violations(t *testing.T, p *policy.MetadataPolicy, given json.RawMessage) []policy.Violation {
	t.Helper()
	m := &policy.Metadata{}
	if c.Document != nil {
		m = document(t, c.Document)
	}
	value, _ := document(t, []byte(`{"v": `+string(given)+`}`)).Get("v")
	m.Set(c.Member, value)
	before := m.Clone()
	changes, violations := apply(p, m)
	if len(changes) > 0 || !registration.Equal(m, before) {
		t.Errorf("%s %s: %s was changed", c.Operator, c.Value, given)
	}
	return violations
}

func TestOperatorVectors(t *testing.T) {
	t.Parallel()
	accepted, refused := map[string]int{}, map[string]int{}
	for _, c := range operatorCases(t) {
		p := c.policy(t)
		for _, a := range c.Accept {
			accepted[c.Operator]++
			if vs := c.violations(t, p, a.Given); len(vs) > 0 {
				t.Errorf("%s %s: %s is refused: %s (%s)", c.Operator, c.Value, a.Given, summary(nil, vs), a.Why)
			}
		}
		for _, r := range c.Refuse {
			refused[c.Operator]++
			vs := c.violations(t, p, r.Given)
			if len(vs) == 0 || r.Why == "" {
				t.Errorf("%s %s: %s is accepted: %s", c.Operator, c.Value, r.Given, r.Why)
			}
			for _, v := range vs {
				c.checkViolation(t, v, r.Given)
			}
		}
	}
	for _, name := range beyondStandard(t) {
		if accepted[name] == 0 || refused[name] == 0 {
			t.Errorf("%s: accepts %d and refuses %d: some of both are needed", name, accepted[name], refused[name])
		}
	}
	t.Logf("accepted %v, refused %v", accepted, refused)
	if refused["hosts"] < 350 {
		t.Errorf("only %d hostile hosts", refused["hosts"])
	}
}

func (c operatorCase) checkViolation(t *testing.T, v policy.Violation, given json.RawMessage) {
	t.Helper()
	if v.Rule != c.Operator || v.Layer != "policy" || len(v.Allowed) == 0 {
		t.Errorf("%s %s: %s: the violation is %+v", c.Operator, c.Value, given, v)
	}
	if v.Detail == "" || strings.ContainsFunc(v.Detail, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }) {
		t.Errorf("%s: %s: %q is no sentence for an error_description", c.Operator, given, v.Detail)
	}
	code := registration.InvalidClientMetadata
	if c.Member == "redirect_uris" {
		code = registration.InvalidRedirectURI
	}
	if v.Code != code || !strings.HasPrefix(v.Pointer, "/"+c.Member) {
		t.Errorf("%s: %s: %s at %s", c.Operator, given, v.Code, v.Pointer)
	}
}

// beyondStandard are the names of the operators that the error for an unknown
// one lists between superset_of and essential.
func beyondStandard(t *testing.T) []string {
	t.Helper()
	_, err := policy.ParseMetadataPolicy("policy", document(t, []byte(`{"a": {"x": 1}}`)))
	if err == nil {
		t.Fatal("x is no operator")
	}
	_, list, _ := strings.Cut(err.Error(), "superset_of, ")
	list, _, _ = strings.Cut(list, ", essential")
	names := strings.Split(list, ", ")
	if len(names) != 16 {
		t.Fatalf("got %q", names)
	}
	return names
}
