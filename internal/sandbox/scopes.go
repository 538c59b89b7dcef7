package sandbox

import (
	"slices"
	"strings"
)

// defaultOptionalScopes are the optional client scopes of the realm that the
// exchanges were recorded in, in the order it gave them out: where two names share
// a place in a hash table, their order is whatever the database made it.
var defaultOptionalScopes = []string{
	"launch/patient", "address", "launch", "fhirUser",
	"patient/Observation.rs", "phone", "patient/*.read", "patient/*.rs",
	"offline_access", "organization", "microprofile-jwt",
	"user/*.rs", "system/*.rs", "system/*.read",
}

// realmDefaultScopes are the default client scopes of every new realm. A client
// may name them, too; basicScope is the one it has in any case, which is
// therefore never among its optional ones.
var realmDefaultScopes = []string{"web-origins", "acr", "profile", "roles", "email", basicScope}

const (
	basicScope = "basic"

	// serviceAccountScope is a scope of every realm, but neither default nor
	// optional: only a client with a service account has it.
	serviceAccountScope = "service_account"
)

// optionalScopes is what a client that asks for scope gets: all of the realm's
// optional scopes if it names none, which is the hole that a gateway closes, and
// a refusal of the whole request if one of those it names is unknown.
func (s *Sandbox) optionalScopes(asked metadata) ([]string, error) {
	if !asked.has("scope") {
		return hashOrder(s.Scopes), nil
	}
	var scopes []string
	for scope := range strings.SplitSeq(asked.text("scope"), " ") {
		switch {
		case scope == "" || scope == basicScope:
		case slices.Contains(s.Scopes, scope), slices.Contains(realmDefaultScopes, scope):
			scopes = append(scopes, scope)
		default:
			return nil, errScopeNotPermitted
		}
	}
	return hashOrder(scopes), nil
}

// isScopeToken tells whether s is a scope-token of RFC 6749 section 3.3.
func isScopeToken(s string) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return s != ""
}
