package policy

import (
	"slices"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/internal/smart"
)

// Decide never fails: what cannot be decided is a violation.
func (p *Policy) Decide(r Request) Decision { return p.decideBy(nil, p.asVouched(r)) }

// decideBy decides by one profile, whatever it matches, or by the one that does.
func (p *Policy) decideBy(only *profile, r Request) Decision {
	d := deliberation{Policy: p, m: r.Metadata, profile: only}
	if only == nil { // else it is what is registered itself that is judged
		d.registered = p.limit(r)
	}
	d.changes = registration.Prepare(r.Operation, d.m)
	if r.Operation == Update && r.Registered != nil {
		d.violations = registration.CheckReadOnly(d.m, r.Registered, p.builtIn.ReadOnly == ReadOnlyStrict)
	}
	mistyped := registration.CheckTypes(d.m)
	d.violations = append(d.violations, mistyped...)
	wellTyped := len(mistyped) == 0
	if crowded := checkCrowds(d.m); crowded != nil {
		// Judging each of thousands of values would make a small request a long
		// one, and the answer many times as large.
		d.violations = append(d.violations, crowded...)
		return d.decision()
	}
	if err := d.settleProfile(r); err != nil {
		d.violations = append(d.violations, limitsError(err))
	}
	if d.profile == nil {
		d.violations = append(d.violations, d.noProfile(r))
	}

	// Grants first: what is sensible for other members depends on them.
	d.settleGrants()
	if d.open("token_endpoint_auth_method") {
		d.set("token_endpoint_auth_method", defaultAuthMethod, "default", "")
	}
	if d.open("response_types") {
		d.set("response_types", responseTypesOf(d.grants), "default", "")
	}
	if d.open("application_type") {
		d.set("application_type", applicationTypeOf(d.layers.metadata.settled(d.m, "redirect_uris")), "default", "")
	}
	wanted := d.m.String(scopeMember)
	if d.scopes != nil && d.scopes.reject {
		d.wanted = smart.Split(wanted)
	}
	d.injectScopes()
	for _, mp := range d.layers.members {
		d.layers.metadata.applyMember(d.m, mp, &d.findings)
	}
	d.applyScope(shapes)
	d.limitScopes()
	d.applyScope(narrows)
	d.checkResourceTypes()
	d.translateScopes(r.Offered)
	d.checkScopesLeft(wanted)
	// What the policy has removed again ("value null") means its default, and a
	// server that is left to choose may choose otherwise. Keycloak up to 26.0
	// switches the password grant on for a client that names no grants.
	if !d.m.Has("token_endpoint_auth_method") {
		d.set("token_endpoint_auth_method", defaultAuthMethod, "default", "")
	}
	if !d.m.Has("response_types") {
		d.set("response_types", responseTypesOf(d.grants), "default", "")
	}

	d.violations = append(d.violations, judge(&finalDocument{
		Metadata:    d.m,
		grants:      d.grants,
		native:      d.m.String("application_type") == "native",
		allowGrants: p.builtIn.AllowGrants,
	}, p.builtInRules)...)
	if only == nil {
		d.checkProfile(r)
	}
	d.applyRules(r, wellTyped)
	if d.registered != nil {
		u := &update{registered: d.registered, asked: d.m, wanted: wanted, operators: d.layers.metadata, unknown: p.config.Unreturned}
		d.violations = append(d.violations, u.widening()...)
	}
	return d.decision()
}

// deliberation is one decision in the making.
type deliberation struct {
	*Policy
	m          *Metadata
	registered *Metadata // what an update may not go beyond; nil: nothing limits it so

	profile *profile // nil: none is for such an app
	layers  *layers
	scopes  *scopeRules // nil without a profile
	rules   []compiledRule
	ceiling *scopeLimit // the token's
	wanted  []string    // scopes that the caller names, where any excess is refused
	grants  []string    // settled first

	findings
	warnings []Violation
}

