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
	tokens := smart.Split(asked)
	for _, token := range d.scopes.of(d.grants).defaults {
		if !usable(token, d.grants) {
			continue
		}
		for _, part := range d.registeredPart(token) {
			if !slices.Contains(tokens, part) {
				tokens = append(tokens, part)
				d.given = append(d.given, part)
			}
		}
	}
	if len(tokens) > 0 {
		d.set(scopeMember, smart.Join(tokens), "default_scopes", "")
	}
}

// registeredPart is what an update may have of a scope: all of it where nothing
// limits it.
func (d *deliberation) registeredPart(token string) []string {
	if d.registered == nil {
		return []string{token}
	}
	part, _ := smart.NewSet(smart.Split(d.registered.String(scopeMember))).Narrow(smart.Parse(token))
	return part
}

// scopeNeeds says which grant a client must have for a scope to mean anything to
// it (SMART App Launch 2.2, "Scopes and Launch Context"): of a default scope the
// one that is listed, of a scope that was asked for any grant of the same side, a
// user's or the client's own. A name that ends in a slash stands for all that
// begin with it. What is not listed is for every client.
var scopeNeeds = []struct {
	scope   string
	grant   string // "": it is never given, only an EHR that launches the app can
	forUser bool
}{
	{"launch", "", true},
	{"launch/", "authorization_code", true},
	{"openid", "authorization_code", true},
	{"fhirUser", "authorization_code", true},
	{"patient/", "authorization_code", true},
	{"user/", "authorization_code", true},
	{"offline_access", "refresh_token", false},
	{"system/", "client_credentials", false},
}

// usable tells whether a client with these grants can mean a default scope.
func usable(token string, grants []string) bool {
	for _, need := range scopeNeeds {
		if names(need.scope, token) {
			return need.grant != "" && slices.Contains(grants, need.grant)
		}
	}
	return true
}

// forClient tells whether a scope, asked for or not, is one for a client with
// these grants: system/ scopes are for clients that act on their own, and what
// concerns a user is for clients that a user can sign in to. One allow list for
// both kinds of app is no way for the one to the other's scopes.
func forClient(token string, grants []string) bool {
	for _, need := range scopeNeeds {
		switch {
		case !names(need.scope, token):
		case need.forUser:
			return slices.ContainsFunc(grants, func(g string) bool { return g != "client_credentials" && g != "refresh_token" })
		default:
			return need.scope != "system/" || slices.Contains(grants, need.grant)
		}
	}
	return true
}

// names tells whether a scope is meant by a name of the table.
func names(name, token string) bool {
	return token == name || strings.HasSuffix(name, "/") && strings.HasPrefix(token, name)
}
