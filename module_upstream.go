package smartregistration

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/headers"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
	"go.uber.org/zap"

	"github.com/caddy-smart/smartregistration/internal/token"
	"github.com/caddy-smart/smartregistration/internal/upstream"
)

// UpstreamCredential is a credential of the gateway's own: one of the two.
type UpstreamCredential struct {
	// ClientCredentials gets access tokens from a token endpoint (RFC 6749
	// section 4.4). For Keycloak: a client with a service account that has the
	// role create-client of realm-management.
	ClientCredentials *ClientCredentials `json:"client_credentials,omitempty"`
	// Bearer is a token that is presented as it is.
	Bearer string `json:"bearer,omitempty"`
}

// ClientCredentials are a client's own, for a token endpoint. A token is fetched
// when it is first needed, kept, renewed before it expires, and renewed once
// when the server refuses it.
type ClientCredentials struct {
	// TokenEndpoint is the URL of the token endpoint. Required.
	TokenEndpoint string `json:"token_endpoint,omitempty"`
	// ClientID and ClientSecret identify the gateway, by HTTP Basic (RFC 6749
	// section 2.3.1). Required.
	ClientID     string `json:"client_id,omitempty"`
	ClientSecret string `json:"client_secret,omitempty"`
	// ClientSecretFile is a file to read the secret from at start, instead of
	// client_secret. A line break at its end is dropped.
	ClientSecretFile string `json:"client_secret_file,omitempty"`
	// Scope are the scopes to ask for. Default: none
	Scope []string `json:"scope,omitempty"`
}

func (h *Handler) provisionUpstream(ctx caddy.Context) error {
	if h.UpstreamRaw == nil {
		return errors.New("upstream: required: the addresses of the authorization server")
	}
	module, err := ctx.LoadModule(h, "UpstreamRaw")
	if err != nil {
		return fmt.Errorf("upstream: %w", err)
	}
	handler, ok := module.(caddyhttp.MiddlewareHandler)
	if !ok {
		return fmt.Errorf("upstream: %T is not an HTTP handler", module)
	}
	if err := h.provisionDialect(); err != nil {
		return err
	}
	h.server = &upstream.Upstream{Handler: handler, Timeout: time.Duration(h.Timeout)}
	for _, v := range []struct {
		name, from string
		to         *string
	}{
		{"upstream_path", h.UpstreamPath, &h.upstreamPath},
		{"upstream_host", h.UpstreamHost, &h.server.Host},
		{"public_url", h.PublicURL, &h.publicURL},
	} {
		if *v.to, err = resolve(v.name, v.from); err != nil {
			return err
		}
	}
	// What placeholders stood for is checked like what is written out.
	if err := errors.Join(checkPath("upstream_path", h.upstreamPath), checkHost(h.server.Host), checkPublicURL(h.publicURL)); err != nil {
		return err
	}
	h.publicURL = strings.TrimSuffix(h.publicURL, "/")
	if proxy, ok := handler.(*reverseproxy.Handler); ok {
		if err := checkAddresses(proxy.Upstreams); err != nil {
			return err
		}
		pinHost(proxy, h.server.Host)
		sendAtOnce(proxy)
	}
	return nil
}

// checkAddresses refuses addresses that nothing can be sent to. reverse_proxy looks
// at them when there is a request, which also fills in what it alone knows.
func checkAddresses(upstreams reverseproxy.UpstreamPool) error {
	for _, to := range upstreams {
		dial, err := caddy.NewReplacer().ReplaceOrErr(to.Dial, true, false)
		if err != nil {
			return fmt.Errorf("upstream: %w", err)
		}
		if isPlaceholder(dial) {
			continue
		}
		address, err := caddy.ParseNetworkAddress(dial)
		if err != nil {
			return fmt.Errorf("upstream %q: %w", to.Dial, err)
		}
		// The scheme of a URL would be taken for the name of a network.
		hasOnePort := address.StartPort != 0 && address.PortRangeSize() == 1 && !strings.Contains(dial, "://")
		if !hasOnePort && !address.IsUnixNetwork() && !address.IsFdNetwork() {
			return fmt.Errorf("upstream %q: %q must be a host with one port", to.Dial, dial)
		}
	}
	return nil
}

// pinHost keeps reverse_proxy from replacing the Host header with the upstream's
// address, as its transport has it do for https upstreams: the issuer that Keycloak
// binds its tokens to follows this header. A header_up Host of the operator's stays.
// Where nobody sets headers there is nothing to keep, and no copy is made of them.
func pinHost(proxy *reverseproxy.Handler, host string) {
	transport, ok := proxy.Transport.(reverseproxy.RequestHeaderOpsTransport)
	if !ok || transport.RequestHeaderOps() == nil {
		return
	}
	if host == "" {
		host = "{http.request.hostport}"
	}
	if proxy.Headers == nil {
		proxy.Headers = new(headers.Handler)
	}
	if proxy.Headers.Request == nil {
		proxy.Headers.Request = new(headers.HeaderOps)
	}
	if proxy.Headers.Request.Set == nil {
		proxy.Headers.Request.Set = make(http.Header)
	}
	if proxy.Headers.Request.Set.Get("Host") == "" {
		proxy.Headers.Request.Set.Set("Host", host)
	}
}

