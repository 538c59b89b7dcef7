package policy

import (
	"fmt"
	"slices"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/internal/smart"
)

// Offered are the scopes that an authorization server has, and what becomes of
// those that it does not have. It is immutable and safe for concurrent use.
type Offered struct {
	scopes  *smart.Offered
	always  []string
	unknown string
	expand  int
}

// NewOffered makes an index of a server's scopes. always are those that the server
// has besides; unknown says what happens to a scope that it does not have:
// "strip" drops it, "reject" refuses the registration, "send" leaves it to the
// server; expand is how many of its scopes may stand for one that it has in parts
// only (patient/*.rs where there are patient/Patient.rs and others), 0 for none.
func NewOffered(tokens, always []string, unknown string, expand int) (*Offered, error) {
	if !slices.Contains([]string{"strip", "reject", "send"}, unknown) {
		return nil, fmt.Errorf("unknown is %q, must be strip, reject or send", unknown)
	}
	return &Offered{smart.NewOffered(tokens), always, unknown, expand}, nil
}

// translateScopes puts the scopes into the words of the server. It never makes
// more of them than was decided.
func (d *deliberation) translateScopes(o *Offered) {
	v, _ := d.m.Get(scopeMember)
	scope, ok := v.(string)
	refused := func(v Violation) bool { return v.Pointer == scopePointer }
	if o == nil || !ok || scope == "" || slices.ContainsFunc(d.violations, refused) {
		return
	}
	tokens := smart.Split(scope)
	if len(tokens) <= maxScopes && !slices.ContainsFunc(tokens, func(token string) bool { return !o.scopes.Has(token) }) {
		return // as nearly always: they are those that the server tells
	}
	translations := o.scopes.Translate(tokens, o.expand)
	for i := range translations {
		t := &translations[i]
		switch {
		case len(t.Offered) > 0:
		case o.unknown == "send", slices.Contains(o.always, t.Token):
			t.Offered = []string{t.Token}
		case o.unknown == "reject":
			d.violations = append(d.violations, Violation{
				Rule: "scope_offered", Pointer: scopePointer, Given: t.Token, Code: registration.InvalidClientMetadata,
				Detail: "the authorization server does not have a scope",
			})
		}
	}
	sent := smart.Translated(translations)
	if len(sent) > maxScopes {
		d.violations = append(d.violations, tooManyScopes)
		return
	}
	if !slices.Equal(sent, tokens) {
		d.set(scopeMember, smart.Join(sent), "scope_offered", "")
	}
}

// checkResourceTypes looks for types that FHIR does not have: a slip of the pen
// (system/Procedures.read), or a version that is not known here.
func (d *deliberation) checkResourceTypes() {
	if d.scopes == nil || d.scopes.unknown == "accept" {
		return
	}
	for _, token := range smart.Split(d.m.String(scopeMember)) {
		scope := smart.Parse(token)
		if scope.Kind != smart.Resource || smart.Releases(scope.ResourceType) != 0 {
			continue
		}
		v := Violation{
			Rule: "scope_resource_type", Pointer: scopePointer, Given: token, Code: registration.InvalidClientMetadata,
			Detail: "a scope is on a resource type that FHIR R4, R4B and R5 do not have",
		}
		if d.scopes.unknown == "warn" {
			d.warnings = append(d.warnings, v)
		} else {
			d.violations = append(d.violations, v)
		}
	}
}
