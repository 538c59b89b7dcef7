package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/internal/smart"
)

// Scopes says which scopes a client is given and which it may have.
type Scopes struct {
	// Default scopes are given to a client that names none. Of these a client
	// is given what it can use: openid, fhirUser, launch/*, patient/ and user/
	// scopes with the authorization_code grant, system/ scopes with
	// client_credentials, offline_access with refresh_token; launch, which is
	// for the EHR to give, never. Default: launch/patient openid fhirUser
	// patient/*.rs for patient apps, none for backend services.
	Default []string `json:"default,omitzero"`
	// Allow is the most that a client may have. SMART resource scopes are
	// compared by what they grant, others literally. Default: what Default is.
	Allow []string `json:"allow,omitzero"`
	// Excess says what happens to scopes beyond Allow: "strip" registers the
	// allowed part, "reject" refuses. Default: strip.
	Excess string `json:"excess,omitempty"`
	// Inject says who is given the default scopes: "when_absent" clients that
	// name no scope, "always" every client. Default: when_absent.
	Inject string `json:"inject,omitempty"`
}

// patientScopes is the default of a patient app: who the user is, which
// patient, and reading that patient's data.
var patientScopes = []string{"launch/patient", "openid", "fhirUser", "patient/*.rs"}

// scopeRules are the compiled form, by class.
type scopeRules struct {
	classes map[Class]classScopes
	reject  bool
	always  bool
}

type classScopes struct {
	defaults []string
	allow    []string
	allowed  *smart.Set
}

func newScopeRules(c Scopes) (*scopeRules, error) {
	rules := &scopeRules{classes: make(map[Class]classScopes, 2)}
	switch c.Excess {
	case "", "strip":
	case "reject":
		rules.reject = true
	default:
		return nil, fmt.Errorf("excess is %q, must be strip or reject", c.Excess)
	}
	switch c.Inject {
	case "", "when_absent":
	case "always":
		rules.always = true
	default:
		return nil, fmt.Errorf("inject is %q, must be when_absent or always", c.Inject)
	}
	for class, defaults := range map[Class][]string{Patient: patientScopes, Backend: nil} {
		compiled, err := newClassScopes(c, defaults)
		if err != nil {
			return nil, err
		}
		rules.classes[class] = compiled
	}
	return rules, nil
}

func newClassScopes(c Scopes, builtIn []string) (classScopes, error) {
	for _, token := range slices.Concat(c.Default, c.Allow) {
		// What only looks like a SMART scope may be a server's own word
		// ("system/Patient.$export") and is compared literally.
		if err := smart.Check(token); errors.Is(err, smart.ErrToken) {
			return classScopes{}, fmt.Errorf("scope %q: %w", token, err)
		}
	}
	cs := classScopes{defaults: c.Default, allow: c.Allow}
	if c.Default == nil {
		cs.defaults = builtIn
	}
	if c.Allow == nil {
		cs.allow = cs.defaults
	}
	cs.allowed = smart.NewSet(cs.allow)
	for i := 0; i < len(cs.defaults); i++ {
		if cs.allowed.Covers(smart.Parse(cs.defaults[i])) {
			continue
		}
		if c.Default != nil {
			return classScopes{}, fmt.Errorf("default scope %q is not among the allowed", cs.defaults[i])
		}
		// The built-in default gives way to what the operator allows.
		cs.defaults = slices.Delete(slices.Clone(cs.defaults), i, i+1)
		i--
	}
	return cs, nil
}

// Permits tells whether a client of these metadata may have a scope at all.
func (p *Policy) Permits(m *Metadata, token string) bool {
	return p.scopes.classes[classOf(stringsOf(m, "grant_types"))].allowed.Covers(smart.Parse(token))
}

// injectScopes adds the default scopes. An update that may not widen is given
// only the part of them that it has: what the gateway adds must not make it
// refuse.
func (d *deliberation) injectScopes() {
	v, present := d.m.Get("scope")
	asked, ok := v.(string)
	if present && (!ok || !d.scopes.always) {
		return
	}
	tokens := smart.Split(asked)
	for _, token := range d.scopes.classes[d.class].defaults {
		if !usable(token, d.grants) {
			continue
		}
		for _, part := range d.registeredPart(token) {
			if !slices.Contains(tokens, part) {
				tokens = append(tokens, part)
			}
		}
	}
	if len(tokens) > 0 {
		d.set("scope", smart.Join(tokens), "default_scopes")
	}
}

