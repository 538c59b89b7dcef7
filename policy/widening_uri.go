package policy

import (
	"slices"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// otherRedirects: where users are sent stays at origins that are registered, of
// whichever of the two lists.
func (u *update) otherRedirects(member string) []Violation {
	has := slices.Concat(stringsOf(u.registered, "redirect_uris"), stringsOf(u.registered, "post_logout_redirect_uris"))
	var vs []Violation
	for i, uri := range stringsOf(u.asked, member) {
		if !slices.Contains(has, uri) && !slices.Contains(u.redirects, origin(uri)) {
			vs = append(vs, wider("an update may not add a redirect URI at another origin", uri, u.redirects, member, index(i)))
		}
	}
	return vs
}

// elsewhere: what the server fetches, calls or shows stays with those who have
// been registered with it.
func (u *update) elsewhere(member string) []Violation {
	v, _ := u.registered.Get(member)
	has := uriValues(v)
	origins := slices.Concat(originsOf(has), u.origins)
	asked, _ := u.asked.Get(member)
	_, isList := asked.([]any)
	var vs []Violation
	for i, uri := range uriValues(asked) {
		if slices.Contains(has, uri) || slices.Contains(origins, origin(uri)) {
			continue
		}
		pointer := []string{member}
		if isList {
			pointer = append(pointer, index(i))
		}
		vs = append(vs, wider("an update may not name another origin", uri, origins, pointer...))
	}
	return vs
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
