package policy

import (
	"fmt"
	"strings"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// Profile is a class of apps and what may be registered of it, beyond what the
// policy says of all. Its operators and rules come below the policy's and can
// only narrow them, but for "default": a profile's replaces the policy's
// ([ReplaceDefaults]).
type Profile struct {
	// Name is what decisions, logs and rules call it: lower-case letters, digits
	// and underscores. Required, and no other profile's.
	Name string `json:"name,omitempty"`
	// Preset is a policy document of this package to begin with ([Presets]): it
	// comes between the policy and this profile. Default: none
	Preset string `json:"preset,omitempty"`
	// Match says which registrations the profile is for. Default: what the preset
	// says; without one, the apps of the class that the profile is named after
	// (patient, provider, backend), or else all.
	Match *Match `json:"match,omitempty"`
	// MetadataPolicy are operators by member. Default: none
	MetadataPolicy *Metadata `json:"metadata_policy,omitempty"`
	// Rules are conditions in CEL. Default: none
	Rules []Rule `json:"rules,omitempty"`
	// Scopes are the scopes of such apps. What is written here stands in for
	// what the policy has, except allow and "excess reject", which hold beside
	// the policy's. Default: the policy's, or by app class
	Scopes Scopes `json:"scopes,omitzero"`
}

// policyLayer is what violations and changes call the policy itself.
const policyLayer = "policy"

// profile is compiled: all layers in one.
type profile struct {
	name     string
	matches  match
	layers   layers
	onUpdate layers // without what an update cannot be asked for
	scopes   *scopeRules
	rules    []compiledRule
}

// layers are the merged operators.
type layers struct {
	metadata      *MetadataPolicy
	members       []*memberPolicy // of metadata, without those that have their own turn:
	grants, scope *memberPolicy   // nil: nothing is said of them
}

func newLayers(merged *MetadataPolicy) layers {
	l := layers{metadata: merged}
	if merged == nil {
		return l
	}
	for i := range merged.members {
		switch mp := &merged.members[i]; mp.name {
		case "grant_types":
			l.grants = mp
		case scopeMember:
			l.scope = mp
		default:
			l.members = append(l.members, mp)
		}
	}
	return l
}

// of are the layers for an operation.
func (p *profile) of(op Operation) *layers {
	if op == Update {
		return &p.onUpdate
	}
	return &p.layers
}

// compileProfiles compiles the profiles, each merged with the policy. Without
// any there are two that say nothing: backend services, and all other apps.
func (c Config) compileProfiles(above *profile) ([]*profile, error) {
	written := c.Profiles
	if len(written) == 0 {
		written = []Profile{{Name: string(Backend)}, {Name: string(Patient)}}
	}
	compiled := make([]*profile, 0, len(written))
	for _, w := range written {
		if !ruleName.MatchString(w.Name) {
			return nil, fmt.Errorf("profile %q: the name must be of lower-case letters, digits and underscores, and begin with a letter", w.Name)
		}
		p, err := c.compileProfile(above, w)
		switch {
		case err != nil && len(c.Profiles) == 0:
			return nil, err // it is nobody's profile
		case err != nil:
			return nil, fmt.Errorf("profile %s: %w", w.Name, err)
		}
		for _, before := range compiled {
			switch {
			case before.name == p.name:
				return nil, fmt.Errorf("profile %s is there twice", p.name)
			case before.matches.swallows(&p.matches):
				return nil, fmt.Errorf("profile %s is never chosen: profile %s before it takes all of its apps", p.name, before.name)
			}
		}
		compiled = append(compiled, p)
	}
	return compiled, nil
}

func (c Config) compileProfile(above *profile, w Profile) (*profile, error) {
	p := &profile{name: w.Name}
	levels := []Profile{w}
	if w.Preset != "" {
		preset, err := PresetNamed(w.Preset)
		if err != nil {
			return nil, err
		}
		if w.Match == nil {
			w.Match = preset.Match
		}
		levels = []Profile{preset, w}
	}
	merged, rules, scopes := above.layers.metadata, above.rules, []scopeLayer{{policyLayer, c.Scopes}}
	for i, level := range levels {
		name := "profile " + w.Name
		if i < len(levels)-1 {
			name = "preset " + w.Preset
		}
		own, err := ParseMetadataPolicy(name, level.MetadataPolicy)
		if err != nil {
			return nil, err
		}
		if merged, err = merged.Merge(own, ReplaceDefaults()); err != nil {
			return nil, err
		}
		if rules, err = compileRules(rules, name, level.Rules); err != nil {
			return nil, err
		}
		scopes = append(scopes, scopeLayer{name, level.Scopes})
	}
	p.rules, p.layers, p.onUpdate = rules, newLayers(merged), newLayers(merged.withoutEssential(c.Unreturned))
	var err error
	if p.matches, err = compileMatch(w, c.Unreturned); err != nil {
		return nil, fmt.Errorf("match: %w", err)
	}
	if p.scopes, err = newScopeRules(p.matches.class, scopes); err != nil {
		return nil, fmt.Errorf("scopes: %w", err)
	}
	return p, nil
}

// compileUnmatched compiles the policy without any profile. It is what profiles
// are merged with, and what judges a registration that none is for, beside the
// refusal that this is. It has no scopes, which are a profile's.
func (c Config) compileUnmatched() (*profile, error) {
	operators, err := ParseMetadataPolicy(policyLayer, c.MetadataPolicy)
	if err != nil {
		return nil, err
	}
	rules, err := compileRules(nil, policyLayer, c.Rules)
	return &profile{
		layers: newLayers(operators), onUpdate: newLayers(operators.withoutEssential(c.Unreturned)), rules: rules,
	}, err
}

// choose finds the profile of a registration: the first that matches; nil where
// none does.
//
// Of an update not everything can be seen that a profile asks for: who vouched for
// the client is not known any more, nor what the server does not return. So it is the
// first profile that is seen to match, if what is registered could have come from it;
// else the first of those before it that may match, that it could have come from. So
// nobody is judged by the profile of others because it is the laxer one, and nobody
// who needed it loses what it gave. Whom one of those before it has registered, as an
// app that could be of the one that is seen too, that one judges, even if it is the
// laxer: nothing tells the two apart, and to hold every such app to both would refuse
// those that never were of the other.
func (d *deliberation) choose(r Request) *profile {
	a := d.app()
	var unseen []*profile
	var seen *profile
	for _, candidate := range d.profiles {
		if !candidate.matches.holds(d, r, a) {
			continue
		}
		if candidate.matches.seen(d, r) {
			seen = candidate
			break
		}
		unseen = append(unseen, candidate)
	}
	if len(unseen) == 0 || seen != nil && d.couldBeOf(seen, r) {
		return seen
	}
	for _, candidate := range unseen {
		if d.couldBeOf(candidate, r) {
			return candidate
		}
	}
	if seen == nil {
		return unseen[0]
	}
	return seen
}

// app is what classes tell apart.
func (d *deliberation) app() app {
	grants, _ := d.foreseen("grant_types").([]any)
	a := app{alone: actsAlone(grants)}
	a.scope, _ = d.foreseen(scopeMember).(string)
	return a
}

// couldBeOf tells whether a profile lets what an update is of be as it is registered.
// Its rules see of the request what they would of an update that changes nothing.
func (d *deliberation) couldBeOf(p *profile, r Request) bool {
	if r.Registered == nil {
		return false
	}
	asked := withoutSecrets(r.Registered).Clone()
	for _, name := range registration.ServerSet {
		if name != "client_id" { // which every update has to have
			asked.Delete(name)
		}
	}
	before := asked.Clone()
	r.Metadata, r.Admission, r.Offered = asked, nil, nil
	decided := d.decideBy(p, r)
	if !decided.Admitted() {
		return false
	}
	for _, member := range before.Members() {
		after, _ := decided.Metadata.Get(member.Name)
		if isAbsent(member.Name, member.Value) || registration.Equal(member.Value, after) {
			continue
		}
		was, isSet := registration.AsStrings(member.Value)
		now, _ := registration.AsStrings(after)
		if !isSet || len(was) != len(now) || len(common(was, now)) != len(was) {
			return false
		}
	}
	return true
}

// checkProfile: what came out is still an app of the profile that judged it. Were
// it one of another's, that one would have had to judge it, and would when it is
// next updated.
func (d *deliberation) checkProfile(r Request) {
	if d.profile == nil || d.choose(r) == d.profile {
		return
	}
	d.violations = append(d.violations, Violation{
		Rule: "profile", Layer: "profile " + d.profile.name, Code: registration.InvalidClientMetadata,
		Detail: "what is left of the registration is an app of another profile",
	})
}

// noProfile is the violation of a registration that no profile is for. What would be
// let through is, for each profile, what it misses first.
func (d *deliberation) noProfile(r Request) Violation {
	v := Violation{Rule: "profile", Code: registration.InvalidClientMetadata}
	a := d.app()
	names := make([]string, len(d.profiles))
	for i, candidate := range d.profiles {
		names[i] = candidate.name
		v.Allowed = append(v.Allowed, candidate.name+": "+candidate.matches.misses(d, r, a))
	}
	v.Detail = "no profile is for such an app (profiles: " + strings.Join(names, ", ") + ")"
	return v
}
