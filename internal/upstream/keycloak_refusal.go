package upstream

import (
	"net/http"
	"strings"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// keycloakRefusals are the quirks of how Keycloak refuses. The first that knows a
// refusal reads it.
var keycloakRefusals = []Quirk{
	{
		Name: "origin_forbidden", Versions: Versions{From: "26.5"}, Evidence: "origin",
		Effect:  "Origin is not sent: Keycloak refuses every origin that no token and no policy of its names. If one gets there all the same, 502",
		refusal: readOrigin,
	},
	{
		Name: "policy_forbidden", Evidence: "scope:nonexistent",
		Effect: "403 insufficient_scope, with which client registration and client policies refuse a document, is 400 " +
			"invalid_client_metadata or invalid_redirect_uri, and 503 where there are as many clients as there may be",
		refusal: readPolicy,
	},
	{
		Name: "prose_error", Evidence: "unknown_field",
		Effect:  "400 with a sentence for a code is 400 invalid_client_metadata",
		refusal: readProse,
	},
	{
		Name: "unknown_client", Evidence: "unknown_client",
		Effect:  "404 invalid_request, of a client that does not exist, is 401 like a token that is not the client's",
		refusal: readUnknownClient,
	},
	{
		Name: "no_such_path", Evidence: "get_collection",
		Effect:  "404 of a path or a realm, and 403 that is about the way there (HTTPS required), are 502: no caller's doing",
		refusal: readNoSuchPath,
	},
	{
		Name: "no_challenge", Evidence: "bearer_garbage",
		Effect:  "401, which Keycloak sends without WWW-Authenticate, has one",
		refusal: readNoChallenge,
	},
	{
		Name: "empty_bearer", Versions: Versions{Before: "26.6"}, Evidence: "bearer_empty", Prevented: true,
		Effect: "a bearer token that is empty is refused here: Keycloak answers 500",
	},
	{
		Name: "bad_token_error", Versions: Versions{From: "26.6.2", Before: "26.6.5"}, Certain: true,
		Source: "Keycloak's issue 49909",
		Effect: "500, the answer to every token that is not valid, is 401. With another version it would be the server's own " +
			"failure, so this is done only where the version is configured",
		refusal: readBadTokenError,
	},
	{
		Name: "internal_error", Evidence: "name_long",
		Effect:  "500, the answer to what is too long or odd for it, is 502. Built-in rules keep such values from getting there",
		refusal: readInternalError,
	},
}

func readOrigin(r refusal) *registration.Error {
	if r.status != http.StatusForbidden || r.code != "Invalid origin" {
		return nil
	}
	return notAnAPI()
}

// readPolicy: the token was good, the document was not, which RFC 7591 section
// 3.2.2 calls invalid metadata. Two descriptions are about the caller all the
// same: its roles (Forbidden) and its address (Host not trusted).
func readPolicy(r refusal) *registration.Error {
	says := func(s string) bool { return strings.Contains(r.description, s) }
	switch {
	case r.status != http.StatusForbidden, r.code != string(registration.InsufficientScope):
		return nil
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

// readProse: a code has no spaces (RFC 6749 section 5.2 lets it have some; no
// registered one has).
func readProse(r refusal) *registration.Error {
	if r.status != http.StatusBadRequest || !strings.Contains(r.code, " ") {
		return nil
	}
	return r.badMetadata()
}

// readUnknownClient: only who may see every client is answered this.
func readUnknownClient(r refusal) *registration.Error {
	if r.status != http.StatusNotFound || r.code != string(registration.InvalidRequest) {
		return nil
	}
	return r.general()
}

// readNoSuchPath: no word about a client, which the 401 of a general 404 would be.
func readNoSuchPath(r refusal) *registration.Error {
	if r.status != http.StatusNotFound && (r.status != http.StatusForbidden || r.code == string(registration.InsufficientScope)) {
		return nil
	}
	return notAnAPI()
}

func readNoChallenge(r refusal) *registration.Error {
	if r.status != http.StatusUnauthorized || r.challenged {
		return nil
	}
	return r.general()
}

func readBadTokenError(r refusal) *registration.Error {
	if r.status != http.StatusInternalServerError || r.own {
		return nil
	}
	return notTheClients(r.operation)
}

func readInternalError(r refusal) *registration.Error {
	if r.status != http.StatusInternalServerError {
		return nil
	}
	return notAnAPI()
}
