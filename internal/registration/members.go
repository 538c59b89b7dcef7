package registration

import (
	"maps"
	"slices"
	"strings"
)

// Kind is the JSON type that a member's value must have.
type Kind int

// The kinds of registered members.
const (
	KindString Kind = iota + 1
	KindStrings
	KindBool
	KindNumber
	KindObject
	KindKeys // a JWK Set: an object with an array "keys" of objects
)

var kindNames = map[Kind]string{
	KindString: "a string", KindStrings: "an array of strings", KindBool: "true or false",
	KindNumber: "a number", KindObject: "an object", KindKeys: "a JWK Set object",
}

// kinds lists the registered client metadata members (RFC 7591 section 2,
// OpenID Connect Dynamic Client Registration section 2 and the logout, CIBA,
// JARM, PAR, DPoP and mutual-TLS specifications) with their types. Members that
// are not listed are kept as they came and checked by whoever knows them.
var kinds = map[string]Kind{
	"redirect_uris": KindStrings, "token_endpoint_auth_method": KindString,
	"grant_types": KindStrings, "response_types": KindStrings,
	"client_name": KindString, "client_uri": KindString, "logo_uri": KindString,
	"scope": KindString, "contacts": KindStrings, "tos_uri": KindString, "policy_uri": KindString,
	"jwks_uri": KindString, "jwks": KindKeys, "software_id": KindString, "software_version": KindString,
	"software_statement": KindString,

	"client_id": KindString, "client_secret": KindString,
	"client_id_issued_at": KindNumber, "client_secret_expires_at": KindNumber,
	"registration_access_token": KindString, "registration_client_uri": KindString,

	"application_type": KindString, "sector_identifier_uri": KindString, "subject_type": KindString,
	"id_token_signed_response_alg": KindString, "id_token_encrypted_response_alg": KindString,
	"id_token_encrypted_response_enc": KindString, "userinfo_signed_response_alg": KindString,
	"userinfo_encrypted_response_alg": KindString, "userinfo_encrypted_response_enc": KindString,
	"request_object_signing_alg": KindString, "request_object_encryption_alg": KindString,
	"request_object_encryption_enc": KindString, "token_endpoint_auth_signing_alg": KindString,
	"default_max_age": KindNumber, "require_auth_time": KindBool, "default_acr_values": KindStrings,
	"initiate_login_uri": KindString, "request_uris": KindStrings,

	"post_logout_redirect_uris": KindStrings,
	"frontchannel_logout_uri":   KindString, "frontchannel_logout_session_required": KindBool,
	"backchannel_logout_uri": KindString, "backchannel_logout_session_required": KindBool,
	"backchannel_logout_revoke_offline_tokens": KindBool,

	"backchannel_token_delivery_mode":                KindString,
	"backchannel_client_notification_endpoint":       KindString,
	"backchannel_authentication_request_signing_alg": KindString,

	"authorization_signed_response_alg": KindString, "authorization_encrypted_response_alg": KindString,
	"authorization_encrypted_response_enc": KindString,

	"require_pushed_authorization_requests": KindBool, "dpop_bound_access_tokens": KindBool,
	"tls_client_certificate_bound_access_tokens": KindBool, "tls_client_auth_subject_dn": KindString,
	"tls_client_auth_san_dns": KindString, "tls_client_auth_san_uri": KindString,
	"tls_client_auth_san_ip": KindString, "tls_client_auth_san_email": KindString,
}

// ServerSet are the members that only the server sets (RFC 7591 section 3.2.1,
// RFC 7592 section 3), in the order in which answers carry them.
var ServerSet = []string{
	"client_id", "client_secret", "client_id_issued_at", "client_secret_expires_at",
	"registration_client_uri", "registration_access_token",
}

// KindOf returns the type of a registered member, 0 for any other. A human
// readable member with a language tag ("client_name#de", RFC 7591 section 2.2)
// is of its base's type.
func KindOf(name string) Kind {
	if kind, ok := kinds[name]; ok {
		return kind
	}
	return kinds[BaseName(name)]
}

// BaseName is the member that a name stands for: itself, or what stands before
// the language tag of a human-readable member (RFC 7591 section 2.2).
func BaseName(name string) string {
	if base, _, tagged := strings.Cut(name, "#"); tagged && humanReadable(base) {
		return base
	}
	return name
}

// humanReadable are the members that may carry a language tag.
func humanReadable(name string) bool {
	switch name {
	case "client_name", "client_uri", "logo_uri", "tos_uri", "policy_uri":
		return true
	}
	return false
}

// CheckTypes returns a violation for every registered member that is not of its
// type. Null is not a type: [Prepare] has removed it.
func CheckTypes(m *Metadata) []Violation {
	var vs []Violation
	for _, member := range m.Members() {
		kind := KindOf(member.Name)
		if kind == 0 || isKind(member.Value, kind) {
			continue
		}
		code := InvalidClientMetadata
		if member.Name == "redirect_uris" {
			if _, array := member.Value.([]any); array {
				code = InvalidRedirectURI
			}
		}
		vs = append(vs, Violation{
			Rule: "type", Pointer: Pointer(member.Name), Code: code,
			Detail: "the member must be " + kindNames[kind],
		})
	}
	return vs
}

func isKind(v any, kind Kind) bool {
	switch kind {
	case KindString:
		_, ok := v.(string)
		return ok
	case KindStrings:
		return AreStrings(v)
	case KindBool:
		_, ok := v.(bool)
		return ok
	case KindNumber:
		_, ok := v.(Number)
		return ok
	case KindKeys:
		o, ok := v.(*Metadata)
		if !ok {
			return false
		}
		_, ok = KeyArray(o)
		return ok
	default:
		_, ok := v.(*Metadata)
		return ok
	}
}

// Pointer is the JSON pointer (RFC 6901) of a member, or of what lies below it.
func Pointer(steps ...string) string {
	if len(steps) == 1 { // mostly
		return "/" + pointerEscape.Replace(steps[0])
	}
	var b strings.Builder
	for _, step := range steps {
		b.WriteByte('/')
		b.WriteString(pointerEscape.Replace(step))
	}
	return b.String()
}

var pointerEscape = strings.NewReplacer("~", "~0", "/", "~1")

// MemberNames are the registered members, sorted.
func MemberNames() []string { return slices.Sorted(maps.Keys(kinds)) }
