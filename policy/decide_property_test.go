package policy_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/policy"
)

// The parts of random decisions: few, so that they meet.
var (
	someOperators = map[string][]string{
		"grant_types": {
			`{"subset_of":["authorization_code","refresh_token"]}`, `{"default":["client_credentials"]}`,
			`{"value":["client_credentials"]}`, `{"add":["refresh_token"]}`, `{"essential":true}`,
		},
		"token_endpoint_auth_method": {`{"default":"none"}`, `{"one_of":["none","private_key_jwt"]}`, `{"value":null}`, `{"value":"client_secret_basic"}`},
		"scope":                      {`{"subset_of":["openid","patient/*.rs"]}`, `{"add":["openid"]}`, `{"default":"user/*.rs"}`, `{"value":"openid"}`},
		"redirect_uris":              {`{"hosts":["*.example.org"]}`, `{"max_count":1}`, `{"value":null}`},
		"client_name":                {`{"default":"An app"}`, `{"max_length":5}`, `{"value":"App"}`, `{"essential":true}`},
		"software_id":                {`{"one_of":["a","b"]}`, `{"essential":true}`},
	}
	someScopes = []string{
		`{}`, `{"allow":["openid","patient/*.rs"]}`, `{"default":["openid","user/*.rs"]}`, `{"allow":["openid","patient/*.cruds","user/*.rs","system/*.rs"],"excess":"reject"}`,
		`{"inject":"always"}`, `{"default":["patient/Observation.rs"],"inject":"always"}`,
	}
	someMatches = []string{
		``, `,"match":{"class":"backend"}`, `,"match":{"class":"patient"}`, `,"match":{"class":"provider"}`, `,"preset":"public"`, `,"preset":"backend_services"`,
		`,"match":{"token":{"claims":{"tier":["gold"]}}}`, `,"match":{"metadata":{"software_id":{"one_of":["a"],"essential":true}}}`, `,"match":{"metadata":{"client_name":{"one_of":["App"]}}}`,
	}
	someRules  = []string{`[]`, `[]`, `[{"name":"uris","expression":"!has(metadata.redirect_uris) || metadata.redirect_uris.size() < 2","message":"m"}]`, `[{"name":"gold","expression":"token == null || token.claims.tier == \"gold\"","message":"m"}]`}
	someLimits = []string{``, ``, `{"scope":"openid patient/Patient.rs"}`, `{"software_id":"a"}`, `{"metadata_policy":{"grant_types":{"subset_of":["client_credentials"]}}}`, `{"redirect_uris":["https://a.example.org/1"]}`, `{"scope":1}`}
	someValues = map[string][]string{
		"redirect_uris":              {`["https://a.example.org/1"]`, `["https://a.example.org/1","https://b.example/2"]`, `["org.example.app:/cb"]`, `[]`, `"x"`},
		"grant_types":                {`["authorization_code"]`, `["client_credentials"]`, `["authorization_code","refresh_token","client_credentials"]`, `["client_credentials","client_credentials"]`, `[]`, `["password"]`},
		"token_endpoint_auth_method": {`"none"`, `"private_key_jwt"`, `"client_secret_basic"`, `1`},
		"response_types":             {`["code"]`, `[]`, `["code","token"]`},
		"scope":                      {`"openid patient/*.rs"`, `"user/*.cruds openid"`, `"system/*.rs"`, `"launch/patient openid fhirUser patient/*.rs patient/Observation.r"`, `""`, `["openid"]`},
		"client_name":                {`"App"`, `"An app with a name"`, `""`},
		"software_id":                {`"a"`, `"c"`},
		"jwks_uri":                   {`"https://a.example.org/jwks"`},
		"application_type":           {`"web"`, `"native"`},
		"client_id":                  {`"c"`},
		"x":                          {`{"y":[null,1,"z"]}`, `null`},
	}
)

func someObject(r *rand.Rand, parts map[string][]string, oneIn int) string {
	var members []string
	for _, name := range sortedNames(parts) {
		if r.IntN(oneIn) == 0 {
			members = append(members, fmt.Sprintf("%q:%s", name, pick(r, parts[name])))
		}
	}
	return object(members)
}