func (d *deliberation) decision() Decision {
	return Decision{
		Profile: d.profileName(), PolicyDigest: d.digest,
		Metadata: d.m, Violations: d.violations, Warnings: d.warnings, Changes: d.changes,
	}
}

func (d *deliberation) profileName() string {
	if d.profile == nil {
		return ""
	}
	return d.profile.name
}

// settleProfile finds out what applies. Where no profile is for the app the
// policy itself judges it, so that a refusal is complete. The error is about the
// token's limits.
func (d *deliberation) settleProfile(r Request) error {
	if d.profile == nil {
		d.profile = d.choose(r)
	}
	judge := d.profile
	if judge == nil {
		judge = d.unmatched
	}
	d.layers, d.scopes, d.rules = judge.of(r.Operation), judge.scopes, judge.rules
	return d.limit(r.Admission)
}

// applyScope runs operators on scope. Those that forbid something run again, or
// only then, on what is left of it.
func (d *deliberation) applyScope(which func(*operator) bool) {
	if mp := d.layers.scope; mp != nil {
		d.layers.metadata.apply(d.m, mp, which, &d.findings)
	}
}

// open tells whether a member is to be filled in with what RFC 7591 section 2 says
// an absent one means, so that the operators' checks see it: absent is not a way
// past "one_of". Where the policy itself sets the member or demands it of the
// caller, it stays absent for the policy to deal with.
func (d *deliberation) open(member string) bool {
	return !d.m.Has(member) && !d.layers.metadata.Sets(member)
}

func (d *deliberation) set(member string, value any, rule, layer string) {
	before, _ := d.m.Get(member)
	if before != nil && registration.Equal(before, value) {
		return
	}
	d.m.Set(member, value)
	d.change(Change{Member: member, Before: before, After: value, Rule: rule, Layer: layer})
}

func (d *deliberation) settleGrants() {
	if v, there := d.m.Get("grant_types"); there && isAbsent("grant_types", v) {
		d.m.Delete("grant_types")
		d.change(Change{Member: "grant_types", Before: v, Rule: "empty"})
	}
	if d.open("grant_types") {
		d.set("grant_types", []any{"authorization_code"}, "default", "")
	}
	if mp := d.layers.grants; mp != nil {
		d.layers.metadata.applyMember(d.m, mp, &d.findings)
	}
	if !d.m.Has("grant_types") {
		d.set("grant_types", []any{"authorization_code"}, "default", "")
	}
	d.grants = stringsOf(d.m, "grant_types")
}

// isAbsent tells whether a member says nothing. Keycloak reads an empty list of
// grants as the code grant, and so does RFC 7591 an absent one: one reading is
// enough.
func isAbsent(member string, v any) bool {
	list, isList := v.([]any)
	return v == nil || member == "grant_types" && isList && len(list) == 0
}

// defaultAuthMethod is what an absent token_endpoint_auth_method means (RFC 7591
// section 2).
const defaultAuthMethod = "client_secret_basic"

// defaultGrants is the same of grant_types: to be read only, by whoever keeps it
// cloned.
var defaultGrants = []any{"authorization_code"}

// rfcDefault is what an absent member means, of those that profiles tell apps
// apart by (RFC 7591 section 2).
func rfcDefault(member string) any {
	switch member {
	case "grant_types":
		return defaultGrants
	case "token_endpoint_auth_method":
		return defaultAuthMethod
	}
	return nil
}

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

// applicationTypeOf infers what kind of app has these redirect URIs: native if each
// is of a kind that only a native app may have, else web (the default of OpenID
// Connect Dynamic Client Registration section 2).
func applicationTypeOf(redirectURIs any) any {
	uris, _ := redirectURIs.([]any)
	notNative := func(e any) bool {
		uri, ok := e.(string)
		return !ok || !nativeOnly(uri)
	}
	if len(uris) == 0 || slices.ContainsFunc(uris, notNative) {
		return "web"
	}
	return "native"
}

// stringsOf is a member's strings; none where it is absent or of another type,
// which the type check has reported.
func stringsOf(m *Metadata, member string) []string {
	s, _ := m.Strings(member)
	return s
}
