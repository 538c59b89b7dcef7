package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/internal/smart"
)

// Widening says what is done about an update that goes beyond what the client
// has now. A registration access token proves that the caller is the client, not
// that somebody vouches for more than the client has. Keycloak itself lets it
// add system/*.rs (measured on 24.0.5 to 26.7.5).
type Widening string

// The answers to a widening.
const (
	// WideningRefuse refuses it. The default.
	WideningRefuse Widening = "refuse"
	// WideningAllow lets through what the policy lets through.
	WideningAllow Widening = "allow"
	// WideningAdmission refuses it unless somebody vouches for it anew
	// ([Request].Admission): then the update is judged as a registration is, with
	// the limits of who vouches.
	WideningAdmission Widening = "admission"
)

func (w Widening) validate() error {
	switch w {
	case "", WideningRefuse, WideningAllow, WideningAdmission:
		return nil
	}
	return fmt.Errorf("widening is %q, must be one of: %s %s %s", w, WideningRefuse, WideningAllow, WideningAdmission)
}

// asVouched is the request without an admission that does not count: on an update
// it does with [WideningAdmission] alone.
func (p *Policy) asVouched(r Request) Request {
	if r.Operation == Update && p.builtIn.Widening != WideningAdmission {
		r.Admission = nil
	}
	return r
}

// limit is what an update may not go beyond; nil where nothing limits it so.
func (p *Policy) limit(r Request) *Metadata {
	if r.Operation != Update || r.Admission != nil || p.builtIn.Widening == WideningAllow {
		return nil
	}
	return r.Registered
}

// checkVouched: what a profile gave for the sake of a token has to be held to on
// updates, where there is no token.
func (p *Policy) checkVouched() error {
	if p.builtIn.Widening != WideningAllow {
		return nil
	}
	for _, one := range p.profiles {
		if !one.matches.token.empty() {
			return fmt.Errorf("profile %s: match: token: an update has no token to match, so with widening %s anybody "+
				"could have what the profile gives", one.name, WideningAllow)
		}
	}
	return nil
}

// Bound is how far an update may go in some members.
type Bound struct {
	// Members are the members that it holds for, of those that are registered
	// client metadata. One with a language tag is its base's.
	Members []string
	// Wider says what counts as going beyond the registration; empty for members
	// that give a client nothing.
	Wider string

	check func(u *update, member string) []Violation
}

// Bounds are all of them: each registered member is in one.
func Bounds() []Bound { return slices.Clone(bounds) }

// bounds, in the order in which their violations are reported.
var bounds = []Bound{
	{Members: []string{"grant_types"}, Wider: "a grant type that is not there yet", check: (*update).moreGrants},
	{Members: []string{"response_types"}, Wider: "`code`, `token` or `id_token` where none of those that are there has it", check: (*update).moreResponses},
	{
		Members: []string{"redirect_uris"}, Wider: "a URI at an origin (scheme, host and port) that it does not have yet",
		check: (*update).otherRedirects,
	},
	{
		Members: []string{"post_logout_redirect_uris"}, Wider: "a URI at an origin that neither it nor `redirect_uris` has yet",
		check: (*update).otherRedirects,
	},
	{Members: []string{"scope"}, Wider: "a scope that none of the registered ones covers, even if the policy would strip it", check: (*update).moreScopes},
	{
		Members: []string{"token_endpoint_auth_method"},
		Wider: "a weaker method, in the order `none`, a secret that is sent, `client_secret_jwt`, a key, `tls_client_auth`; " +
			"another one than one of which nothing is known, and the reverse",
		check: (*update).weakerMethod,
	},
	{
		Members: []string{"application_type"},
		Wider: "`native` where it is `web`: native apps may have redirect URIs that web apps may not. Where the server does not " +
			"say what it is, an app without such a redirect URI is `web`",
		check: (*update).turnsNative,
	},
	{
		Members: []string{
			"id_token_signed_response_alg", "userinfo_signed_response_alg", "authorization_signed_response_alg",
			"request_object_signing_alg", "token_endpoint_auth_signing_alg", "backchannel_authentication_request_signing_alg",
		},
		Wider: "a weaker signature, in the order none or whatever comes, `HS`, `RS`, `PS` with `ES` and `EdDSA`; one of which nothing is known",
		check: (*update).weakerSignature,
	},
	{
		Members: []string{
			"id_token_encrypted_response_alg", "userinfo_encrypted_response_alg", "authorization_encrypted_response_alg",
			"request_object_encryption_alg",
		},
		Wider: "a weaker encryption, in the order none, `RSA1_5` with those of a shared key, `RSA-OAEP` with `ECDH-ES`; one of which nothing is known",
		check: (*update).weakerEncryption,
	},
	{
		Members: []string{
			"id_token_encrypted_response_enc", "userinfo_encrypted_response_enc", "authorization_encrypted_response_enc",
			"request_object_encryption_enc",
		},
		Wider: "none where there is one, and one that RFC 7518 does not have",
		check: (*update).otherEncryption,
	},
	{
		Members: []string{
			"require_pushed_authorization_requests", "dpop_bound_access_tokens", "tls_client_certificate_bound_access_tokens",
			"require_auth_time", "backchannel_logout_session_required", "frontchannel_logout_session_required",
			"backchannel_logout_revoke_offline_tokens",
		},
		Wider: "not `true` any more",
		check: (*update).takenOff,
	},
	{Members: []string{"subject_type"}, Wider: "not `pairwise` any more", check: (*update).notPairwise},
	{Members: []string{"default_max_age"}, Wider: "a longer time, or none at all where there is one", check: (*update).longer},
	{
		Members: []string{
			"default_acr_values", "tls_client_auth_subject_dn", "tls_client_auth_san_dns", "tls_client_auth_san_uri",
			"tls_client_auth_san_ip", "tls_client_auth_san_email",
		},
		Wider: "another value than the one that is there",
		check: (*update).another,
	},
	{
		Members: []string{"software_id"}, Wider: "another value than the one that is there, and one where the server would say that there is one",
		check: (*update).otherSoftware,
	},
	{Members: []string{"backchannel_token_delivery_mode"}, Wider: "another value than the one that is there; without one it is `poll`", check: (*update).otherDelivery},
	{
		Members: []string{
			"jwks_uri", "request_uris", "sector_identifier_uri", "initiate_login_uri", "frontchannel_logout_uri",
			"backchannel_logout_uri", "backchannel_client_notification_endpoint",
		},
		Wider: "a URI at an origin that neither the member nor `redirect_uris` has yet",
		check: (*update).otherEndpoint,
	},
	{
		Members: []string{"client_uri", "logo_uri", "policy_uri", "tos_uri"},
		Wider:   "a URI at an origin that neither `redirect_uris` nor any of the four has yet",
		check:   (*update).otherPage,
	},
	{Members: []string{"jwks"}, Wider: "keys in place of those at a `jwks_uri`", check: (*update).ownKeys},
	{Members: []string{"client_name", "contacts", "software_version"}},
}