// registeredPart is what an update may have of a scope: all of it where nothing
// limits it.
func (d *deliberation) registeredPart(token string) []string {
	if d.registered == nil {
		return []string{token}
	}
	part, _ := smart.NewSet(smart.Split(d.registered.String("scope"))).Narrow(smart.Parse(token))
	return part
}

// usable tells whether a client with these grants can mean a default scope.
func usable(token string, grants []string) bool {
	switch {
	case token == "launch":
		return false // only an EHR that launches the app can give it
	case token == "offline_access":
		return slices.Contains(grants, "refresh_token")
	case forUsers(token):
		return slices.Contains(grants, "authorization_code")
	}
	return forClient(token, grants)
}

// forClient tells whether a scope, asked for or not, is one for a client with
// these grants (SMART App Launch 2.2, "Scopes and Launch Context"): system/
// scopes are for clients that act on their own, and what concerns a user is for
// clients that a user can sign in to. One allow list for both kinds of app is
// no way for the one to the other's scopes.
func forClient(token string, grants []string) bool {
	switch {
	case strings.HasPrefix(token, "system/"):
		return slices.Contains(grants, "client_credentials")
	case token == "launch", forUsers(token):
		return slices.ContainsFunc(grants, func(g string) bool { return g != "client_credentials" && g != "refresh_token" })
	}
	return true
}

// forUsers tells whether a scope says something of a user.
func forUsers(token string) bool {
	return token == "openid" || token == "fhirUser" || strings.HasPrefix(token, "launch/") ||
		strings.HasPrefix(token, "patient/") || strings.HasPrefix(token, "user/")
}

// maxScopes is how many scopes are looked at: narrowing many wildcards against
// many types costs the product of both.
const maxScopes = 1000

// limitScopes keeps of the scopes what is allowed. The document always names
// scope afterwards: without it Keycloak gives a client every optional scope of
// the realm, system/*.rs included (measured on 24.0.5 to 26.7.5).
func (d *deliberation) limitScopes(asked bool) {
	v, present := d.m.Get("scope")
	scope, ok := v.(string)
	if present && !ok {
		return // the type check has reported it
	}
	cs := d.scopes.classes[d.class]
	tokens := smart.Split(scope)
	if len(tokens) > maxScopes {
		d.tooManyScopes()
		return
	}
	kept := make([]string, 0, len(tokens))
	seen := make(map[string]bool, len(tokens))
	for _, token := range tokens {
		part, whole := cs.narrow(token)
		if !forClient(token, d.grants) {
			part, whole = nil, false
		}
		if !whole && d.scopes.reject {
			d.violations = append(d.violations, cs.violation("scope_excess", token, "a scope is beyond what may be registered"))
			continue
		}
		for _, t := range part {
			if !seen[t] {
				seen[t] = true
				kept = append(kept, t)
			}
		}
		// Narrowing a wildcard gives as many scopes as there are types.
		if len(kept) > max(maxScopes, len(cs.allow)) {
			d.tooManyScopes()
			return
		}
	}
	if asked && len(kept) == 0 && len(tokens) > 0 && !d.scopes.reject {
		d.violations = append(d.violations, cs.violation("scope_none_left", scope, "none of the scopes asked for may be registered"))
		return
	}
	d.set("scope", smart.Join(kept), "scope_allow")
}

func (d *deliberation) tooManyScopes() {
	d.violations = append(d.violations, Violation{
		Rule: "scope_count", Pointer: "/scope", Code: registration.InvalidClientMetadata,
		Detail: "there are more than 1000 scopes, asked for or as what is left of them",
	})
}

// narrow is the part of a scope that is allowed, and whether that is all of it.
func (cs classScopes) narrow(token string) (part []string, whole bool) {
	asked := smart.Parse(token)
	if cs.allowed.Covers(asked) {
		return []string{token}, true
	}
	part, _ = cs.allowed.Narrow(asked)
	return part, false
}

func (cs classScopes) violation(rule, given, detail string) Violation {
	return Violation{
		Rule: rule, Pointer: "/scope", Detail: detail, Allowed: cs.allow, Given: given,
		Code: registration.InvalidClientMetadata,
	}
}
