package upstream

import "github.com/caddy-smart/smartregistration/internal/registration"

// keycloakKeeps are the members that Keycloak leaves as they are where an update
// does not name them. subject_type and some others it takes away by itself: to empty
// those could be an error.
var keycloakKeeps = nameSet(`
	redirect_uris client_name client_uri jwks_uri jwks default_acr_values
	id_token_signed_response_alg id_token_encrypted_response_alg id_token_encrypted_response_enc
	userinfo_signed_response_alg userinfo_encrypted_response_alg userinfo_encrypted_response_enc
	request_object_signing_alg request_uris tls_client_certificate_bound_access_tokens
	tls_client_auth_subject_dn dpop_bound_access_tokens require_pushed_authorization_requests
	post_logout_redirect_uris backchannel_token_delivery_mode
	backchannel_client_notification_endpoint backchannel_authentication_request_signing_alg`)

// keycloakHides are members that it keeps as well and does not return: whether the
// client has one is not known.
var keycloakHides = [...]string{"logo_uri", "policy_uri", "tos_uri"}

// emptyLeftOut empties what the client has and an update leaves out.
func emptyLeftOut(sent, registered *registration.Metadata) bool {
	before := sent.Len()
	for _, has := range registered.Members() {
		if keycloakKeeps[has.Name] && !empty(has.Value) && !sent.Has(has.Name) && !sent.Has(otherKeys[has.Name]) {
			sent.Set(has.Name, emptyValue(has.Name))
		}
	}
	for _, name := range keycloakHides {
		if !sent.Has(name) {
			sent.Set(name, "")
		}
	}
	return sent.Len() > before
}

// otherKeys is the member that takes another's place, and that it must not stand
// beside.
var otherKeys = map[string]string{"jwks": "jwks_uri", "jwks_uri": "jwks"}

// emptyValue is what Keycloak takes a member away for; null it takes for absent.
func emptyValue(member string) any {
	switch registration.KindOf(member) {
	case registration.KindStrings:
		return []any{}
	case registration.KindBool:
		return false
	case registration.KindKeys:
		none := registration.New()
		none.Set("keys", []any{})
		return none
	default:
		return ""
	}
}

// dropEmptied leaves out of the answer what Keycloak keeps as an empty value.
func dropEmptied(registered, decided *registration.Metadata) bool {
	before := registered.Len()
	for _, name := range [...]string{"client_name", "client_uri", "jwks"} {
		is, _ := registered.Get(name)
		if (decided == nil || !decided.Has(name)) && registration.Equal(is, emptyValue(name)) {
			registered.Delete(name)
		}
	}
	return registered.Len() < before
}

// excuseLogoutDefault: without post-logout redirect URIs Keycloak takes the redirect
// URIs for them, and none for a list that is empty.
func excuseLogoutDefault(member string, decided, registered *registration.Metadata) bool {
	if member != "post_logout_redirect_uris" {
		return false
	}
	wanted, _ := decided.Get(member)
	is, _ := registered.Get(member)
	return empty(wanted) && sameAs(registered, is, "redirect_uris")
}
