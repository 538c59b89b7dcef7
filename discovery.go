package smartregistration

import (
	"net/url"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/caddy-smart/smartregistration/internal/discovery"
	"github.com/caddy-smart/smartregistration/internal/discovery/document"
	"github.com/caddy-smart/smartregistration/policy"
)

// publishCeiling lets smart_discovery on the same server narrow documents to what
// the policy in force can ever allow.
func (h *Handler) publishCeiling(ctx caddy.Context) error {
	server, ok := ctx.Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server)
	if !ok {
		return nil // no server: nobody asks
	}
	prefix := ""
	if u, err := url.Parse(h.publicURL); err == nil {
		prefix = u.Path
	}
	h.withdraw = discovery.Publish(server, prefix+h.Path, func() (string, document.Lists) {
		p := h.inForce.Load()
		return p.Digest(), advertised(p.Ceiling())
	})
	return nil
}

// Cleanup withdraws what was published.
func (h *Handler) Cleanup() error {
	if h.withdraw != nil {
		h.withdraw()
	}
	return nil
}

// advertised are the lists of a ceiling.
func advertised(c policy.Ceiling) document.Lists {
	lists := document.Lists{
		ScopesSupported: c.Scopes, GrantTypesSupported: c.GrantTypes, TokenEndpointAuthMethodsSupported: c.AuthMethods,
	}
	for _, needs := range capabilityNeeds {
		if !slices.ContainsFunc(slices.Concat(c.Scopes, c.AuthMethods), func(s string) bool {
			return slices.ContainsFunc(needs.oneOf, func(name string) bool {
				return s == name || strings.HasSuffix(name, "/") && strings.HasPrefix(s, name)
			})
		}) {
			lists.WithoutCapabilities = append(lists.WithoutCapabilities, needs.capability)
		}
	}
	return lists
}

// capabilityNeeds says which capabilities (SMART App Launch 2.2, "Capability
// Sets") no client has without one of some scopes or methods of client
// authentication. A name that ends in a slash stands for all that begin with it.
var capabilityNeeds = []struct {
	capability string
	oneOf      []string
}{
	{"client-public", []string{"none"}},
	{"client-confidential-symmetric", []string{"client_secret_basic", "client_secret_post", "client_secret_jwt"}},
	{"client-confidential-asymmetric", []string{"private_key_jwt"}},
	{"sso-openid-connect", []string{"openid"}},
	{"launch-ehr", []string{"launch"}},
	{"context-standalone-patient", []string{"launch/patient"}},
	{"context-standalone-encounter", []string{"launch/encounter"}},
	{"permission-offline", []string{"offline_access"}},
	{"permission-online", []string{"online_access"}},
	{"permission-patient", []string{"patient/"}},
	{"permission-user", []string{"user/"}},
}

// Interface guards
var _ caddy.CleanerUpper = (*Handler)(nil)
