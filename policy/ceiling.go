package policy

import (
	"slices"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// Ceiling is the most that a policy can ever allow to some client: what documents
// need not advertise beyond (RFC 8414 section 2).
type Ceiling struct {
	// Scopes are those that any profile allows to any of its apps.
	Scopes []string
	// GrantTypes are those that any profile lets be registered.
	GrantTypes []string
	// AuthMethods are the methods of client authentication that any does.
	AuthMethods []string
}

// Ceiling is the most that the policy can ever allow. It looks at lists and at
// values that are set, not into conditions: what a rule in CEL forbids to every
// client is in it.
func (p *Policy) Ceiling() Ceiling {
	var c Ceiling
	for _, one := range p.profiles {
		grants := one.layers.metadata.possible("grant_types", one.grants(p.builtIn.AllowGrants))
		c.GrantTypes = union(c.GrantTypes, grants)
		c.AuthMethods = union(c.AuthMethods, one.layers.metadata.possible("token_endpoint_auth_method", authMethods))
		for _, scopes := range []*appScopes{&one.scopes.user, &one.scopes.own} {
			for _, scope := range scopes.allow() {
				if forClient(scope, grants) {
					c.Scopes = union(c.Scopes, []string{scope})
				}
			}
		}
	}
	return c
}

// grants are the grant types that an app of the profile can have.
func (p *profile) grants(allowed []string) []string {
	switch p.matches.class {
	case Backend:
		return []string{"client_credentials"}
	default:
		return slices.Concat(safeGrants, allowed)
	}
}

// possible are those of some values that a member can have, as far as its
// operators say by lists.
func (p *MetadataPolicy) possible(member string, values []string) []string {
	mp := p.find(member)
	if mp == nil {
		return values
	}
	for _, name := range []string{opValue, opOneOf, opSubsetOf} {
		o := mp.operand(name)
		switch {
		case o == nil || o.value == nil:
		case o.set != nil:
			values = common(values, o.set.texts)
		default:
			set, isList := registration.AsStrings(o.value)
			if one, ok := o.value.(string); ok {
				set, isList = []string{one}, true
			}
			if isList {
				values = common(values, set)
			}
		}
	}
	return values
}

func common(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return !slices.Contains(b, s) })
}

func union(a, b []string) []string {
	for _, s := range b {
		if !slices.Contains(a, s) {
			a = append(a, s)
		}
	}
	return a
}
