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
	{Members: []string{"grant_types"}, Wider: "a grant type that is not there yet", check: (*update).moreValues},
	{Members: []string{"response_types"}, Wider: "a response type that is not there yet", check: (*update).moreValues},
	{
		Members: []string{"redirect_uris", "post_logout_redirect_uris"},
		Wider:   "a URI at an origin (scheme, host and port) that neither of the two lists has yet",
		check:   (*update).otherRedirects,
	},
	{Members: []string{"scope"}, Wider: "a scope that none of the registered ones covers, even if the policy would strip it", check: (*update).moreScopes},
	{
		Members: []string{"token_endpoint_auth_method"},
		Wider:   "a weaker method: from a key to a secret, from a secret to `none`, or to one of which nothing is known",
		check:   (*update).weakerMethod,
	},
	{Members: []string{"application_type"}, Wider: "`native` where it is `web`: native apps may have redirect URIs that web apps may not", check: (*update).turnsNative},
	{
		Members: []string{
			"id_token_signed_response_alg", "userinfo_signed_response_alg", "authorization_signed_response_alg",
			"request_object_signing_alg", "token_endpoint_auth_signing_alg", "backchannel_authentication_request_signing_alg",
		},
		Wider: "a weaker signature: from a key to a secret, from either to none or to whatever comes",
		check: (*update).weakerSignature,
	},
	{
		Members: []string{
			"id_token_encrypted_response_alg", "id_token_encrypted_response_enc", "userinfo_encrypted_response_alg",
			"userinfo_encrypted_response_enc", "authorization_encrypted_response_alg", "authorization_encrypted_response_enc",
			"request_object_encryption_alg", "request_object_encryption_enc",
		},
		Wider: "no encryption where there is some, and `RSA1_5` instead of something better",
		check: (*update).weakerEncryption,
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
			"default_acr_values", "software_id", "backchannel_token_delivery_mode", "tls_client_auth_subject_dn",
			"tls_client_auth_san_dns", "tls_client_auth_san_uri", "tls_client_auth_san_ip", "tls_client_auth_san_email",
		},
		Wider: "another value than the one that is there",
		check: (*update).another,
	},
	{
		Members: []string{
			"jwks_uri", "request_uris", "sector_identifier_uri", "initiate_login_uri", "frontchannel_logout_uri",
			"backchannel_logout_uri", "backchannel_client_notification_endpoint",
			"client_uri", "logo_uri", "policy_uri", "tos_uri",
		},
		Wider: "a URI at an origin that neither the member nor `redirect_uris`, `post_logout_redirect_uris` or `client_uri` has yet",
		check: (*update).elsewhere,
	},
	{Members: []string{"client_name", "contacts", "software_version", "jwks"}},
}

// update is a change of a registration.
type update struct {
	registered, asked *Metadata
	wanted            string // the scope that was asked for
	// unknown tells of a member that it may be registered although the server
	// does not say so.
	unknown func(member string) bool

	redirects []string // origins that users are sent to
	origins   []string // these and that of client_uri
}

// widening returns a violation for each respect in which an update goes beyond
// what is registered now.
func (p *Policy) widening(registered, asked *Metadata, wanted string) []Violation {
	u := &update{registered: registered, asked: asked, wanted: wanted, unknown: p.config.Unreturned}
	u.redirects = originsOf(slices.Concat(stringsOf(registered, "redirect_uris"), stringsOf(registered, "post_logout_redirect_uris")))
	u.origins = slices.Concat(u.redirects, originsOf([]string{registered.String("client_uri")}))
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
	for _, v := range p.widening(decided, registered, "") {
		member, _, _ := strings.Cut(strings.TrimPrefix(v.Pointer, "/"), "/")
		if p.config.Unreturned != nil && p.config.Unreturned(registration.BaseName(member)) || slices.Contains(members, member) {
			continue
		}
		members = append(members, member)
	}
	return members
}

// spellings are the member and those of its spellings with a language tag (RFC
// 7591 section 2.2) that were asked for. A member that the server may have and
// does not tell of is left out: nothing is known of it, and the policy judges it
// as it does a new one.
func (u *update) spellings(member string) []string {
	if u.unknown != nil && u.unknown(member) && !u.registered.Has(member) {
		return nil
	}
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

func (u *update) moreValues(member string) []Violation {
	has := stringsOf(u.registered, member)
	if member == "response_types" && !u.registered.Has(member) {
		has, _ = registration.AsStrings(responseTypesOf(stringsOf(u.registered, "grant_types")))
	}
	var vs []Violation
	for i, value := range stringsOf(u.asked, member) {
		if !slices.Contains(has, value) {
			vs = append(vs, wider("an update may not add to this member", value, has, member, index(i)))
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
