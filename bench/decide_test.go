package main

import (
	"testing"

	"github.com/caddy-smart/smartregistration/internal/smart"
	"github.com/caddy-smart/smartregistration/policy"
)

// TestDecidingPolicies: what is measured is an admission by the preset's profile.
func TestDecidingPolicies(t *testing.T) {
	t.Parallel()
	document, err := policy.DecodeMetadata([]byte(decided))
	if err != nil {
		t.Fatal(err)
	}
	for _, rules := range []string{"", decidingRules} {
		p, err := decidingPolicyWith(rules, 1000)
		if err != nil {
			t.Fatal(err)
		}
		d := p.Decide(policy.Request{Operation: policy.Create, Metadata: document.Clone()})
		if !d.Admitted() || d.Profile != "asymmetric" || d.Metadata.String("scope") != document.String("scope") {
			t.Errorf("profile %q, scope %q, %+v", d.Profile, d.Metadata.String("scope"), d.Violations)
		}
	}
}

// BenchmarkDecide is for profiles; the published figures are those of the command.
func BenchmarkDecide(b *testing.B) {
	document, err := policy.DecodeMetadata([]byte(decided))
	if err != nil {
		b.Fatal(err)
	}
	for name, rules := range map[string]string{"operators": "", "rules": decidingRules} {
		p, err := decidingPolicyWith(rules, 10)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p.Decide(policy.Request{Operation: policy.Create, Metadata: document.Clone()})
			}
		})
	}
	b.Run("clone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = document.Clone()
		}
	})
}

// BenchmarkJSON is the yardstick.
func BenchmarkJSON(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		roundTrip(b, []byte(decided))
	}
}

// TestRealmScopes: enough of them, and something is left of what is asked.
func TestRealmScopes(t *testing.T) {
	t.Parallel()
	realm := realmScopes()
	if len(realm) < 13_000 {
		t.Errorf("%d scopes", len(realm))
	}
	if part, _ := smart.NewSet(realm).Narrow(smart.Parse("patient/TypeAa.cruds")); len(part) == 0 {
		t.Error("nothing is left")
	}
}
