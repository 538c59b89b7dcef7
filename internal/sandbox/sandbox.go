package sandbox

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"
)

func init() {
	caddy.RegisterModule(Sandbox{})
}

// Sandbox answers like the client registration API of a Keycloak realm, from
// memory. It is for trying the gateway and for tests, and says so in the log when
// it starts. It answers every request that reaches it.
type Sandbox struct {
	// The name of the realm, one path segment. Everything that is registered
	// belongs to this name and outlives a reload. Default: `sandbox`
	Realm string `json:"realm,omitempty"`

	// The address that the issuer, `Location` and `registration_client_uri`
	// start with, like Keycloak's `hostname`: an absolute http or https URL.
	// Placeholders are resolved at start. Default: what each request was sent
	// to, so that a token is only good under the host name it was issued under.
	Hostname string `json:"hostname,omitempty"`

	// Derives scheme and host from `X-Forwarded-Proto` and `X-Forwarded-Host`
	// when a request carries them, like Keycloak's `proxy-headers=xforwarded`.
	// Whoever can reach the sandbox is believed. Has no effect with `hostname`.
	// Default: false
	ProxyHeaders bool `json:"proxy_headers,omitempty"`

	// The optional client scopes of the realm. A client that names no scope is
	// given all of them; a scope that is neither here nor one of Keycloak's
	// realm defaults (`basic`, `profile`, `email`, `roles`, `web-origins`, `acr`)
	// is refused. Default: nine SMART scopes and Keycloak's own `address`,
	// `microprofile-jwt`, `offline_access`, `organization` and `phone`
	Scopes []string `json:"scopes,omitempty"`

	// A confidential client that may get an access token at the token endpoint
	// and register clients with it (role `create-client`), but read none.
	// Default: none
	ServiceAccount *ServiceAccount `json:"service_account,omitempty"`

	realm  *realm
	issues issuer
	secret string
	now    func() time.Time
}

// ServiceAccount names the client that may use the client credentials grant.
type ServiceAccount struct {
	// The client identifier. Required.
	ClientID string `json:"client_id"`

	// The client secret. Placeholders such as `{env.REGISTRAR_SECRET}` are
	// resolved at start. Required.
	ClientSecret string `json:"client_secret"`
}

// CaddyModule returns the Caddy module information.
func (Sandbox) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.smart_registration_sandbox",
		New: func() caddy.Module { return new(Sandbox) },
	}
}

// Provision sets the defaults, checks the configuration and takes hold of the
// realm's state.
func (s *Sandbox) Provision(ctx caddy.Context) error {
	if s.Realm == "" {
		s.Realm = "sandbox"
	}
	if url.PathEscape(s.Realm) != s.Realm || strings.Trim(s.Realm, ".") == "" {
		return fmt.Errorf("realm %q is not a plain path segment", s.Realm)
	}
	if len(s.Scopes) == 0 {
		s.Scopes = defaultOptionalScopes
	}
	for _, scope := range s.Scopes {
		if !isScopeToken(scope) {
			return fmt.Errorf("scope %q is not a scope token of RFC 6749 section 3.3", scope)
		}
	}
	if s.now == nil {
		s.now = time.Now
	}
	if err := s.resolve(); err != nil {
		return err
	}
	state, err := acquireRealm(s.Realm)
	if err != nil {
		return err
	}
	s.realm = state
	ctx.Logger().Warn("this is a sandbox, not an authorization server: it forgets everything when it stops and must not face a network",
		zap.String("realm", s.Realm))
	return nil
}

// resolve replaces placeholders. The results stay out of the exported fields,
// which Caddy prints when asked for its configuration.
func (s *Sandbox) resolve() error {
	repl := caddy.NewReplacer()
	hostname, err := repl.ReplaceOrErr(s.Hostname, true, true)
	if err != nil {
		return fmt.Errorf("hostname: %w", err)
	}
	s.issues = issuer{pinned: strings.TrimSuffix(hostname, "/"), forwarded: s.ProxyHeaders, realm: s.Realm}
	if hostname != "" {
		u, err := url.Parse(hostname)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			return fmt.Errorf("hostname %q is not an absolute http or https URL", s.Hostname)
		}
	}
	if s.ServiceAccount == nil {
		return nil
	}
	if s.ServiceAccount.ClientID == "" {
		return fmt.Errorf("service_account: client_id is missing")
	}
	s.secret, err = repl.ReplaceOrErr(s.ServiceAccount.ClientSecret, true, true)
	if err != nil {
		return fmt.Errorf("service_account: client_secret: %w", err)
	}
	// An empty secret would let everybody in who knows the name.
	if s.secret == "" {
		return fmt.Errorf("service_account: client_secret is empty")
	}
	return nil
}

// Cleanup lets go of the realm's state, which ends with its last holder. A
// handler whose Provision failed holds none.
func (s *Sandbox) Cleanup() error {
	if s.realm == nil {
		return nil
	}
	s.realm = nil
	return releaseRealm(s.Realm)
}

// Interface guards
var (
	_ caddy.Provisioner           = (*Sandbox)(nil)
	_ caddy.CleanerUpper          = (*Sandbox)(nil)
	_ caddyhttp.MiddlewareHandler = (*Sandbox)(nil)
)
