// Package smart understands the scopes of SMART App Launch: what a scope
// grants, and whether one scope, or a set of them, grants another.
//
// Most callers need a few calls:
//
//	allowed := smart.NewSet(smart.Split("launch/patient openid patient/*.rs"))
//	asked := smart.Parse("patient/Observation.cruds")
//	allowed.Covers(asked) // false: only two of the five letters are allowed
//	allowed.Narrow(asked) // ["patient/Observation.rs"], true
//
//	server := smart.NewOffered([]string{"patient/*.rs", "launch/patient"})
//	sent := server.Translate([]string{"patient/*.read"}, 0) // equal: ["patient/*.rs"]
//	smart.Translated(sent)                                  // what to send
//	smart.SpellAs([]string{"patient/*.read"}, []string{"patient/*.rs"}) // what to answer
//
// Parse, Scope.V1 and Scope.V2 read and write one scope, Covers compares two,
// Minimise and Intersect work on lists.
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
// Resource types are checked for their form only; whether a FHIR release has
// such a type is not a question of grammar, and Releases answers it.
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
// every item is taken to be a restriction. The parameters of a FHIR search that
// return more than is selected (_include, _revinclude, _graph, _contained,
// _containedType, _query, with any modifier) are none, so a scope with one of them
// is no SMART scope to this package, and opaque. Those that order or shorten what is
// returned, such as _summary, may stand there.
//
// All other scopes cover themselves, letter by letter, and nothing else: launch
// does not cover launch/patient, nor the other way round. That includes opaque
// tokens, so an operator can allow a vendor's scope by writing it down.
//
// # Lists
//
// Minimise writes what a list grants in as few scopes as possible, Intersect
// what two lists have in common, Set.Narrow what a set leaves of one scope. All
// three are exact: they grant neither more nor less, also to the types of the
// future. They keep order, and keep the spelling of what they need not change.
//
// # Other servers' words
//
// A server that compares scopes as strings refuses patient/*.read if it calls
// the same thing patient/*.rs. Offered knows what a server calls it. Translate
// tells of each scope what became of it: the same, an equal one, expanded into
// the parts that are offered, unknown, or of more parts than the limit. It never
// leads to more than was decided, only to less where it expands. SpellAs is the
// way back for the equal ones; the parts of a scope are named as they are.
//
// # Cost
//
// Parsing allocates for granular scopes only, comparing a parsed pair never
// does. A Set finds its answer by context and type and an Offered by meaning,
// whatever their size; only a wildcard that is narrowed or expanded visits every
// type of its context. Both are immutable and safe for concurrent use. Many
// different queries on one type are looked at one by one.
package smart
