package sandbox

import (
	"bytes"
	"encoding/json"
)

// kind is the JSON type that a member has to have.
type kind int

const (
	text kind = iota // a string; other scalars are read as one
	texts
	flag
	number
	keySet
)

// fate is what becomes of a member that a request names.
type fate int

const (
	ignored fate = iota // read and forgotten
	stored              // kept, never shown
	echoed              // kept and shown as it came
	derived             // shown as the server decided
)

// member is one member of client metadata that the server knows.
type member struct {
	name string
	kind kind
	fate fate
}

// members is every member that the server knows, in the order in which it writes
// them. Any other makes it refuse the request, although RFC 7591 section 2 says
// that unknown members are ignored.
var members = []member{
	{"redirect_uris", texts, derived},
	{"token_endpoint_auth_method", text, derived},
	{"token_endpoint_auth_signing_alg", text, echoed},
	{"grant_types", texts, derived},
	{"response_types", texts, derived},
	{"application_type", text, ignored},
	{"client_id", text, derived},
	{"client_secret", text, derived},
	{"client_name", text, echoed},
	{"client_uri", text, echoed},
	{"logo_uri", text, stored},
	{"scope", text, derived},
	{"contacts", texts, ignored},
	{"tos_uri", text, stored},
	{"policy_uri", text, stored},
	{"jwks_uri", text, echoed},
	{"jwks", keySet, echoed},
	{"sector_identifier_uri", text, echoed}, // the server fetches it first; a sandbox goes nowhere
	{"subject_type", text, derived},
	{"id_token_signed_response_alg", text, echoed},
	{"id_token_encrypted_response_alg", text, echoed},
	{"id_token_encrypted_response_enc", text, echoed},
	{"userinfo_signed_response_alg", text, echoed},
	{"userinfo_encrypted_response_alg", text, echoed},
	{"userinfo_encrypted_response_enc", text, echoed},
	{"request_object_signing_alg", text, echoed},
	{"request_object_encryption_alg", text, echoed},
	{"request_object_encryption_enc", text, echoed},
	{"default_max_age", number, ignored},
	{"require_auth_time", flag, ignored},
	{"default_acr_values", texts, echoed},
	{"initiate_login_uri", text, ignored},
	{"request_uris", texts, derived},
	{"tls_client_certificate_bound_access_tokens", flag, derived},
	{"tls_client_auth_subject_dn", text, echoed},
	{"dpop_bound_access_tokens", flag, derived},
	{"post_logout_redirect_uris", texts, derived},
	{"software_id", text, ignored},
	{"software_version", text, ignored},
	{"client_id_issued_at", number, derived},
	{"client_secret_expires_at", number, derived},
	{"registration_client_uri", text, derived},
	{"registration_access_token", text, derived},
	{"backchannel_logout_uri", text, echoed},
	{"backchannel_logout_session_required", flag, derived},
	{"backchannel_logout_revoke_offline_tokens", flag, stored},
	{"backchannel_token_delivery_mode", text, echoed},
	{"backchannel_client_notification_endpoint", text, echoed},
	{"backchannel_authentication_request_signing_alg", text, echoed},
	{"authorization_signed_response_alg", text, echoed},
	{"authorization_encrypted_response_alg", text, echoed},
	{"authorization_encrypted_response_enc", text, echoed},
	{"require_pushed_authorization_requests", flag, derived},
	{"frontchannel_logout_uri", text, echoed},
	{"frontchannel_logout_session_required", flag, derived},
}

var kinds = func() map[string]kind {
	byName := make(map[string]kind, len(members))
	for _, m := range members {
		byName[m.name] = m.kind
	}
	return byName
}()

// representation is the client metadata of an answer. It is written in the order
// of members, whatever order it was put together in.
type representation map[string]any

// MarshalJSON writes the members in the server's order.
func (m representation) MarshalJSON() ([]byte, error) {
	var buf bytes.Buffer
	buf.WriteByte('{')
	for _, known := range members {
		value, ok := m[known.name]
		if !ok {
			continue
		}
		if buf.Len() > 1 {
			buf.WriteByte(',')
		}
		encoded, err := encodeJSON(value)
		if err != nil {
			return nil, err
		}
		buf.WriteString(`"` + known.name + `":`)
		buf.Write(encoded)
	}
	buf.WriteByte('}')
	return buf.Bytes(), nil
}

// Interface guards
var _ json.Marshaler = representation(nil)
