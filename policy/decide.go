package policy

import (
	"fmt"
	"slices"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// Config is what a policy is made of.
type Config struct {
	// MetadataPolicy are the operators, by member (OpenID Federation 1.0
	// section 6.1). Nil: none.
	MetadataPolicy *Metadata
	// Scopes are the default and the allowed scopes.
	Scopes Scopes
	// BuiltIn relaxes built-in rules.
	BuiltIn BuiltIn
	// Rules are conditions in CEL.
	Rules []Rule
}

// Policy is compiled, immutable, and safe for concurrent use.
type Policy struct {
	metadata *MetadataPolicy
	members  []string // of metadata, without grant_types, which goes first
	scopes   *scopeRules
	builtIn  BuiltIn
	rules    []compiledRule
}

// New compiles a policy. What could never be satisfied is an error here.
func New(c Config) (*Policy, error) {
	p := &Policy{builtIn: c.BuiltIn}
	if err := c.BuiltIn.Validate(); err != nil {
		return nil, err
	}
	if c.MetadataPolicy != nil {
		var err error
		if p.metadata, err = ParseMetadataPolicy("policy", c.MetadataPolicy); err != nil {
			return nil, err
		}
		p.members = slices.DeleteFunc(slices.Clone(p.metadata.Members()), func(m string) bool { return m == "grant_types" })
	}
	var err error
	if p.scopes, err = newScopeRules(c.Scopes); err != nil {
		return nil, fmt.Errorf("scopes: %w", err)
	}
	if p.rules, err = compileRules(c.Rules); err != nil {
		return nil, err
	}
	return p, nil
}

// Decide never fails: what cannot be decided is a violation.
func (p *Policy) Decide(r Request) Decision {
	d := deliberation{Policy: p, m: r.Metadata, registered: r.Registered}
	d.changes = registration.Prepare(r.Operation, d.m)
	d.violations = registration.CheckTypes(d.m)
	wellTyped := len(d.violations) == 0
	if crowded := checkCrowds(d.m); crowded != nil {
		// Judging each of thousands of values would make a small request a long
		// one, and the answer many times as large.
		return Decision{Class: Patient, Metadata: d.m, Violations: append(d.violations, crowded...), Changes: d.changes}
	}

	// Grants first: what is sensible for other members depends on them.
	d.settleGrants()
	d.complete("token_endpoint_auth_method", defaultAuthMethod)
	d.complete("response_types", responseTypesOf(d.grants))
	d.complete("application_type", applicationTypeOf(stringsOf(d.m, "redirect_uris")))
	wanted := d.m.String("scope")
	asked := d.m.Has("scope")
	d.injectScopes()
	for _, member := range p.members {
		d.apply(member)
	}
	d.limitScopes(asked)
	d.name("token_endpoint_auth_method", defaultAuthMethod)
	d.name("response_types", responseTypesOf(d.grants))

	d.violations = append(d.violations, judge(&finalDocument{
		Metadata: d.m,
		grants:   d.grants,
		native:   d.m.String("application_type") == "native",
		options:  p.builtIn,
	})...)
	d.applyRules(r, wellTyped)
	if r.Registered != nil {
		d.violations = append(d.violations, widening(r.Registered, d.m, wanted)...)
	}
	return Decision{Class: d.class, Metadata: d.m, Violations: d.violations, Changes: d.changes}
}

// deliberation is one decision in the making.
type deliberation struct {
	*Policy
	m          *Metadata
	registered *Metadata
	grants     []string // settled first
	class      Class
	changes    []Change
	violations []Violation
}

func (d *deliberation) apply(member string) {
	changes, violations := d.metadata.ApplyMember(d.m, member)
	d.changes = append(d.changes, changes...)
	d.violations = append(d.violations, violations...)
}

// complete fills in what RFC 7591 section 2 says an absent member means, so that
// the operators' checks see it: absent is not a way past "one_of". Where the
// policy itself sets the member or demands it of the caller, it stays absent
// for the policy to deal with.
func (d *deliberation) complete(member string, value any) {
	if d.m.Has(member) || d.metadata.Sets(member) {
		return
	}
	d.set(member, value, "default")
}

func (d *deliberation) set(member string, value any, rule string) {
	before, _ := d.m.Get(member)
	if before != nil && registration.Equal(before, value) {
		return
	}
	d.m.Set(member, value)
	d.changes = append(d.changes, Change{Member: member, Before: before, After: value, Rule: rule})
}

func (d *deliberation) settleGrants() {
	if v, _ := d.m.Get("grant_types"); registration.Equal(v, []any{}) {
		// Keycloak reads an empty list as the code grant, and so does RFC 7591
		// an absent one. One reading is enough.
		d.m.Delete("grant_types")
		d.changes = append(d.changes, Change{Member: "grant_types", Before: v, Rule: "empty"})
	}
	d.complete("grant_types", []any{"authorization_code"})
	d.apply("grant_types")
	d.name("grant_types", []any{"authorization_code"})
	d.grants = stringsOf(d.m, "grant_types")
	d.class = classOf(d.grants)
}

// classOf is the app class that grants make. A grant that is named twice is the
// same grant.
func classOf(grants []string) Class {
	if len(grants) > 0 && !slices.ContainsFunc(grants, func(g string) bool { return g != "client_credentials" }) {
		return Backend
	}
	return Patient
}

// defaultAuthMethod is what an absent token_endpoint_auth_method means (RFC 7591
// section 2).
const defaultAuthMethod = "client_secret_basic"

// responseTypesOf are the response types that belong to grants (RFC 7591 section
// 2.1). The RFC's plain default of "code" contradicts a client that has no grant
// for it.
func responseTypesOf(grants []string) []any {
	types := []any{}
	if slices.Contains(grants, "authorization_code") {
		types = append(types, "code")
	}
	if slices.Contains(grants, "implicit") {
		types = append(types, "token")
	}
	return types
}

// applicationTypeOf infers what kind of app this is: native if every redirect
// URI is of a kind that only a native app may have, else web (the default of
// OpenID Connect Dynamic Client Registration section 2).
func applicationTypeOf(redirectURIs []string) string {
	notNative := func(uri string) bool { return !nativeOnly(uri) }
	if len(redirectURIs) == 0 || slices.ContainsFunc(redirectURIs, notNative) {
		return "web"
	}
	return "native"
}

// name fills in what the policy has removed again ("value null"): a member that
// is absent means its default, and a server that is left to choose may choose
// otherwise. Keycloak up to 26.0 switches the password grant on for a client
// that names no grants.
func (d *deliberation) name(member string, value any) {
	if !d.m.Has(member) {
		d.set(member, value, "default")
	}
}

// stringsOf is a member's strings; none where it is absent or of another type,
// which the type check has reported.
func stringsOf(m *Metadata, member string) []string {
	s, _ := m.Strings(member)
	return s
}
