package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// BuiltIn relaxes the built-in rules, by name and no other way. The zero value
// is the strict reading of every rule.
type BuiltIn struct {
	// AllowGrants are grant types beyond authorization_code, refresh_token and
	// client_credentials that may be registered.
	AllowGrants []string `json:"allow_grants,omitempty"`
	// Off are the names of rules that are not applied. uri_forbidden_scheme is
	// not among those that can be: no client needs a javascript: URI.
	Off []string `json:"off,omitempty"`
	// Widening is what is done about an update that goes beyond what the client
	// has. Default: [WideningRefuse]
	Widening Widening `json:"widening,omitempty"`
	// ReadOnly is what is done about members in an update that only the server
	// sets. Default: [ReadOnlyEqual]
	ReadOnly ReadOnly `json:"read_only,omitempty"`
}

// ReadOnly says what is done about an update with members that only the server
// sets (RFC 7592 section 2.2 wants them left out): registration_access_token,
// registration_client_uri, client_secret_expires_at and client_id_issued_at.
type ReadOnly string

// The answers to read-only members.
const (
	// ReadOnlyEqual drops what is as it was read, and refuses what differs. What
	// the server does not tell again (Keycloak: client_id_issued_at) cannot be
	// compared and is dropped. The default: strict client libraries and Keycloak's
	// kcreg.sh alike send back all that they have read.
	ReadOnlyEqual ReadOnly = "equal"
	// ReadOnlyStrict refuses them.
	ReadOnlyStrict ReadOnly = "strict"
)

// Validate returns an error for the name of a rule that does not exist or that
// always holds, and for any other value that has no meaning.
func (b BuiltIn) Validate() error {
	if err := b.Widening.validate(); err != nil {
		return err
	}
	if b.ReadOnly != "" && b.ReadOnly != ReadOnlyEqual && b.ReadOnly != ReadOnlyStrict {
		return fmt.Errorf("read_only is %q, must be one of: %s %s", b.ReadOnly, ReadOnlyEqual, ReadOnlyStrict)
	}
	for _, name := range b.Off {
		if name == "uri_forbidden_scheme" {
			return fmt.Errorf("the built-in rule %q cannot be switched off", name)
		}
		if !slices.ContainsFunc(builtInRules, func(r builtInRule) bool { return r.name == name }) {
			return fmt.Errorf("there is no built-in rule %q (rules: %s)", name, strings.Join(BuiltInRules(), ", "))
		}
	}
	return nil
}

// builtInRule is one rule over the final metadata. Built-in rules are no policy
// layer: no operator changes what they see and none may overrule them.
type builtInRule struct {
	name  string
	check func(*finalDocument) []registration.Violation
	uses  uriUse // those that a rule over URIs is about; 0 of any other rule
}

// finalDocument is the document that built-in rules judge, with what several of
// them ask of it worked out once.
type finalDocument struct {
	*registration.Metadata
	grants        []string // grant_types
	native        bool     // application_type is native
	allowGrants   []string
	responseTypes []any                 // strings
	keys          []any                 // of jwks: a *Metadata each
	uris          []memberURI           // of all URI members, those that are not plain
	uses          uriUse                // of all of these together
	names         []registration.Member // of client_name and its translations, those that are not plain
}

// builtInRules in the order in which their violations are reported.
var builtInRules = slices.Concat(grantRules, redirectRules, uriRules, keyRules, textRules)

// BuiltInRules are the names of the built-in rules.
func BuiltInRules() []string {
	names := make([]string, len(builtInRules))
	for i, r := range builtInRules {
		names[i] = r.name
	}
	return names
}

// rules are those that are not off.
func (b BuiltIn) rules() []builtInRule {
	return slices.DeleteFunc(slices.Clone(builtInRules), func(r builtInRule) bool { return slices.Contains(b.Off, r.name) })
}

// judge applies built-in rules and returns all violations.
func judge(d *finalDocument, rules []builtInRule) []registration.Violation {
	d.takeApart()
	var vs []registration.Violation
	for i := range rules {
		r := &rules[i]
		if r.uses != 0 && r.uses&d.uses == 0 {
			continue // as nearly all rules over URIs, nearly always
		}
		for _, v := range r.check(d) {
			v.Rule = r.name
			if v.Code == "" {
				v.Code = registration.InvalidClientMetadata
			}
			vs = append(vs, v)
		}
	}
	return vs
}
