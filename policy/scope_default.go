package policy

import (
	"slices"
	"strings"

	"github.com/caddy-smart/smartregistration/internal/smart"
)

// injectScopes adds the default scopes. An update that may not widen is given
// only the part of them that it has: what the gateway adds must not make it
// refuse.
func (d *deliberation) injectScopes() {
	if d.scopes == nil {
		return
	}
	v, present := d.m.Get(scopeMember)
	asked, ok := v.(string)
	if present && (!ok || !d.scopes.always) {
		return
	}
	scopes := d.scopes.of(d.grants)
	unusable := func(token string) bool { return !usable(token, d.grants) }
	if !present && d.registered == nil && len(scopes.defaults) > 0 && !slices.ContainsFunc(scopes.defaults, unusable) {
		d.set(scopeMember, scopes.text, "default_scopes", "")
		return
	}
	own := smart.Split(asked)
	tokens := append(make([]string, 0, len(own)+len(scopes.defaults)), own...)
	var has *smart.Set
	if d.registered != nil {
		has = smart.NewSet(smart.Split(d.registered.String(scopeMember)))
	}
	for _, token := range scopes.defaults {
		switch {
		case unusable(token):
		case has == nil:
			tokens = union(tokens, []string{token})
		default:
			part, _ := has.Narrow(smart.Parse(token))
			tokens = union(tokens, part)
		}
	}
	if len(tokens) > 0 {
		d.set(scopeMember, smart.Join(tokens), "default_scopes", "")
	}
}

// scopeNeed is what a client must have for a scope to mean anything to it.
type scopeNeed struct {
	grant   string // "": it is never given, only an EHR that launches the app can
	forUser bool
}

// needOf says which grant a scope needs (SMART App Launch 2.2, "Scopes and Launch
// Context"): a default scope the one that is named, a scope that was asked for any
// grant of the same side, a user's or the client's own. A name that ends in a slash
// stands for all that begin with it. What is not listed is for every client.
func needOf(token string) (need scopeNeed, listed bool) {
	name := token
	if i := strings.IndexByte(token, '/'); i >= 0 {
		name = token[:i+1]
	}
	switch name {
	case "launch":
		return scopeNeed{"", true}, true
	case "launch/", "openid", "fhirUser", "patient/", "user/":
		return scopeNeed{"authorization_code", true}, true
	case "offline_access":
		return scopeNeed{"refresh_token", false}, true
	case "system/":
		return scopeNeed{"client_credentials", false}, true
	}
	return scopeNeed{}, false
}

// usable tells whether a client with these grants can mean a default scope.
func usable(token string, grants []string) bool {
	need, listed := needOf(token)
	return !listed || need.grant != "" && slices.Contains(grants, need.grant)
}

// forClient tells whether a scope, asked for or not, is one for a client with
// these grants: system/ scopes are for clients that act on their own, and what
// concerns a user is for clients that a user can sign in to. One allow list for
// both kinds of app is no way for the one to the other's scopes.
func forClient(token string, grants []string) bool {
	need, listed := needOf(token)
	switch {
	case !listed:
		return true
	case need.forUser:
		return slices.ContainsFunc(grants, func(g string) bool { return g != "client_credentials" && g != "refresh_token" })
	default:
		return need.grant != "client_credentials" || slices.Contains(grants, need.grant)
	}
}
