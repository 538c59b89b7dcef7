// Package smart understands the scopes of SMART App Launch: what a scope
// grants, and whether one scope, or a set of them, grants another.
//
// Most callers need four calls:
//
//	allowed := smart.NewSet(smart.Split("launch/patient openid patient/*.rs"))
//	asked := smart.Parse("patient/Observation.cruds")
//	allowed.Covers(asked) // false: only two of the five letters are allowed
//	allowed.Narrow(asked) // ["patient/Observation.rs"], true
//
// # Grammar
//
// A resource scope is one of
//
//	patient/Observation.read                           SMART 1.0: read, write or *
//	patient/Observation.rs                             SMART 2: letters of "cruds", in order
//	patient/Observation.rs?category=vital-signs&code=x SMART 2, granular
//
// with patient, user or system before the slash and a FHIR resource type or *
// after it. The syntaxes mean the same things: read is rs, write is cud, * is
// cruds. Beside them stand launch, launch/<type> with an optional role, openid,
// fhirUser, profile, online_access, offline_access and extensions (names that
// begin with two underscores, and URIs). Everything else is opaque: some other
// vocabulary's scope, which this package does not judge.
//
// Parse never fails. A token that looks like a SMART scope and is none, such as
// patient/Observation.sr, is opaque too, and Check says what is wrong with it.
// Resource types are checked for their form only; whether a FHIR version has
// such a type is not a question of grammar.
//
// # Cover
//
// One resource scope covers another if it is of the same context, its type is
// the same or *, its letters include the other's, and its query items are among
// the other's: each item narrows, so a scope with fewer of them grants more. A
// set covers a scope if the letters of all its scopes that fit add up. Contexts
// never imply one another, and no number of types adds up to *, which also
// means the types of the future.
//
// Query items compare as parameter=value, regardless of order and of
// percent-encoding. What the parameter means is the FHIR server's business:
// every item is taken to be a restriction.
//
// All other scopes cover themselves, letter by letter, and nothing else: launch
// does not cover launch/patient, nor the other way round. That includes opaque
// tokens, so an operator can allow a vendor's scope by writing it down.
//
// # Cost
//
// Parsing allocates for granular scopes only, comparing a parsed pair never
// does, and a Set finds its answer by context and type, whatever its size. A
// Set is immutable and safe for concurrent use.
package smart