func sortedNames(parts map[string][]string) []string {
	var names []string
	for name := range parts {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func somePolicy(r *rand.Rand) string {
	var profiles []string
	for i := range r.IntN(4) {
		profiles = append(profiles, fmt.Sprintf(`{"name":"p%d"%s,"metadata_policy":%s,"scopes":%s}`,
			i, pick(r, someMatches), someObject(r, someOperators, 5), pick(r, someScopes)))
	}
	return fmt.Sprintf(`{"metadata_policy":%s,"scopes":%s,"rules":%s,"profiles":[%s]}`,
		someObject(r, someOperators, 4), pick(r, someScopes), pick(r, someRules), strings.Join(profiles, ","))
}

// TestRandomDecisions holds what must hold of every decision.
func TestRandomDecisions(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	tally := map[string]int{}
	for range 5_000 {
		document := somePolicy(r)
		config, err := policy.Parse([]byte(document))
		if err != nil {
			t.Fatalf("%v\n%s", err, document)
		}
		config.Unreturned = func(member string) bool { return member == "software_id" }
		p, err := policy.New(config)
		if err != nil {
			tally["impossible"]++
			continue
		}
		for range 20 {
			asked, limits := someObject(r, someValues, 2), pick(r, someLimits)
			outcome, err := decidesWell(p, asked, limits, pick(r, []policy.Operation{policy.Create, policy.Update}))
			if err != nil {
				t.Fatalf("%v\npolicy %s\nasked  %s\nlimits %s", err, document, asked, limits)
			}
			tally[outcome]++
		}
	}
	t.Log(tally)
	for _, outcome := range []string{"impossible", "refused", "admitted"} {
		if tally[outcome] < 500 {
			t.Errorf("only %d were %s", tally[outcome], outcome)
		}
	}
}

func FuzzDecide(f *testing.F) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 50 {
		f.Add(somePolicy(r), someObject(r, someValues, 2), pick(r, someLimits), r.IntN(2) == 0)
	}
	f.Fuzz(func(t *testing.T, document, asked, limits string, update bool) {
		config, err := policy.Parse([]byte(document))
		if err != nil {
			return
		}
		p, err := policy.New(config)
		if err != nil {
			return
		}
		operation := policy.Create
		if update {
			operation = policy.Update
		}
		if _, err := decidesWell(p, asked, limits, operation); err != nil {
			t.Fatal(err)
		}
	})
}

// decidesWell returns how a decision went, and an error for a property that does
// not hold.
func decidesWell(p *policy.Policy, asked, limits string, operation policy.Operation) (outcome string, err error) {
	document, err := registration.Decode([]byte(asked))
	if err != nil {
		return "unreadable", nil //nolint:nilerr // not a document
	}
	request := policy.Request{Operation: operation, Now: time.Unix(1e9, 0)}
	request.Admission = &policy.Admission{Kind: "jwt", Claims: registration.New(registration.Member{Name: "tier", Value: "gold"})}
	if limits != "" {
		if request.Admission.Limits, err = registration.Decode([]byte(limits)); err != nil {
			return "unreadable", nil //nolint:nilerr // not a document
		}
	}
	decide := func(m *policy.Metadata) policy.Decision {
		r := request
		r.Metadata = m
		return p.Decide(r)
	}
	first := decide(document.Clone())
	turned := decide(reverse(document))
	if turned.Profile != first.Profile || violated(turned) != violated(first) || !registration.Equal(turned.Metadata, first.Metadata) {
		return "", fmt.Errorf("the order of members matters: %s %s %s, was %s %s %s",
			turned.Profile, violated(turned), turned.Metadata.Encode(), first.Profile, violated(first), first.Metadata.Encode())
	}
	if !first.Admitted() {
		if refusal := first.Refusal(policy.ExplainFull); refusal.Status != 400 || len(refusal.Violations) == 0 {
			return "", errors.New("a refusal that says nothing")
		}
		return "refused", nil
	}
	if first.Profile == "" {
		return "", errors.New("admitted, and no profile is for it")
	}
	second := decide(first.Metadata.Clone())
	if !second.Admitted() || second.Profile != first.Profile || !registration.Equal(second.Metadata, first.Metadata) {
		return "", fmt.Errorf("decided again: %s %s %s, was %s %s",
			second.Profile, violated(second), second.Metadata.Encode(), first.Profile, first.Metadata.Encode())
	}
	return "admitted", nil
}

func violated(d policy.Decision) string {
	rules := broken(d)
	slices.Sort(rules)
	return strings.Join(rules, ", ")
}
