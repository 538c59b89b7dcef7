package policy

import (
	"errors"
	"fmt"
	"slices"

	"github.com/caddy-smart/smartregistration/internal/smart"
)

// Scopes says which scopes a client is given and which it may have.
type Scopes struct {
	// Preset is a list of default and of allowed scopes of this package
	// ([ScopePresets]), for what is not written here. Default: none
	Preset string `json:"preset,omitempty"`
	// Default scopes are given to a client that names none. Of these a client
	// is given what it can use: openid, fhirUser, launch/*, patient/ and user/
	// scopes with the authorization_code grant, system/ scopes with
	// client_credentials, offline_access with refresh_token; launch, which is
	// for the EHR to give, never. Default: launch/patient openid fhirUser
	// patient/*.rs for apps that a user signs in to (openid fhirUser user/*.rs
	// where a profile is for provider apps), none for backend services.
	Default []string `json:"default,omitzero"`
	// Allow is the most that a client may have. SMART resource scopes are
	// compared by what they grant, others literally. Default: what Default is.
	Allow []string `json:"allow,omitzero"`
	// Deny are scopes that no client may have, whatever is allowed. Of a scope that
	// grants more than is denied the rest is kept; of a wildcard each letter goes
	// that is denied on any type. Default: none
	Deny []string `json:"deny,omitempty"`
	// UnknownTypes says what happens to a scope on a resource type that is in none
	// of FHIR R4, R4B and R5: "accept", "warn" (the decision has a warning), or
	// "refuse". Default: accept
	UnknownTypes string `json:"unknown_types,omitempty"`
	// Excess says what happens to scopes beyond Allow: "strip" registers the
	// allowed part, "reject" refuses. Default: strip.
	Excess string `json:"excess,omitempty"`
	// Inject says who is given the default scopes: "when_absent" clients that
	// name no scope, "always" every client. Default: when_absent.
	Inject string `json:"inject,omitempty"`
}

func (s Scopes) doubtful() []string {
	var doubtful []string
	for _, token := range slices.Concat(s.Default, s.Allow, s.Deny) {
		scope := smart.Parse(token)
		switch err := smart.Check(token); {
		case err != nil:
			doubtful = append(doubtful, token+": "+err.Error())
		case scope.Kind == smart.Resource && smart.Releases(scope.ResourceType) == 0:
			doubtful = append(doubtful, token+": FHIR R4, R4B and R5 have no such resource type")
		}
	}
	return doubtful
}

// DoubtfulScopes are the scopes in the policy's lists and its profiles' that look like
// SMART's and are none, or are on a resource type that FHIR does not have: slips of
// the pen, if not a server's own words. Each has what is wrong behind it.
func (p *Policy) DoubtfulScopes() []string {
	doubtful := p.config.Scopes.doubtful()
	for _, one := range p.config.Profiles {
		doubtful = append(doubtful, one.Scopes.doubtful()...)
	}
	slices.Sort(doubtful)
	return slices.Compact(doubtful)
}

// Written tells whether anything is.
func (s Scopes) Written() bool {
	return s.Preset != "" || s.Default != nil || s.Allow != nil || s.Deny != nil ||
		s.UnknownTypes != "" || s.Excess != "" || s.Inject != ""
}

// unknownTypes are what may happen to them, the strictest last.
var unknownTypes = []string{"accept", "warn", "refuse"}

// Validate returns an error for a value that has no meaning. What the lists make of
// each other is seen by [New].
func (s Scopes) Validate() error {
	if _, err := s.complete(); err != nil {
		return err
	}
	switch {
	case !slices.Contains([]string{"", "strip", "reject"}, s.Excess):
		return fmt.Errorf("excess is %q, must be strip or reject", s.Excess)
	case !slices.Contains([]string{"", "when_absent", "always"}, s.Inject):
		return fmt.Errorf("inject is %q, must be when_absent or always", s.Inject)
	case s.UnknownTypes != "" && !slices.Contains(unknownTypes, s.UnknownTypes):
		return fmt.Errorf("unknown_types is %q, must be accept, warn or refuse", s.UnknownTypes)
	}
	for _, token := range slices.Concat(s.Default, s.Allow, s.Deny) {
		// What only looks like a SMART scope may be a server's own word
		// ("system/Patient.$export") and is compared literally.
		if err := smart.Check(token); errors.Is(err, smart.ErrToken) {
			return fmt.Errorf("scope %q: %w", token, err)
		}
	}
	return nil
}

// scopeLayer are the scopes that one layer writes.
type scopeLayer struct {
	layer string
	Scopes
}

// scopeRules are the scopes of a profile, all layers in one.
type scopeRules struct {
	user, own appScopes // of apps that a user signs in to, and of those that act alone
	reject    bool
	always    bool
	unknown   string // what happens to unknown resource types
}

