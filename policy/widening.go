package policy

import (
	"slices"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/internal/smart"
)

// widening returns a violation for each respect in which an update goes beyond
// what is registered now: a registration access token proves that the caller is
// the client, not that somebody vouches for more than the client has. Keycloak
// itself lets it add system/*.rs (measured on 24.0.5 to 26.7.5).
//
// Scopes are held against what was wanted, not only against what is left of it:
// whoever asks for more is told so, even where the policy would strip it.
func widening(registered, asked *Metadata, wanted string) []Violation {
	return slices.Concat(
		widerGrants(registered, asked),
		widerRedirects(registered, asked, "redirect_uris"),
		widerRedirects(registered, asked, "post_logout_redirect_uris"),
		widerScopes(registered, wanted+" "+asked.String("scope")),
		weakerAuthMethod(registered, asked),
		weakerRequirements(registered, asked),
	)
}

func wider(detail string, given any, allowed []string, pointer ...string) Violation {
	return Violation{
		Rule: "widening", Pointer: registration.Pointer(pointer...), Detail: detail,
		Given: given, Allowed: allowed, Code: registration.InvalidClientMetadata,
	}
}

func widerGrants(registered, asked *Metadata) []Violation {
	var vs []Violation
	has := stringsOf(registered, "grant_types")
	for i, grant := range stringsOf(asked, "grant_types") {
		if !slices.Contains(has, grant) {
			vs = append(vs, wider("an update may not add a grant type", grant, has, "grant_types", index(i)))
		}
	}
	return vs
}

// widerRedirects: where users are sent stays at origins that are registered, of
// whichever of the two lists.
func widerRedirects(registered, asked *Metadata, member string) []Violation {
	has := slices.Concat(stringsOf(registered, "redirect_uris"), stringsOf(registered, "post_logout_redirect_uris"))
	origins := make([]string, 0, len(has))
	for _, uri := range has {
		if o := origin(uri); o != "" {
			origins = append(origins, o)
		}
	}
	var vs []Violation
	for i, uri := range stringsOf(asked, member) {
		if slices.Contains(has, uri) {
			continue
		}
		if !slices.Contains(origins, origin(uri)) {
			v := wider("an update may not add a redirect URI at another origin", uri, origins, member, index(i))
			if member == "redirect_uris" {
				v.Code = registration.InvalidRedirectURI
			}
			vs = append(vs, v)
		}
	}
	return vs
}

func widerScopes(registered *Metadata, scope string) []Violation {
	tokens := smart.Split(scope)
	if len(tokens) > 2*maxScopes {
		return nil // refused for their number already
	}
	has := smart.Split(registered.String("scope"))
	set := smart.NewSet(has)
	var vs []Violation
	for _, token := range tokens {
		if !set.Covers(smart.Parse(token)) {
			vs = append(vs, wider("an update may not add a scope", token, has, "scope"))
		}
	}
	return vs
}

// authStrength orders the methods of client authentication: nothing, a shared
// secret, a key that only the client has.
func authStrength(method string) int {
	switch method {
	case "none":
		return 0
	case "client_secret_basic", "client_secret_post", "client_secret_jwt":
		return 1
	case "private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth":
		return 2
	}
	return -1
}

func weakerAuthMethod(registered, asked *Metadata) []Violation {
	has, wants := registered.String("token_endpoint_auth_method"), asked.String("token_endpoint_auth_method")
	if has == "" {
		has = defaultAuthMethod
	}
	// Of a method that is unknown nothing is known to be stronger.
	if has == wants || (authStrength(has) >= 0 && authStrength(wants) >= authStrength(has)) {
		return nil
	}
	return []Violation{wider("an update may not choose a weaker client authentication", wants, []string{has}, "token_endpoint_auth_method")}
}

// weakerRequirements: a protection that was registered is not taken off.
func weakerRequirements(registered, asked *Metadata) []Violation {
	var vs []Violation
	for _, member := range []string{
		"require_pushed_authorization_requests", "dpop_bound_access_tokens", "tls_client_certificate_bound_access_tokens",
	} {
		has, _ := registered.Get(member)
		if wants, _ := asked.Get(member); has == true && wants != true {
			vs = append(vs, wider("an update may not take this protection off", wants, []string{"true"}, member))
		}
	}
	if registered.String("subject_type") == "pairwise" && asked.String("subject_type") != "pairwise" {
		vs = append(vs, wider("an update may not give up pairwise subjects", asked.String("subject_type"), []string{"pairwise"}, "subject_type"))
	}
	return vs
}
