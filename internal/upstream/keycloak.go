package upstream

import (
	"maps"
	"strings"
)

// keycloak is Keycloak's client registration service, provider openid-connect. A
// bound of a range that lies between two of the versions it was measured on is
// where Keycloak's release notes and issues have the change.
var keycloak = &Dialect{
	Name:      "keycloak",
	Free:      []string{"openid"},
	RollsBack: true, // one transaction a request
	measured:  Versions{From: "24.0.5", Before: "26.8"},
	returned: without(keycloakKnows, `
		contacts logo_uri policy_uri tos_uri software_id software_version
		application_type default_max_age require_auth_time initiate_login_uri backchannel_logout_session_required`),
	Quirks: append(keycloakDocuments, keycloakRefusals...),
}

// keycloakDocuments are the quirks of what is registered.
var keycloakDocuments = []Quirk{
	{
		Name: "unordered_lists", Evidence: "redirect_dup_order",
		Effect: "lists and scopes, which Keycloak returns in the order of a hash table, are answered in the order of the request",
		in:     settleOrder, // first, as the order is still the server's
	},
	{
		Name: "software_statement", Evidence: "software_statement",
		Effect: "it is not sent: Keycloak takes it for a member that it does not know, and verifies none",
		out:    dropStatement,
	},
	{
		Name: "unknown_members", Evidence: "lang_tag",
		Effect: "members that Keycloak does not know are not sent: it refuses the whole document for one",
		out:    dropUnknown,
	},
	{
		Name: "empty_response_types", Evidence: "response_types:",
		Effect: "response_types that is empty is not sent: Keycloak takes it for absent, and reads it off the grants",
		out:    dropEmptyResponses,
	},
	{
		Name: "client_id_chosen", Evidence: "client_id_in_post", Prevented: true,
		Effect: "a new registration is sent without client_id, which Keycloak refuses even if it is empty",
	},
	{
		Name: "openid_scope", Evidence: "scope:openid",
		Effect: "openid is not sent, since it is no client scope and Keycloak refuses it, and is put back into the answer",
		out:    dropOpenID, in: restoreOpenID,
	},
	{
		Name: "scope_by_default", Evidence: "minimal", Prevented: true,
		Effect: "scope is always named: without it a client is given every optional scope of the realm",
	},
	{
		Name: "empty_scope", Versions: Versions{Before: "26"}, Evidence: "scope:", Open: true,
		Effect: "a client without any scope, or with openid alone, is refused: without scope it would be given all, so the caller " +
			"is told 400 by policy_forbidden",
	},
	{
		Name: "default_scope", Versions: Versions{Before: "26"}, Evidence: "scope:profile email", Open: true,
		Effect: "a scope that the realm gives every client (profile, email) cannot be registered: the caller is told 400 by " +
			"policy_forbidden",
	},
	{
		Name: "jwk_use", Evidence: "pkjwt_jwks_nouse",
		Effect: "a key without use is sent with use sig: Keycloak ignores it otherwise",
		out:    completeKeyUse,
	},
	{
		Name: "password_by_default", Versions: Versions{Before: "26.1"}, Evidence: "life_get", Prevented: true,
		Effect: "grant_types is always named: without it a client is given the password grant, and the answer hides it",
	},
	{
		Name: "service_redirects", Versions: Versions{Before: "26.1"}, Evidence: "grant:client_credentials",
		Effect: "redirect URIs of a client that has client_credentials alone are not sent: Keycloak leaves its code flow on, " +
			"and somebody could sign in to it",
		out: dropServiceRedirects,
	},
	{
		Name: "service_code_flow", Versions: Versions{Before: "26.1"}, Evidence: "grant:client_credentials",
		Effect: "a client that has client_credentials alone is registered with the code flow too: that cannot be prevented, " +
			"the answer says so, and without redirect URIs nobody can sign in to it; an update that repeats it does not ask for it",
		excuses: excuseCodeFlow, asked: dropCodeFlow, shows: showsCodeFlow,
	},
	{
		Name: "grants_echo", Versions: Versions{Before: "26.1"}, Evidence: "grant:password",
		Effect: "grants other than authorization_code, refresh_token and client_credentials are not in the answer, whether " +
			"registered or not: the client is read",
		doubts: doubtGrants,
	},
	{
		Name: "refresh_token_kept", Versions: Versions{Before: "26.1"}, Evidence: "put_fewer_grants", Open: true,
		Effect: "a grant that an update leaves out, refresh_token among them, is not taken away; the answer says so",
	},
	{
		Name: "kept_by_update", Evidence: "put_silent",
		Effect: "members that an update leaves out, most of which Keycloak keeps, are sent empty, and what stays behind empty is " +
			"left out of the answer",
		update: emptyLeftOut, in: dropEmptied,
	},
	{
		Name: "logout_uris_by_default", Evidence: "post_logout_empty",
		Effect:  "post_logout_redirect_uris that is empty does not keep Keycloak from taking the redirect URIs for them: the answer says so",
		excuses: excuseLogoutDefault,
	},
	{
		Name: "response_type_none", Evidence: "minimal",
		Effect: "none, which Keycloak adds to code, is left out of the answer",
		in:     dropNone,
	},
	{
		Name: "missing_echoes", Evidence: "all_meta",
		Effect: "logo_uri, policy_uri and tos_uri, which Keycloak stores and does not return, are put into the answer",
		in:     restoreEchoes,
	},
	{
		Name: "logout_session_echo", Evidence: "logout_session",
		Effect: "backchannel_logout_session_required, for which Keycloak returns backchannel_logout_revoke_offline_tokens, " +
			"is answered as registered",
		in: restoreLogoutSession,
	},
	{
		Name: "client_secret_post_echo", Versions: Versions{Before: "26.6"}, Evidence: "auth_method:client_secret_post",
		Effect: "client_secret_post, which Keycloak accepts and returns as client_secret_basic, is answered as registered",
		in:     restoreSecretPost, shows: showsSecretPost,
	},
}

// keycloakKnows are the members that OIDCClientRepresentation has, of those that
// a client may send.
var keycloakKnows = nameSet(`
	redirect_uris token_endpoint_auth_method token_endpoint_auth_signing_alg grant_types response_types
	application_type client_id client_name client_uri logo_uri scope contacts tos_uri policy_uri jwks_uri jwks
	sector_identifier_uri subject_type id_token_signed_response_alg id_token_encrypted_response_alg
	id_token_encrypted_response_enc userinfo_signed_response_alg userinfo_encrypted_response_alg
	userinfo_encrypted_response_enc request_object_signing_alg request_object_encryption_alg
	request_object_encryption_enc default_max_age require_auth_time default_acr_values initiate_login_uri
	request_uris tls_client_certificate_bound_access_tokens tls_client_auth_subject_dn
	post_logout_redirect_uris software_id software_version backchannel_logout_uri
	backchannel_logout_session_required backchannel_logout_revoke_offline_tokens
	backchannel_token_delivery_mode backchannel_client_notification_endpoint
	backchannel_authentication_request_signing_alg authorization_signed_response_alg
	authorization_encrypted_response_alg authorization_encrypted_response_enc
	require_pushed_authorization_requests frontchannel_logout_uri frontchannel_logout_session_required
	dpop_bound_access_tokens`)

func nameSet(names string) map[string]bool {
	set := make(map[string]bool)
	for name := range strings.FieldsSeq(names) {
		set[name] = true
	}
	return set
}

func without(set map[string]bool, names string) map[string]bool {
	rest := maps.Clone(set)
	for name := range strings.FieldsSeq(names) {
		delete(rest, name)
	}
	return rest
}