// appScopes are the scopes of one kind of app.
type appScopes struct {
	defaults []string
	text     any           // the scope of a client that is given all defaults: a string
	limits   []*scopeLimit // all hold
}

// complete is the scopes with what the preset has and is not written.
func (s Scopes) complete() (Scopes, error) {
	if s.Preset == "" {
		return s, nil
	}
	preset, err := scopePreset(s.Preset)
	if s.Default == nil {
		s.Default = preset.Default
	}
	if s.Allow == nil {
		s.Allow = preset.Allow
	}
	return s, err
}

// of are the scopes of a client with such grants.
func (r *scopeRules) of(grants []string) *appScopes {
	if actsAlone(grants) {
		return &r.own
	}
	return &r.user
}

// newScopeRules makes the scopes of a profile of what its layers write, the
// policy's first. A default stands in for the one above it; an allow list holds
// beside those above it, and so does "excess reject".
func newScopeRules(class Class, written []scopeLayer) (*scopeRules, error) {
	rules := &scopeRules{unknown: "accept"}
	for _, w := range written {
		if err := w.Validate(); err != nil {
			return nil, err
		}
		if slices.Index(unknownTypes, w.UnknownTypes) > slices.Index(unknownTypes, rules.unknown) {
			rules.unknown = w.UnknownTypes
		}
		rules.reject = rules.reject || w.Excess == "reject"
		if w.Inject != "" {
			rules.always = w.Inject == "always"
		}
	}
	user := class
	if class != Provider {
		user = Patient
	}
	var err error
	if rules.user, err = newAppScopes(user, written); err != nil {
		return nil, err
	}
	rules.own, err = newAppScopes(Backend, written)
	return rules, err
}

func newAppScopes(class Class, written []scopeLayer) (appScopes, error) {
	s := appScopes{defaults: class.defaultScopes()}
	from := -1     // the layer of the defaults; -1: the class's own
	meant := false // somebody has written the defaults: no preset, no class
	var denials []*scopeLimit
	for i, w := range written {
		all, err := w.complete()
		if err != nil {
			return s, err
		}
		if all.Default != nil {
			s.defaults, from, meant = all.Default, i, w.Default != nil
		}
		if all.Allow != nil {
			s.limits = append(s.limits, newListedLimit(w.layer, all.Allow))
		}
		if w.Deny != nil {
			denials = append(denials, newDenial(w.layer, w.Deny))
		}
	}
	if len(s.limits) == 0 {
		layer := ""
		if from >= 0 {
			layer = written[from].layer
		}
		s.limits = []*scopeLimit{newListedLimit(layer, s.defaults)}
	}
	s.limits = append(s.limits, denials...)
	permitted := make([]string, 0, len(s.defaults))
	for _, token := range s.defaults {
		by := s.forbids(smart.Parse(token))
		if by == nil {
			permitted = append(permitted, token)
			continue
		}
		// A default gives way to what a layer below it allows, and the class's own
		// or a preset's to everything that is written. One that is written below the
		// list that forbids it is a mistake.
		if above := slices.IndexFunc(written, func(w scopeLayer) bool { return w.layer == by.layer }); meant && above <= from {
			return s, fmt.Errorf("default scope %q of %s is not among those allowed by %s", token, written[from].layer, by.layer)
		}
	}
	s.defaults, s.text = permitted, smart.Join(union(nil, permitted))
	return s, nil
}

// forbids is the first limit that does not let a scope through whole.
func (s *appScopes) forbids(scope smart.Scope) *scopeLimit {
	for _, limit := range s.limits {
		if !limit.permits(scope) {
			return limit
		}
	}
	return nil
}

// allow is what all limits together let through, for a reader.
func (s *appScopes) allow() []string {
	tokens := s.limits[0].allow
	for _, limit := range s.limits[1:] {
		var rest []string
		for _, token := range tokens {
			if asked := smart.Parse(token); limit.permits(asked) {
				rest = append(rest, token)
			} else {
				rest = append(rest, limit.part(asked)...)
			}
		}
		tokens = rest
	}
	return tokens
}

// Permits tells whether the client that is Registered may have a scope at all. Of the
// request, its time and where it comes from count: a profile may be known by rules
// about them.
func (p *Policy) Permits(r Request, token string) bool {
	r.Operation, r.Metadata, r.Admission = Update, r.Registered, nil // as an update would be judged
	d := deliberation{Policy: p, m: r.Registered}
	_ = d.settleProfile(r) // of limits, which an update has none of
	grants := stringsOf(r.Registered, "grant_types")
	if d.scopes == nil || !forClient(token, grants) || d.scopes.of(grants).forbids(smart.Parse(token)) != nil {
		return false
	}
	if d.layers.scope == nil {
		return true
	}
	listed := d.layers.scope.operand(opSubsetOf)
	return listed == nil || listed.set.contains(token)
}
