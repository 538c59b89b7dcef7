package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/policy"
)

// Deciding is what a decision costs by itself, in this process: the policy alone,
// without a request, a token or a server.
type Deciding struct {
	Case        string  `json:"case"`
	Meaning     string  `json:"meaning"`
	Nanoseconds float64 `json:"nanoseconds"`
	Allocations float64 `json:"allocations"`
	// AgainstJSON is the time divided by that of reading and writing the same
	// document with encoding/json in the same run: the figure that travels.
	AgainstJSON float64 `json:"against_json"`
}

// decided is the registration that decisions are measured on: as large as a real
// one, with a key and ten scopes.
const decided = `{
	"redirect_uris": ["https://app.example.org/callback", "https://app.example.org/second"],
	"client_name": "My Example Client", "client_uri": "https://app.example.org/", "logo_uri": "https://app.example.org/logo.png",
	"contacts": ["dev@example.org"], "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
	"token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "ES384",
	"jwks": {"keys": [{"kty": "EC", "crv": "P-384", "kid": "1", "use": "sig",
		"x": "4QZpOXGoVKk20c2-4Xjcq9sI5iXmIFZqSJ8Vs_I3Z89aqOJCEV0cWx72BJSoMiQ_", "y": "sdULiTSbOXef-1qzFMiDJpOyaPsI7hx48s4wKmWf4_0eyjdCBdUwrO9i6h0vGF1m"}]},
	"scope": "launch/patient openid fhirUser offline_access patient/Patient.rs patient/Observation.rs patient/Condition.rs patient/Encounter.rs patient/Procedure.rs patient/Goal.rs"
}`

// decidingPolicy has twelve operators, nine of them a preset's, and ten scopes.
const decidingPolicy = `{
	"metadata_policy": {"client_name": {"essential": true, "max_length": 60}, "redirect_uris": {"hosts": [HOSTS]}},
	"rules": [RULES],
	"profiles": [{"name": "asymmetric", "preset": "confidential_asymmetric", "scopes": {"allow": [
		"launch/patient", "openid", "fhirUser", "offline_access", "patient/Patient.rs", "patient/Observation.rs",
		"patient/Condition.rs", "patient/Encounter.rs", "patient/Procedure.rs", "patient/Goal.rs"]}}]
}`

const decidingRules = `
	{"name": "one_host", "expression": "metadata.redirect_uris.map(u, uri(u).host).distinct().size() == 1", "message": "one host"},
	{"name": "read_only", "expression": "covers('launch/patient openid fhirUser offline_access patient/*.rs', metadata.scope)", "message": "read access"}`

// decide measures what decisions cost, each so many times.
func decide(rounds int) ([]Deciding, error) {
	document, err := policy.DecodeMetadata([]byte(decided))
	if err != nil {
		return nil, err
	}
	// A decision works on the document, so each needs its own: what that costs is
	// not the decision's.
	clone := func(b *testing.B) {
		for b.Loop() {
			_ = document.Clone()
		}
	}
	text := document.Encode()
	cases := []decidingCase{{name: "json", meaning: "reading and writing the document with encoding/json", measured: func(b *testing.B) {
		for b.Loop() {
			roundTrip(b, text)
		}
	}}}
	for _, c := range []struct {
		name, meaning, rules string
		hosts, offered       int
	}{
		{"decide", "a preset and three operators, twelve in all, and ten scopes", "", 10, 0},
		{"decide_rules", "the same and two rules in CEL", decidingRules, 10, 0},
		{"decide_hosts", "the same as the first with 1,000 patterns of hosts for 10", "", 1000, 0},
		{"decide_offered", "the same as the first at a server that offers 20 scopes", "", 10, 20},
		{"decide_offered_many", "the same at one that offers 14,900", "", 10, 14900},
	} {
		p, err := decidingPolicyWith(c.rules, c.hosts)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		offered, err := offering(document, c.offered)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		request := policy.Request{Operation: policy.Create, Metadata: document.Clone(), Offered: offered}
		if refused := p.Decide(request).Violations; len(refused) > 0 {
			return nil, fmt.Errorf("%s: refused: %+v", c.name, refused)
		}
		cases = append(cases, decidingCase{name: c.name, meaning: c.meaning, less: clone, measured: func(b *testing.B) {
			for b.Loop() {
				p.Decide(policy.Request{Operation: policy.Create, Metadata: document.Clone(), Offered: offered})
			}
		}})
	}
	return medians(append(cases, scopes()...), rounds), nil
}

// offering is a server with that many scopes, those of the document among them;
// nil where it is not to be known.
func offering(document *policy.Metadata, many int) (*policy.Offered, error) {
	if many == 0 {
		return nil, nil //nolint:nilnil // not known
	}
	scopes := strings.Fields(document.String("scope"))
	for i := len(scopes); i < many; i++ {
		scopes = append(scopes, fmt.Sprintf("user/Type%d.%s", i/31, []string{"r", "rs", "cruds", "read"}[i%4]))
	}
	return policy.NewOffered(scopes, nil, "reject", 0)
}

// roundTrip reads and writes a document with encoding/json.
func roundTrip(b *testing.B, text []byte) {
	var v map[string]any
	if err := json.Unmarshal(text, &v); err != nil {
		b.Fatal(err)
	}
	if _, err := json.Marshal(v); err != nil {
		b.Fatal(err)
	}
}

func decidingPolicyWith(rules string, hosts int) (*policy.Policy, error) {
	patterns := []string{`"*.example.org"`}
	for i := 1; i < hosts; i++ {
		patterns = append(patterns, fmt.Sprintf(`"*.partner-%d.example"`, i))
	}
	document := strings.NewReplacer("HOSTS", strings.Join(patterns, ","), "RULES", rules).Replace(decidingPolicy)
	config, err := policy.Parse([]byte(document))
	if err != nil {
		return nil, err
	}
	return policy.New(config)
}

// cost of one operation.
type cost struct{ nanoseconds, allocations float64 }

// decidingCase is one thing to measure, less another one. The first case is what
// the others are held against.
type decidingCase struct {
	name, meaning  string
	measured, less func(*testing.B)
}

// medians measures all cases in each round, one after the other: what else the
// machine does for a while then meets all of them.
func medians(cases []decidingCase, rounds int) []Deciding {
	nanoseconds, allocations := make([][]float64, len(cases)), make([][]float64, len(cases))
	for range rounds {
		for i, c := range cases {
			cost := costOf(c.measured)
			if c.less != nil {
				less := costOf(c.less)
				cost.nanoseconds -= less.nanoseconds
				cost.allocations -= less.allocations
			}
			nanoseconds[i], allocations[i] = append(nanoseconds[i], cost.nanoseconds), append(allocations[i], cost.allocations)
		}
	}
	yardstick := spreadOf(nanoseconds[0]).Median
	results := make([]Deciding, len(cases))
	for i, c := range cases {
		median := spreadOf(nanoseconds[i]).Median
		results[i] = Deciding{
			Case: c.name, Meaning: c.meaning, Nanoseconds: rounded(median, 0),
			Allocations: rounded(spreadOf(allocations[i]).Median, 0), AgainstJSON: rounded(median/yardstick, 3),
		}
	}
	return results
}

func costOf(measured func(*testing.B)) cost {
	r := testing.Benchmark(measured)
	return cost{float64(r.T.Nanoseconds()) / float64(r.N), float64(r.MemAllocs) / float64(r.N)}
}
