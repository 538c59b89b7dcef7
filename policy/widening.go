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
func widening(registered, asked *Metadata) []Violation {
	return slices.Concat(
		widerGrants(registered, asked),
		widerRedirects(registered, asked),
		widerScopes(registered, asked),
		weakerAuthMethod(registered, asked),
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

func widerRedirects(registered, asked *Metadata) []Violation {
	has := stringsOf(registered, "redirect_uris")
	origins := make([]string, len(has))
	for i, uri := range has {
		origins[i] = origin(uri)
	}
	var vs []Violation
	for i, uri := range stringsOf(asked, "redirect_uris") {
		if slices.Contains(has, uri) {
			continue
		}
		if o := origin(uri); o == "" || !slices.Contains(origins, o) {
			v := wider("an update may not add a redirect URI at another origin", uri, origins, "redirect_uris", index(i))
			v.Code = registration.InvalidRedirectURI
			vs = append(vs, v)
		}
	}
	return vs
}

func widerScopes(registered, asked *Metadata) []Violation {
	has := smart.Split(registered.String("scope"))
	set := smart.NewSet(has)
	var vs []Violation
	for _, token := range smart.Split(asked.String("scope")) {
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
	if authStrength(wants) >= authStrength(has) {
		return nil
	}
	return []Violation{wider("an update may not choose a weaker client authentication", wants, []string{has}, "token_endpoint_auth_method")}
}