// sendAtOnce has reverse_proxy know that it has the whole body: it is sent in one
// packet with its header then, instead of after it, which spares a system call on
// each side. A buffer of the operator's own stays.
func sendAtOnce(proxy *reverseproxy.Handler) {
	if proxy.RequestBuffers == 0 {
		proxy.RequestBuffers = upstream.MaxReply // more than a body ever is
	}
}

// check finds what is wrong as far as it is known yet.
func (c *UpstreamCredential) check() error {
	switch {
	case c == nil:
		return nil
	case (c.Bearer == "") == (c.ClientCredentials == nil):
		return errors.New("exactly one of client_credentials and bearer is needed")
	case c.ClientCredentials == nil && !isPlaceholder(c.Bearer):
		return checkBearer(c.Bearer)
	case c.ClientCredentials == nil:
		return nil
	}
	return errorOf(c.ClientCredentials.check())
}

// checkBearer does not repeat the token.
func checkBearer(bearer string) error {
	if !token.IsB64Token(bearer) {
		return errors.New("bearer must be a token and nothing else: letters, digits and -._~+/=, and no Bearer before it (RFC 6750 section 2.1)")
	}
	return nil
}

func (c *ClientCredentials) check() []fault {
	const block = "client_credentials"
	var faults []fault
	if (c.ClientSecret == "") == (c.ClientSecretFile == "") {
		faults = append(faults, fault{block, errors.New("exactly one of client_secret and client_secret_file is needed")})
	}
	if c.ClientID == "" {
		faults = append(faults, fault{block, errors.New("client_id is required")})
	}
	if c.TokenEndpoint == "" {
		faults = append(faults, fault{block, errors.New("token_endpoint is required")})
	} else if !isPlaceholder(c.TokenEndpoint) {
		if _, err := parseHTTPURL(c.TokenEndpoint); err != nil {
			faults = append(faults, fault{"token_endpoint", fmt.Errorf("token_endpoint: %w", err)})
		}
	}
	return faults
}

func (h *Handler) provisionCredential(caddy.Context) error {
	c := h.UpstreamCredential
	if err := c.check(); err != nil {
		return fmt.Errorf("upstream_credential: %w", err)
	}
	switch {
	case c == nil:
		return nil
	case c.ClientCredentials == nil:
		bearer, err := resolve("upstream_credential: bearer", c.Bearer)
		if err != nil {
			return err
		}
		h.credential = upstream.Bearer(bearer)
		return checkBearer(bearer)
	}
	config, err := c.ClientCredentials.resolved()
	if err != nil {
		return fmt.Errorf("upstream_credential: client_credentials: %w", err)
	}
	if err := h.checkURL("upstream_credential: token_endpoint", config.TokenEndpoint); err != nil {
		return err
	}
	h.credential = upstream.NewClientCredentials(config.TokenEndpoint, config.ClientID, config.ClientSecret, config.Scope)
	return nil
}

// resolved is a copy with placeholders replaced and the secret read. The
// configured values stay as they are: they are printed by the admin API.
func (c ClientCredentials) resolved() (ClientCredentials, error) {
	var err error
	for _, v := range []struct {
		name string
		at   *string
	}{
		{"token_endpoint", &c.TokenEndpoint},
		{"client_id", &c.ClientID},
		{"client_secret", &c.ClientSecret},
		{"client_secret_file", &c.ClientSecretFile},
	} {
		if *v.at, err = resolve(v.name, *v.at); err != nil {
			return c, err
		}
	}
	if c.ClientSecretFile != "" {
		content, err := os.ReadFile(c.ClientSecretFile)
		if err != nil {
			return c, fmt.Errorf("client_secret_file: %w", err)
		}
		c.ClientSecret = strings.TrimRight(string(content), "\r\n")
	}
	if c.ClientSecret == "" {
		return c, errors.New("the client secret is empty")
	}
	return c, nil
}

// resolve replaces placeholders that are known at start. One that is unknown or
// empty is an error: an unreadable {file.*} must not become an empty secret.
func resolve(name, value string) (string, error) {
	if !strings.Contains(value, "{") {
		return value, nil
	}
	resolved, err := caddy.NewReplacer().ReplaceOrErr(value, true, true)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	// What {file.*} reads ends in the file's line break.
	return strings.TrimRight(resolved, "\r\n"), nil
}

// checkURL accepts https, and http with a warning where it leaves the machine.
func (h *Handler) checkURL(name, value string) error {
	u, err := parseHTTPURL(value)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		h.log.Warn("an address without TLS is trusted", zap.String("setting", name), zap.String("host", u.Host))
	}
	return nil
}
