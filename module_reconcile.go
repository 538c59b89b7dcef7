package smartregistration

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// Reconcile is what is done about a registration that came out otherwise than was
// decided.
type Reconcile struct {
	// OnMismatch is what happens where a member that matters for security came
	// out otherwise: correct replaces the registration by what was decided, with
	// the token that the server has just issued, and where what the client has
	// then is not plainly within that, deletes a new client and puts an update
	// back, with 502; reject does so at once; warn tells the caller and the log
	// what is registered. Default: correct
	OnMismatch string `json:"on_mismatch,omitempty"`

	// ReadBack is when a client is read after it was registered or updated, at
	// the cost of an exchange: never, when_needed (where the server is known to
	// answer otherwise than it has registered) or always. Default: when_needed
	ReadBack string `json:"read_back,omitempty"`

	// SecurityMembers are the members that matter for security. Others are told
	// as they are registered. Default: grant_types, response_types, redirect_uris,
	// post_logout_redirect_uris, scope, token_endpoint_auth_method,
	// token_endpoint_auth_signing_alg, jwks, jwks_uri, request_uris, subject_type,
	// id_token_signed_response_alg, request_object_signing_alg,
	// require_pushed_authorization_requests, dpop_bound_access_tokens and
	// tls_client_certificate_bound_access_tokens
	SecurityMembers []string `json:"security_members,omitempty"`
}

// securityMembers decide about what a client can do, and who can be it.
var securityMembers = []string{
	"grant_types", "response_types", "redirect_uris", "post_logout_redirect_uris", "scope", "token_endpoint_auth_method",
	"token_endpoint_auth_signing_alg", "jwks", "jwks_uri", "request_uris", "subject_type", "id_token_signed_response_alg",
	"request_object_signing_alg", "require_pushed_authorization_requests", "dpop_bound_access_tokens",
	"tls_client_certificate_bound_access_tokens",
}

func (r *Reconcile) onMismatch() string {
	if r == nil {
		return "correct"
	}
	return cmp.Or(r.OnMismatch, "correct")
}

func (r *Reconcile) readBack() string {
	if r == nil {
		return "when_needed"
	}
	return cmp.Or(r.ReadBack, "when_needed")
}

func (h *Handler) provisionReconcile(caddy.Context) error {
	h.securityMembers = securityMembers
	if h.Reconcile != nil && h.Reconcile.SecurityMembers != nil {
		h.securityMembers = h.Reconcile.SecurityMembers
	}
	return nil
}

func (r *Reconcile) check() []fault {
	if r == nil {
		return nil
	}
	faults := []fault{
		{"on_mismatch", oneOf("reconcile: on_mismatch", r.OnMismatch, "", "correct", "warn", "reject")},
		{"read_back", oneOf("reconcile: read_back", r.ReadBack, "", "never", "when_needed", "always")},
	}
	for _, member := range r.SecurityMembers {
		if registration.KindOf(member) == 0 || slices.Contains(registration.ServerSet, member) {
			faults = append(faults, fault{
				"security_members",
				fmt.Errorf("reconcile: security_members: %q is not client metadata that is registered", member),
			})
		}
	}
	return faults
}

// unmarshalReconcile sets up a Reconcile from tokens. Syntax:
//
//	reconcile {
//	    on_mismatch      correct|reject|warn
//	    read_back        never|when_needed|always
//	    security_members <members...>
//	}
func (h *Handler) unmarshalReconcile(d *caddyfile.Dispenser) error {
	h.Reconcile = new(Reconcile)
	return block(d, func(name string) error { return h.Reconcile.unmarshalSetting(d, name) }, h.Reconcile.check)
}

func (r *Reconcile) unmarshalSetting(d *caddyfile.Dispenser, name string) error {
	switch name {
	case "on_mismatch":
		return oneArg(d, &r.OnMismatch)
	case "read_back":
		return oneArg(d, &r.ReadBack)
	case "security_members":
		return someArgs(d, &r.SecurityMembers)
	default:
		return d.Errf("unrecognized subdirective %q of reconcile", name)
	}
}
