package policy

import (
	"slices"
	"strconv"
	"strings"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// grantRules judge grant types, response types and client authentication
// against each other.
var grantRules = []builtInRule{
	{name: "grant_types_required", check: checkSomeGrant},
	{name: "grant_type", check: checkGrantTypes},
	{name: "refresh_token_alone", check: checkRefreshToken},
	{name: "response_type", check: checkResponseTypes},
	{name: "grant_without_response_type", check: checkGrantsHaveResponse},
	{name: "token_endpoint_auth_method", check: checkWord("token_endpoint_auth_method", "unknown client authentication method", authMethods)},
	{name: "client_credentials_public", check: checkClientCredentials},
	{name: "application_type", check: checkWord("application_type", "unknown application type", applicationTypes)},
	{name: "subject_type", check: checkWord("subject_type", "unknown subject type", subjectTypes)},
}

// safeGrants are the grants that SMART apps use.
var safeGrants = []string{"authorization_code", "refresh_token", "client_credentials"}

// checkSomeGrant: a client without a grant can do nothing, and Keycloak reads an
// empty list as the code grant (measured on 24.0.5 to 26.7.5).
func checkSomeGrant(d *finalDocument) []Violation {
	if v, _ := d.Get("grant_types"); !registration.Equal(v, []any{}) {
		return nil
	}
	return []Violation{violation("no grant type is left", nil, slices.Concat(safeGrants, d.allowGrants), "grant_types")}
}

// checkGrantTypes refuses every grant type that is neither one of SMART's nor
// allowed by name. RFC 9700 section 2.4 forbids password, section 2.1.2 advises
// against implicit; device, CIBA, token exchange and jwt-bearer let a client
// act where no registration said it could. Keycloak switches each of them on
// for whoever names it, and answers 201 to one that it does not know.
func checkGrantTypes(d *finalDocument) []Violation {
	var vs []Violation
	for i, grant := range d.grants {
		if !slices.Contains(safeGrants, grant) && !slices.Contains(d.allowGrants, grant) {
			vs = append(vs, violation("this grant type may not be registered", grant,
				slices.Concat(safeGrants, d.allowGrants), "grant_types", index(i)))
		}
	}
	return vs
}

// checkRefreshToken: refreshing needs a grant that gave the first token
// (RFC 6749 section 6). Client credentials do not count (section 4.4.3).
func checkRefreshToken(d *finalDocument) []Violation {
	if !slices.Contains(d.grants, "refresh_token") {
		return nil
	}
	for _, grant := range d.grants {
		if grant != "refresh_token" && grant != "client_credentials" {
			return nil
		}
	}
	return []Violation{violation("refresh_token needs a grant that issues refresh tokens, such as authorization_code",
		d.grants, nil, "grant_types")}
}

// checkResponseTypes: every response type needs its grants (RFC 7591 section
// 2.1, OpenID Connect Dynamic Client Registration section 2).
func checkResponseTypes(d *finalDocument) []Violation {
	var vs []Violation
	for i, v := range d.responseTypes {
		responseType := v.(string)
		needed := grantsFor(responseType)
		if needed == nil {
			vs = append(vs, violation("unknown response type", responseType,
				[]string{"code", "token", "id_token"}, "response_types", index(i)))
			continue
		}
		for _, grant := range needed {
			if !slices.Contains(d.grants, grant) {
				vs = append(vs, violation("this response type needs the grant type "+grant, responseType, nil,
					"response_types", index(i)))
			}
		}
	}
	return vs
}

var codeGrant = []string{"authorization_code"}

// grantsFor is what a response type needs; nil where it is unknown.
func grantsFor(responseType string) []string {
	if responseType == "code" { // as nearly always
		return codeGrant
	}
	var needed []string
	for part := range strings.FieldsSeq(responseType) {
		switch part {
		case "code":
			needed = append(needed, "authorization_code")
		case "token", "id_token":
			if !slices.Contains(needed, "implicit") {
				needed = append(needed, "implicit")
			}
		default:
			return nil
		}
	}
	return needed
}

// checkGrantsHaveResponse: a grant that uses the authorization endpoint needs a
// response type that serves it (RFC 7591 section 2.1).
func checkGrantsHaveResponse(d *finalDocument) []Violation {
	if !d.Has("response_types") {
		return nil
	}
	var vs []Violation
	for i, grant := range d.grants {
		if grant != "authorization_code" && grant != "implicit" {
			continue
		}
		serves := func(responseType any) bool { return slices.Contains(grantsFor(responseType.(string)), grant) }
		if !slices.ContainsFunc(d.responseTypes, serves) {
			vs = append(vs, violation("this grant type needs a response type that serves it", grant, nil, "grant_types", index(i)))
		}
	}
	return vs
}

// authMethods are the registered methods (RFC 7591 section 2, OpenID Connect
// Core section 9, RFC 8705 section 2).
var authMethods = []string{
	"none", "client_secret_basic", "client_secret_post", "client_secret_jwt",
	"private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth",
}

// applicationTypes are those of OpenID Connect Dynamic Client Registration section 2.
var applicationTypes = []string{"web", "native"}

// subjectTypes are those of OpenID Connect Core section 8. Keycloak answers 500 to any
// other, and takes PAIRWISE for pairwise (measured on 26.7.5).
var subjectTypes = []string{"public", "pairwise"}

// checkWord refuses a member that is none of the words that it may be.
func checkWord(member, detail string, words []string) func(*finalDocument) []Violation {
	return func(d *finalDocument) []Violation {
		v, _ := d.Get(member)
		word, ok := v.(string)
		if !ok || slices.Contains(words, word) {
			return nil
		}
		return []Violation{violation(detail, word, words, member)}
	}
}

// checkClientCredentials: a client that acts for itself must be able to prove
// who it is (RFC 6749 section 4.4).
func checkClientCredentials(d *finalDocument) []Violation {
	if d.String("token_endpoint_auth_method") != "none" || !slices.Contains(d.grants, "client_credentials") {
		return nil
	}
	return []Violation{violation("client_credentials needs a client that authenticates", "none",
		authMethods[1:], "token_endpoint_auth_method")}
}

func index(i int) string { return strconv.Itoa(i) }
