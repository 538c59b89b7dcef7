package upstream

import (
	"maps"
	"slices"
	"strings"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/internal/smart"
)

// keycloak is Keycloak's client registration service, provider openid-connect,
// as measured on 24.0.5, 26.0.8, 26.5.0 and 26.7.5.
var keycloak = &Dialect{
	Name:      "keycloak",
	Free:      []string{"openid"},
	RollsBack: true, // one transaction a request
	refuse:    refuseKeycloak,
	returned: without(keycloakKnows, `
		contacts logo_uri policy_uri tos_uri software_id software_version
		application_type default_max_age require_auth_time initiate_login_uri backchannel_logout_session_required`),
	Quirks: []Quirk{
		{
			Name: "unknown_members", Versions: "all", Evidence: "lang_tag",
			Effect: "members that Keycloak does not know are not sent: it refuses the whole document for one",
			out:    dropUnknown,
		},
		{
			Name: "openid_scope", Versions: "all", Evidence: "scope:openid",
			Effect: "openid is not sent, since it is no client scope and Keycloak refuses it, and is put back into the answer",
			out:    dropOpenID, in: restoreOpenID,
		},
		{
			Name: "jwk_use", Versions: "all", Evidence: "pkjwt_jwks_nouse",
			Effect: "a key without use is sent with use sig: Keycloak ignores it otherwise",
			out:    completeKeyUse,
		},
		{
			Name: "service_redirects", Versions: "up to 26.0", Evidence: "grant:client_credentials",
			Effect: "redirect URIs of a client that has client_credentials alone are not sent: Keycloak leaves its code flow on, " +
				"and somebody could sign in to it",
			out: dropServiceRedirects,
		},
		{
			Name: "service_code_flow", Versions: "up to 26.0", Evidence: "grant:client_credentials",
			Effect: "a client that has client_credentials alone is registered with the code flow too: that cannot be prevented, " +
				"the answer says so, and without redirect URIs nobody can sign in to it; an update that repeats it does not ask for it",
			excuses: excuseCodeFlow, asked: dropCodeFlow,
		},
		{
			Name: "grants_echo", Versions: "up to 26.0", Evidence: "grant:password",
			Effect: "grants other than authorization_code, refresh_token and client_credentials are not in the answer, whether " +
				"registered or not: the client is read",
			doubts: doubtGrants,
		},
		{
			Name: "response_type_none", Versions: "all", Evidence: "minimal",
			Effect: "none, which Keycloak adds to code, is left out of the answer",
			in:     dropNone,
		},
		{
			Name: "missing_echoes", Versions: "all", Evidence: "all_meta",
			Effect: "logo_uri, policy_uri and tos_uri, which Keycloak stores and does not return, are put into the answer",
			in:     restoreEchoes,
		},
		{
			Name: "logout_session_echo", Versions: "all", Evidence: "logout_session",
			Effect: "backchannel_logout_session_required, for which Keycloak returns backchannel_logout_revoke_offline_tokens, " +
				"is answered as registered",
			in: restoreLogoutSession,
		},
		{
			Name: "client_secret_post_echo", Versions: "up to 26.5", Evidence: "auth_method:client_secret_post",
			Effect: "client_secret_post, which Keycloak accepts and returns as client_secret_basic, is answered as registered",
			in:     restoreSecretPost,
		},
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

func dropUnknown(m *registration.Metadata) bool {
	before := m.Len()
	for i := 0; i < m.Len(); {
		if name := m.Members()[i].Name; !keycloakKnows[name] {
			m.Delete(name)
			continue
		}
		i++
	}
	return m.Len() < before
}

func dropOpenID(m *registration.Metadata) bool {
	tokens := smart.Split(m.String("scope"))
	kept := slices.DeleteFunc(slices.Clone(tokens), func(t string) bool { return t == "openid" })
	if len(kept) == len(tokens) {
		return false
	}
	m.Set("scope", smart.Join(kept))
	return true
}

func restoreOpenID(registered, decided *registration.Metadata) bool {
	if decided == nil || !slices.Contains(smart.Split(decided.String("scope")), "openid") {
		return false
	}
	registered.Set("scope", smart.Join(smart.Split("openid "+registered.String("scope"))))
	return true
}

func dropServiceRedirects(m *registration.Metadata) bool {
	grants, _ := m.Strings("grant_types")
	other := func(grant string) bool { return grant != "client_credentials" }
	if len(grants) == 0 || slices.ContainsFunc(grants, other) {
		return false
	}
	dropped := m.Delete("redirect_uris")
	return m.Delete("post_logout_redirect_uris") || dropped
}

// excuseCodeFlow: the service has its grant, and the code flow beside it.
func excuseCodeFlow(member string, decided, registered *registration.Metadata) bool {
	granted := map[string]string{"grant_types": "authorization_code", "response_types": "code"}[member]
	asked, _ := decided.Strings("grant_types")
	if granted == "" || !slices.Equal(asked, []string{"client_credentials"}) {
		return false
	}
	is, _ := registered.Strings(member)
	wanted, _ := decided.Strings(member)
	return slices.Contains(is, granted) && sameSet(is, append([]string{granted}, wanted...))
}

// dropCodeFlow: a service that sends back what it has read has the code flow in its
// document, for which it has no redirect URI.
func dropCodeFlow(asked, registered *registration.Metadata) bool {
	grants, _ := asked.Strings("grant_types")
	has, _ := registered.Strings("grant_types")
	repeats := len(grants) == 2 && slices.Contains(grants, "client_credentials") && slices.Contains(grants, "authorization_code") &&
		sameSet(grants, has)
	if uris, _ := registered.Get("redirect_uris"); !repeats || !empty(uris) {
		return false
	}
	if uris, _ := asked.Get("redirect_uris"); !empty(uris) {
		return false
	}
	asked.SetStrings("grant_types", []string{"client_credentials"})
	asked.SetStrings("response_types", nil)
	return true
}

func doubtGrants(decided *registration.Metadata) bool {
	told := []string{"authorization_code", "refresh_token", "client_credentials"}
	grants, _ := decided.Strings("grant_types")
	return slices.ContainsFunc(grants, func(grant string) bool { return !slices.Contains(told, grant) })
}

func completeKeyUse(m *registration.Metadata) bool {
	set := m.Object("jwks")
	lacksUse := func(key *registration.Metadata) bool { return !key.Has("use") }
	if set == nil || !slices.ContainsFunc(registration.Keys(set), lacksUse) {
		return false
	}
	set = set.Clone() // the decided document keeps its own
	for _, key := range registration.Keys(set) {
		if lacksUse(key) {
			key.Set("use", "sig")
		}
	}
	m.Set("jwks", set)
	return true
}

func dropNone(registered, _ *registration.Metadata) bool {
	types, _ := registered.Strings("response_types")
	kept := slices.DeleteFunc(slices.Clone(types), func(t string) bool { return t == "none" })
	if len(kept) == len(types) {
		return false
	}
	registered.SetStrings("response_types", kept)
	return true
}

func restoreEchoes(registered, decided *registration.Metadata) bool {
	fired := false
	for _, name := range []string{"logo_uri", "policy_uri", "tos_uri"} {
		if decided == nil || !decided.Has(name) || registered.Has(name) {
			continue
		}
		v, _ := decided.Get(name)
		registered.Set(name, v)
		fired = true
	}
	return fired
}

func restoreLogoutSession(registered, decided *registration.Metadata) bool {
	const member = "backchannel_logout_session_required"
	if decided == nil || !decided.Has(member) {
		return false // what is registered is not known
	}
	said, _ := registered.Get(member)
	truth, _ := decided.Get(member)
	registered.Set(member, truth)
	return said != truth
}

func restoreSecretPost(registered, decided *registration.Metadata) bool {
	const member = "token_endpoint_auth_method"
	if decided == nil || decided.String(member) != "client_secret_post" || registered.String(member) != "client_secret_basic" {
		return false
	}
	registered.Set(member, "client_secret_post")
	return true
}
