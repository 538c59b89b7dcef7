package upstream

import (
	"net/http"
	"strings"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// refuseKeycloak reads what Keycloak says wrongly. Its client registration and
// client policies answer 403 insufficient_scope for what RFC 7591 section 3.2.2
// calls invalid metadata: the token was good, the document was not. Any other
// 403 ("HTTPS required", "Invalid origin") and any 404 but "Client not found"
// ("Realm does not exist") is about the way to the server: no caller's doing,
// and no word about a client, which the 401 of a general 404 would be.
func refuseKeycloak(r refusal) *registration.Error {
	switch {
	case r.status == http.StatusNotFound && r.code != string(registration.InvalidRequest),
		r.status == http.StatusForbidden && r.code != string(registration.InsufficientScope):
		return notAnAPI()
	case r.status != http.StatusForbidden:
		return nil
	}
	says := func(s string) bool { return strings.Contains(r.description, s) }
	switch {
	case says("Not permitted to use specified clientScope"):
		return &registration.Error{
			Status: http.StatusBadRequest, Code: registration.InvalidClientMetadata,
			Description: "the authorization server does not have one of the scopes, or does not give it",
			Violations: []registration.Violation{serverViolation("/scope",
				"a scope is unknown to the authorization server or closed for registration")},
		}
	case says("URL doesn't match"), says("URI doesn't match"), says("URL is malformed"), says("URI is malformed"):
		return &registration.Error{
			Status: http.StatusBadRequest, Code: registration.InvalidRedirectURI,
			Description: "the authorization server does not trust the host of a URI",
			Violations:  []registration.Violation{serverViolation("/redirect_uris", "a URI's host is not trusted by the authorization server")},
		}
	case says("max") && says("clients per realm"):
		return &registration.Error{
			Status: http.StatusServiceUnavailable, Code: registration.TemporarilyUnavailable,
			Description: "the authorization server has as many clients as it may have",
		}
	case r.description != "Forbidden" && !says("Host not trusted"):
		return &registration.Error{
			Status: http.StatusBadRequest, Code: registration.InvalidClientMetadata,
			Description: "a registration policy of the authorization server refuses the client metadata",
			Violations:  []registration.Violation{serverViolation("", "refused by a policy of the authorization server")},
		}
	}
	return nil
}
