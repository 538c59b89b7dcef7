package policy_test

import (
	"testing"

	"github.com/caddy-smart/smartregistration/policy"
)

// BenchmarkRules: what two rules add to a decision.
func BenchmarkRules(b *testing.B) {
	rules := []policy.Rule{
		{Name: "one_host", Expression: oneHost, Message: "one host for all redirect URIs"},
		{
			Name:       "no_system_in_browser",
			Expression: `!("authorization_code" in metadata.grant_types) || !metadata.scope.split(" ").exists(s, smart(s).context == "system")`,
			Message:    "system scopes are for backend services",
		},
	}
	for name, rules := range map[string][]policy.Rule{"none": nil, "two": rules} {
		b.Run(name, func(b *testing.B) {
			p, err := policy.New(policy.Config{Rules: rules})
			if err != nil {
				b.Fatal(err)
			}
			document := metadata(b, `{"redirect_uris": ["https://app.example.org/a", "https://app.example.org/b", "https://app.example.org/c"],
				"client_name": "App", "contacts": ["a@example.org"], "scope": "launch/patient openid fhirUser patient/*.rs"}`)
			b.ReportAllocs()
			for b.Loop() {
				if d := p.Decide(policy.Request{Metadata: document.Clone()}); !d.Admitted() {
					b.Fatal(d.Violations)
				}
			}
		})
	}
}
