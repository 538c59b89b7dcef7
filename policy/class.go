package policy

import (
	"slices"
	"strings"
)

// Class is a kind of SMART app (SMART App Launch 2.2, "App Types" and "Scopes and
// Launch Context"): whom it acts for, and so which scopes make sense for it.
type Class string

// The app classes. A provider app is a patient app that asks for more than one
// patient's data: whoever tells the two apart looks for it first.
const (
	// Patient apps act for somebody who is there to sign in.
	Patient Class = "patient"
	// Provider apps do too, and ask for user/ scopes: all that the user may see.
	Provider Class = "provider"
	// Backend services act on their own: client_credentials is their only grant.
	Backend Class = "backend"
)

var classes = []Class{Patient, Provider, Backend}

// app is what tells the classes apart.
type app struct {
	alone bool // client_credentials is its only grant
	scope string
}

// includes tells whether an app is of the class. The empty class has all apps in
// it.
func (c Class) includes(a app) bool {
	switch c {
	case Patient:
		return !a.alone
	case Provider:
		return !a.alone && (strings.HasPrefix(a.scope, "user/") || strings.Contains(a.scope, " user/"))
	case Backend:
		return a.alone
	}
	return true
}

// contains tells whether every app of the other class is of this one too.
func (c Class) contains(other Class) bool {
	return c == "" || c == other || c == Patient && other == Provider
}

// actsAlone tells whether client_credentials is the only grant. A grant that is
// named twice is the same grant. Grants are strings, or the values of a document
// that should be.
func actsAlone[G any](grants []G) bool {
	return len(grants) > 0 && !slices.ContainsFunc(grants, func(g G) bool { return any(g) != "client_credentials" })
}

// defaultScopes of the class, where nobody has written any: who the user is and
// reading what the class is about. For a backend service nothing can be guessed:
// system/*.rs is every patient's data.
func (c Class) defaultScopes() []string {
	switch c {
	case Patient:
		return []string{"launch/patient", "openid", "fhirUser", "patient/*.rs"}
	case Provider:
		return []string{"openid", "fhirUser", "user/*.rs"}
	default:
		return nil
	}
}
