package policy

import (
	"errors"
	"slices"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/internal/smart"
)

// scopeLimit is one list of what is allowed, or of what is denied.
type scopeLimit struct {
	layer   string // whose it is; "": the app class's own
	allow   []string
	allowed *smart.Set
	denied  []smart.Scope       // where allowed is nil
	listed  map[string]struct{} // allow, of a list that outlives the request
}

func newScopeLimit(layer string, allow []string) *scopeLimit {
	return &scopeLimit{layer: layer, allow: allow, allowed: smart.NewSet(allow)}
}

// newListedLimit is newScopeLimit for what is asked often. Most scopes are asked for
// as they are listed, and are looked up before they are taken apart.
func newListedLimit(layer string, allow []string) *scopeLimit {
	l := newScopeLimit(layer, allow)
	l.listed = make(map[string]struct{}, len(allow))
	for _, token := range allow {
		if l.permits(smart.Parse(token)) { // not one that OAuth does not know
			l.listed[token] = struct{}{}
		}
	}
	return l
}

func newDenial(layer string, deny []string) *scopeLimit {
	l := &scopeLimit{layer: layer}
	for _, token := range deny {
		l.denied = append(l.denied, smart.Parse(token))
	}
	return l
}

// permits tells whether a scope is let through whole.
func (l *scopeLimit) permits(scope smart.Scope) bool {
	if l.allowed == nil {
		return scope.Without(l.denied) == scope.String()
	}
	return l.allowed.Covers(scope)
}

// permitsToken is permits for a scope as it is written.
func (l *scopeLimit) permitsToken(token string) bool {
	_, listed := l.listed[token]
	return listed || l.permits(smart.Parse(token))
}

// ceilingOf is the limit that a token's scope is; nil if it has none.
func ceilingOf(limits *Metadata) (*scopeLimit, error) {
	v, there := limits.Get(limitScope)
	if !there {
		return nil, nil //nolint:nilnil // no limit
	}
	scope, ok := v.(string)
	if !ok {
		return nil, errors.New(tokenLayer + ": scope is not a string")
	}
	return newScopeLimit(tokenLayer, smart.Split(scope)), nil
}

// part is what is allowed of a scope that is not permitted whole.
func (l *scopeLimit) part(asked smart.Scope) []string {
	if l.allowed != nil {
		part, _ := l.allowed.Narrow(asked)
		return part
	}
	if rest := asked.Without(l.denied); rest != "" {
		return []string{rest}
	}
	return nil
}

// work is how much there is to look at for the part of a scope.
func (l *scopeLimit) work(asked smart.Scope) int {
	if l.allowed != nil {
		return l.allowed.Overlap(asked)
	}
	return 1
}

func (l *scopeLimit) violation(rule, given, detail string) Violation {
	return Violation{
		Rule: rule, Pointer: scopePointer, Detail: detail, Allowed: l.allow, Given: given, Layer: l.layer,
		Code: registration.InvalidClientMetadata,
	}
}

// maxScopes is how many scopes are looked at: narrowing many wildcards against
// many types costs the product of both.
const maxScopes = 1000

// maxRepeated is how many times as much as may be left is looked at for it: what is
// left of patient/*.rs and of patient/*.cruds may well be the same, and counts once.
// A thousand wildcards that each meet all that is allowed are too many.
const maxRepeated = 10

// limitScopes keeps of the scopes what is allowed by every limit. The document
// always names scope afterwards: without it Keycloak gives a client every
// optional scope of the realm, system/*.rs included (measured on 24.0.5 to
// 26.7.5).
func (d *deliberation) limitScopes() {
	v, present := d.m.Get(scopeMember)
	scope, ok := v.(string)
	if d.scopes == nil || present && !ok {
		return // another violation has been reported
	}
	before := smart.Split(scope)
	present = present && smart.Joined(scope, before) // else it is written anew
	tokens := d.meant(before)
	limits, most := d.scopeLimits(), maxScopes
	for _, limit := range limits {
		most = max(most, len(limit.allow))
	}
	for _, limit := range limits {
		kept, ok := d.limitBy(limit, tokens, most)
		if !ok || len(before) > maxScopes {
			d.violations = append(d.violations, tooManyScopes)
			return
		}
		if !present || !slices.Equal(kept, before) {
			d.set(scopeMember, smart.Join(kept), "scope_allow", limit.layer)
		}
		present, before, tokens = true, kept, kept
	}
}

