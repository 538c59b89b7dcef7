package policy

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/gowebpki/jcs"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// Document prints what is in force: the profiles in the order in which they are
// tried, each with its operators as they are merged and where they come from,
// its scopes and its rules; and the built-in rules that apply. It depends on
// nothing but what was configured.
func (p *Policy) Document() *Metadata {
	profiles := make([]any, len(p.profiles))
	for i, one := range p.profiles {
		profiles[i] = one.print()
	}
	applied := slices.DeleteFunc(BuiltInRules(), func(rule string) bool { return slices.Contains(p.builtIn.Off, rule) })
	document := registration.New(registration.Member{Name: "profiles", Value: profiles})
	document.SetStrings("built_in", applied)
	document.SetStrings("allow_grants", p.builtIn.AllowGrants)
	document.SetStrings("create_only", p.CreateOnly())
	document.Set("widening", string(cmp.Or(p.builtIn.Widening, WideningRefuse)))
	document.Set("read_only", string(cmp.Or(p.builtIn.ReadOnly, ReadOnlyEqual)))
	return document
}

func (p *profile) print() *Metadata {
	rules := make([]any, len(p.rules))
	for i := range p.rules {
		rules[i] = p.rules[i].print()
	}
	return registration.New(
		registration.Member{Name: "name", Value: p.name},
		registration.Member{Name: "match", Value: p.matches.print()},
		registration.Member{Name: "metadata_policy", Value: p.layers.metadata.Document()},
		registration.Member{Name: "sources", Value: p.layers.metadata.Sources()},
		registration.Member{Name: "scopes", Value: p.scopes.print(p.matches.class)},
		registration.Member{Name: "rules", Value: rules},
	)
}

func (r *compiledRule) print() *Metadata {
	on := r.On
	if on == "" {
		on = "both"
	}
	return registration.New(
		registration.Member{Name: "name", Value: r.Name},
		registration.Member{Name: "expression", Value: r.Expression},
		registration.Member{Name: "message", Value: r.Message},
		registration.Member{Name: "on", Value: on},
		registration.Member{Name: "source", Value: r.layer},
	)
}

// print is the scopes by the kind of app, those alone that a profile of the
// class can have.
func (r *scopeRules) print(class Class) *Metadata {
	printed := registration.New()
	if class != Backend {
		printed.Set("user_apps", r.user.print())
	}
	if class == Backend || class == "" {
		printed.Set("backend_services", r.own.print())
	}
	excess, inject := "strip", "when_absent"
	if r.reject {
		excess = "reject"
	}
	if r.always {
		inject = "always"
	}
	printed.Set("excess", excess)
	printed.Set("inject", inject)
	printed.Set("unknown_types", r.unknown)
	return printed
}

func (s *appScopes) print() *Metadata {
	printed := registration.New()
	printed.SetStrings("default", s.defaults)
	printed.SetStrings("allow", s.allow())
	var deny []string
	for _, limit := range s.limits {
		for _, scope := range limit.denied {
			deny = append(deny, scope.String())
		}
	}
	printed.SetStrings("deny", deny)
	return printed
}

// digestOf is the SHA-256 of a document's canonical form (RFC 8785), in
// hexadecimal digits.
func digestOf(document *Metadata) (string, error) {
	canonical, err := jcs.Transform(document.Encode())
	if err != nil {
		return "", fmt.Errorf("the policy has no canonical form: %w", err)
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:]), nil
}
