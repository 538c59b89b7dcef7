package policy

import (
	"slices"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// otherRedirects: codes go to where codes go now. That users may be sent somewhere
// when they have logged out does not make it such a place; the reverse does.
func (u *update) otherRedirects(member string) []Violation {
	return u.elsewhere(member, "redirect_uris", member)
}

// otherEndpoint: what the server fetches or calls, or a browser without being
// asked, stays where it is or where the app is. One such address does not vouch for
// another: who is told of logouts does not keep the keys.
func (u *update) otherEndpoint(member string) []Violation {
	return u.elsewhere(member, "redirect_uris", member)
}

// otherPage: what users are shown beside the name of the app stays with those who
// have been registered with it.
func (u *update) otherPage(member string) []Violation {
	return u.elsewhere(member, "redirect_uris", "client_uri", "logo_uri", "policy_uri", "tos_uri")
}

// elsewhere returns a violation for each URI that is at an origin at which none of
// the known members has any, in whatever language. What the operator's own policy
// gives is not the caller's.
func (u *update) elsewhere(member string, known ...string) []Violation {
	var has []string
	for _, m := range u.registered.Members() {
		if slices.Contains(known, registration.BaseName(m.Name)) {
			has = append(has, uriValues(m.Value)...)
		}
	}
	origins := originsOf(has)
	asked, _ := u.asked.Get(member)
	_, isList := asked.([]any)
	var vs []Violation
	for i, uri := range uriValues(asked) {
		if slices.Contains(has, uri) || slices.Contains(origins, origin(uri)) || u.given(member, uri) {
			continue
		}
		pointer := []string{member}
		if isList {
			pointer = append(pointer, index(i))
		}
		vs = append(vs, wider("an update may not add a URI at another origin", uri, origins, pointer...))
	}
	return vs
}

// given tells whether a value is one that the policy itself gives apps. Who was
// given it sends it back.
func (u *update) given(member, uri string) bool {
	mp := u.operators.find(member)
	if mp == nil {
		return false
	}
	for _, name := range [...]string{opValue, opAdd, opDefault} {
		if o := mp.operand(name); o != nil && slices.Contains(uriValues(o.value), uri) {
			return true
		}
	}
	return false
}

// ownKeys: with a jwks_uri it is whoever can write at that address who says what
// the keys are, and not whoever has the registration access token. Keys that are in
// the registration may be replaced, as they are to be from time to time: who has
// that token may read the secret of a client that has one, too.
func (u *update) ownKeys(member string) []Violation {
	if !u.registered.Has("jwks_uri") || !u.asked.Has(member) {
		return nil
	}
	return []Violation{wider("an update may not replace the keys of jwks_uri by others", nil, nil, member)}
}

// uriValues are the URIs of a member that has one, or several.
func uriValues(v any) []string {
	if one, ok := v.(string); ok {
		return []string{one}
	}
	list, _ := registration.AsStrings(v)
	return list
}

// originsOf are the origins that URIs have; one that has none is left out, so
// that no other URI without one counts as being there too.
func originsOf(uris []string) []string {
	origins := make([]string, 0, len(uris))
	for _, uri := range uris {
		if o := origin(uri); o != "" && !slices.Contains(origins, o) {
			origins = append(origins, o)
		}
	}
	return origins
}