// update is a change of a registration.
type update struct {
	registered, asked *Metadata
	wanted            string // the scope that was asked for
	operators         *MetadataPolicy
	// unknown tells of a member that it may be registered although the server
	// does not say so.
	unknown func(member string) bool
}

// widening returns a violation for each respect in which an update goes beyond
// what is registered now. What the server does not say is taken for not there: an
// address that nobody has seen may not be shown to users only because the server
// is silent about the one that it replaces.
func (u *update) widening() []Violation {
	var vs []Violation
	for _, bound := range bounds {
		if bound.check == nil {
			continue
		}
		for _, member := range bound.Members {
			for _, name := range u.spellings(member) {
				vs = append(vs, bound.check(u, name)...)
			}
		}
	}
	return vs
}

// Beyond are the members in which a registration goes beyond what was decided, as
// an update would: a server may have registered more than it was asked to. What
// the server does not return is left out.
func (p *Policy) Beyond(decided, registered *Metadata) []string {
	var members []string
	// A client may change its keys on an update, so that no bound is about them.
	// Keys that the server made up are somebody else's.
	if !decided.Has("jwks") && hasKeys(registered) {
		members = append(members, "jwks")
	}
	u := &update{registered: decided, asked: registered, unknown: p.config.Unreturned}
	for _, v := range u.widening() {
		member, _, _ := strings.Cut(strings.TrimPrefix(v.Pointer, "/"), "/")
		if p.config.Unreturned != nil && p.config.Unreturned(registration.BaseName(member)) || slices.Contains(members, member) {
			continue
		}
		members = append(members, member)
	}
	return members
}

// hasKeys tells of keys in a document, or of what stands in their place.
func hasKeys(m *Metadata) bool {
	v, _ := m.Get("jwks")
	set, isObject := v.(*Metadata)
	if !isObject {
		return v != nil
	}
	keys := registration.Keys(set)
	return keys == nil || len(keys) > 0
}

// spellings are the member and those of its spellings with a language tag (RFC
// 7591 section 2.2) that were asked for.
func (u *update) spellings(member string) []string {
	names := []string{member}
	for _, m := range u.asked.Members() {
		if m.Name != member && registration.BaseName(m.Name) == member {
			names = append(names, m.Name)
		}
	}
	return names
}

func wider(detail string, given any, allowed []string, pointer ...string) Violation {
	v := Violation{
		Rule: "widening", Pointer: registration.Pointer(pointer...), Detail: detail,
		Given: given, Allowed: allowed, Code: registration.InvalidClientMetadata,
	}
	if pointer[0] == "redirect_uris" {
		v.Code = registration.InvalidRedirectURI
	}
	return v
}

// registeredGrants are those that a client has: where the server names none, that
// of RFC 7591 section 2.
func (u *update) registeredGrants() []string {
	if !u.registered.Has("grant_types") {
		return []string{"authorization_code"}
	}
	return stringsOf(u.registered, "grant_types")
}

func (u *update) moreGrants(member string) []Violation {
	has := u.registeredGrants()
	var vs []Violation
	for i, grant := range stringsOf(u.asked, member) {
		if !slices.Contains(has, grant) {
			vs = append(vs, wider("an update may not add a grant type", grant, has, member, index(i)))
		}
	}
	return vs
}

// moreResponses compares what is handed out, since servers do not agree on which
// combinations they list: Keycloak names all that the client's flows can make, and
// not "token" alone.
func (u *update) moreResponses(member string) []Violation {
	has, there := u.registered.Strings(member)
	if !there {
		has, _ = registration.AsStrings(responseTypesOf(u.registeredGrants()))
	}
	parts := strings.Fields(strings.Join(has, " "))
	var vs []Violation
	for i, responseType := range stringsOf(u.asked, member) {
		for part := range strings.FieldsSeq(responseType) {
			if part != "none" && !slices.Contains(parts, part) {
				vs = append(vs, wider("an update may not add a response type", responseType, has, member, index(i)))
				break
			}
		}
	}
	return vs
}

func (u *update) moreScopes(member string) []Violation {
	tokens := smart.Split(u.wanted + " " + u.asked.String(member))
	if len(tokens) > 2*maxScopes {
		return nil // refused for their number already
	}
	has := smart.Split(u.registered.String(member))
	set := smart.NewSet(has)
	var vs []Violation
	for _, token := range tokens {
		if !set.Covers(smart.Parse(token)) {
			vs = append(vs, wider("an update may not add a scope", token, has, member))
		}
	}
	return vs
}