// scopeLimits are all that hold.
func (d *deliberation) scopeLimits() []*scopeLimit {
	limits := d.scopes.of(d.grants).limits
	if d.ceiling != nil {
		limits = append(slices.Clip(limits), d.ceiling)
	}
	return limits
}

// checkScopesLeft refuses a client that asked for scopes and gets none of them:
// it would find out only from its first user.
func (d *deliberation) checkScopesLeft(wanted string) {
	v, _ := d.m.Get(scopeMember)
	if d.scopes == nil || wanted == "" || v != "" || slices.ContainsFunc(d.violations, func(v Violation) bool { return v.Pointer == scopePointer }) {
		return
	}
	limits := d.scopeLimits()
	d.violations = append(d.violations, limits[len(limits)-1].violation("scope_none_left", wanted,
		"none of the scopes asked for may be registered"))
}

// meant are the scopes that a client with such grants can have at all.
func (d *deliberation) meant(tokens []string) []string {
	foreign := func(token string) bool { return !forClient(token, d.grants) }
	if !slices.ContainsFunc(tokens, foreign) {
		return tokens
	}
	for _, token := range tokens {
		if foreign(token) && d.exceeds(token) {
			d.violations = append(d.violations, Violation{
				Rule: "scope_excess", Pointer: scopePointer, Given: token, Code: registration.InvalidClientMetadata,
				Detail: "a scope is for apps with other grants",
			})
		}
	}
	return slices.DeleteFunc(slices.Clone(tokens), foreign)
}

// exceeds tells of a scope that cannot be had whether that is to be refused. What
// the caller has not named (defaults, the policy's own operators) is dropped.
func (d *deliberation) exceeds(token string) bool {
	return d.scopes.reject && slices.Contains(d.wanted, token)
}

// limitBy is what one limit leaves of the scopes; false if there are too many.
func (d *deliberation) limitBy(limit *scopeLimit, tokens []string, most int) ([]string, bool) {
	if !slices.ContainsFunc(tokens, func(token string) bool { return !limit.permitsToken(token) }) {
		return tokens, true
	}
	kept := make([]string, 0, len(tokens))
	seen := make(map[string]bool, len(tokens))
	keep := func(token string) {
		if !seen[token] {
			seen[token] = true
			kept = append(kept, token)
		}
	}
	narrowed, work := map[string]bool{}, 0
	for _, token := range tokens {
		asked := smart.Parse(token)
		if limit.permits(asked) {
			keep(token)
			continue
		}
		if d.exceeds(token) {
			d.violations = append(d.violations, limit.violation("scope_excess", token, "a scope is beyond what may be registered"))
			continue
		}
		// A query has any number of spellings, all of which have the same parts.
		normal := token
		if asked.Syntax == smart.SyntaxV2 {
			normal = asked.V2()
		}
		if narrowed[normal] {
			continue
		}
		narrowed[normal] = true
		if work += limit.work(asked); work > maxRepeated*most {
			return nil, false
		}
		for _, part := range limit.part(asked) {
			keep(part)
		}
	}
	return kept, len(kept) <= most // a wildcard becomes as many scopes as there are types
}

var tooManyScopes = Violation{
	Rule: "scope_count", Pointer: scopePointer, Code: registration.InvalidClientMetadata,
	Detail: "there are more than 1000 scopes, asked for or as what is left of them",
}
