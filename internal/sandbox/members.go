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

// silence is what becomes of a member that an update does not name.
type silence int

const (
	gone silence = iota // removed (RFC 7592 section 2.2)
	kept                // it stays as it is
)

// member is one member of client metadata that the server knows.
type member struct {
	name    string
	kind    kind
	fate    fate
	silence silence
}

// members is every member that the server knows, in the order in which it writes
// them. Any other makes it refuse the request, although RFC 7591 section 2 says
// that unknown members are ignored.
var members = []member{
	{"redirect_uris", texts, derived, kept},
	{"token_endpoint_auth_method", text, derived, gone},
	{"token_endpoint_auth_signing_alg", text, echoed, gone},
	{"grant_types", texts, derived, kept},
	{"response_types", texts, derived, gone},
	{"application_type", text, ignored, gone},
	{"client_id", text, derived, gone},
	{"client_secret", text, derived, gone},
	{"client_name", text, echoed, kept},
	{"client_uri", text, echoed, kept},
	{"logo_uri", text, stored, kept},
	{"scope", text, derived, gone},
	{"contacts", texts, ignored, gone},
	{"tos_uri", text, stored, kept},
	{"policy_uri", text, stored, kept},
	{"jwks_uri", text, echoed, kept},
	{"jwks", keySet, echoed, kept},
	{"sector_identifier_uri", text, echoed, gone}, // the server fetches it first; a sandbox goes nowhere
	{"subject_type", text, derived, gone},
	{"id_token_signed_response_alg", text, echoed, gone},
	{"id_token_encrypted_response_alg", text, echoed, kept},
	{"id_token_encrypted_response_enc", text, echoed, kept},
	{"userinfo_signed_response_alg", text, echoed, kept},
	{"userinfo_encrypted_response_alg", text, echoed, kept},
	{"userinfo_encrypted_response_enc", text, echoed, kept},
	{"request_object_signing_alg", text, echoed, kept},
	{"request_object_encryption_alg", text, echoed, gone},
	{"request_object_encryption_enc", text, echoed, gone},
	{"default_max_age", number, ignored, gone},
	{"require_auth_time", flag, ignored, gone},
	{"default_acr_values", texts, echoed, kept},
	{"initiate_login_uri", text, ignored, gone},
	{"request_uris", texts, derived, kept},
	{"tls_client_certificate_bound_access_tokens", flag, derived, kept},
	{"tls_client_auth_subject_dn", text, echoed, kept},
	{"dpop_bound_access_tokens", flag, derived, kept},
	{"post_logout_redirect_uris", texts, derived, kept},
	{"software_id", text, ignored, gone},
	{"software_version", text, ignored, gone},
	{"client_id_issued_at", number, derived, gone},
	{"client_secret_expires_at", number, derived, gone},
	{"registration_client_uri", text, derived, gone},
	{"registration_access_token", text, derived, gone},
	{"backchannel_logout_uri", text, echoed, gone},
	{"backchannel_logout_session_required", flag, derived, gone},
	{"backchannel_logout_revoke_offline_tokens", flag, stored, gone},
	{"backchannel_token_delivery_mode", text, echoed, kept},
	{"backchannel_client_notification_endpoint", text, echoed, kept},
	{"backchannel_authentication_request_signing_alg", text, echoed, kept},
	{"authorization_signed_response_alg", text, echoed, gone},
	{"authorization_encrypted_response_alg", text, echoed, gone},
	{"authorization_encrypted_response_enc", text, echoed, gone},
	{"require_pushed_authorization_requests", flag, derived, kept},
	{"frontchannel_logout_uri", text, echoed, gone},
	{"frontchannel_logout_session_required", flag, derived, gone},
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
