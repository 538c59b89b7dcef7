package smart

import "strings"

// Wildcard is the resource type that stands for all types, present and future.
const Wildcard = "*"

// Kind says which part of the SMART vocabulary a scope belongs to.
type Kind uint8

const (
	Opaque    Kind = iota // not a SMART scope, well-formed or not; compared literally
	Resource              // <context>/<type>.<permissions>
	Launch                // launch, launch/<type>, launch/<type>?role=<role>
	Identity              // openid, fhirUser, profile
	Refresh               // online_access, offline_access
	Extension             // __<name>, or a URI of somebody's own
)

// Syntax says in which of the two grammars a resource scope was written.
type Syntax uint8

const (
	NoSyntax Syntax = iota // not a resource scope: both grammars agree on it
	SyntaxV1               // .read, .write, .*
	SyntaxV2               // .cruds and its subsets
)

// Context is whose authority a resource scope draws on: the part before the
// slash. No context implies another.
type Context uint8

const (
	NoContext Context = iota
	Patient           // data of the one patient in context
	User              // data that the signed-in user may reach
	System            // data without any user: backend services
)

// contextNames is indexed by Context.
var contextNames = [...]string{NoContext: "", Patient: "patient", User: "user", System: "system"}

// String returns the context as a scope spells it.
func (c Context) String() string { return contextNames[c] }

// Scope is one parsed token of a scope string. The zero value is the opaque
// empty token; all others come from Parse.
type Scope struct {
	Kind   Kind
	Syntax Syntax

	// The members of a resource scope, zero in all other kinds.

	Context      Context
	ResourceType string // a FHIR resource type, or Wildcard
	Permissions  Permissions
	Query        []string // parameter=value, normalised, sorted, without duplicates; shared, not to be changed

	text string
}

// Parse reads one token of a scope string. It never fails: what is no SMART
// scope becomes Opaque. Check tells why.
func Parse(token string) Scope {
	scope, _ := parse(token)
	return scope
}

// String returns the token as it was parsed.
func (s Scope) String() string { return s.text }

// V2 returns the scope in SMART 2 syntax, in its one normal form: query items
// sorted and percent-encoded only where they must be. Scopes that have no
// syntax of their own version come back as they are.
func (s Scope) V2() string {
	if s.Kind != Resource {
		return s.text
	}
	text := s.Context.String() + "/" + s.ResourceType + "." + s.Permissions.String()
	if len(s.Query) > 0 {
		text += "?" + strings.Join(s.Query, "&")
	}
	return text
}

// V1 returns the scope in SMART 1.0 syntax, and whether there is such a form
// that means exactly the same. There is none for granular scopes, nor for
// permissions other than rs, cud and cruds.
func (s Scope) V1() (string, bool) {
	if s.Kind != Resource {
		return s.text, true
	}
	word, ok := s.Permissions.v1()
	if !ok || len(s.Query) > 0 {
		return "", false
	}
	return s.Context.String() + "/" + s.ResourceType + "." + word, true
}

// in returns the scope in a syntax, or in that of SMART 2 where SMART 1.0 has no
// form that means the same.
func (s Scope) in(syntax Syntax) string {
	if syntax == SyntaxV1 {
		if token, exact := s.V1(); exact {
			return token
		}
	}
	return s.V2()
}
