package smartregistration

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/caddy-smart/smartregistration/internal/token"
	"github.com/caddy-smart/smartregistration/policy"
)

// fault is what is wrong about a setting; nothing, if the error is nil.
type fault struct {
	setting string // as it is called in a Caddyfile
	err     error
}

// errorOf is all that is wrong.
func errorOf(faults []fault) error {
	errs := make([]error, len(faults))
	for i, f := range faults {
		errs[i] = f.err
	}
	return errors.Join(errs...)
}

// Validate checks the settings against each other.
func (h *Handler) Validate() error { return errorOf(h.checkSettings()) }

// checkSettings finds what can be found without reading anything: it runs when a
// Caddyfile is adapted, where an error still has a line, and again by Validate,
// for configurations that were written in JSON. It names all that is wrong.
func (h *Handler) checkSettings() []fault {
	return slices.Concat(
		[]fault{
			{"path", h.checkPublicPath()},
			{"upstream_path", checkPath("upstream_path", h.UpstreamPath)},
			{"upstream_host", checkHost(h.UpstreamHost)},
			{"public_url", checkPublicURL(h.PublicURL)},
			{"management", oneOf("management", h.Management, "off", "read", "full")},
			{"widening", h.checkWidening()},
			{"read_only", oneOf("read_only", h.ReadOnly, "", string(policy.ReadOnlyEqual), string(policy.ReadOnlyStrict))},
			{"policy", h.Policy.check("policy")},
			{"shadow", h.Shadow.check("shadow")},
			{"built_in", policy.BuiltIn{Off: h.BuiltIn.Off}.Validate()},
			{"explain", oneOf("explain", h.Explain, "", "full", "brief", "none")},
			{"cors", h.checkCORS()},
		},
		h.Offered.check(),
		h.Reconcile.check(),
		h.checkDialect(),
		h.checkLimits(),
		h.checkTokens(),
		h.checkCredential(),
	)
}

func (h *Handler) checkPublicPath() error {
	if isPlaceholder(h.Path) {
		return fmt.Errorf("path %q cannot have placeholders: it is compared as it is written", h.Path)
	}
	return checkPath("path", h.Path)
}

// checkPath accepts a path that is compared and sent as it is written.
func checkPath(name, path string) error {
	switch {
	case path == "":
		return fmt.Errorf("%s is required", name)
	case isPlaceholder(path):
		return nil
	case !strings.HasPrefix(path, "/"), strings.HasSuffix(path, "/"), strings.Contains(path, "//"):
		return fmt.Errorf("%s %q must begin with a slash and have no empty segment", name, path)
	}
	u := url.URL{Path: path}
	if u.EscapedPath() != path || strings.ContainsAny(path, ";*") {
		return fmt.Errorf("%s %q has characters that a path here may not have", name, path)
	}
	if hasDotSegments(path) {
		return fmt.Errorf("%s %q has dot segments", name, path)
	}
	return nil
}

func hasDotSegments(path string) bool {
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

func checkHost(host string) error {
	if host == "" || isPlaceholder(host) {
		return nil
	}
	u, err := url.Parse("http://" + host)
	if !isHost(host) || err != nil || u.Hostname() == "" || strings.HasSuffix(host, ":") || !isPort(u.Port()) {
		return fmt.Errorf("upstream_host %q must be a host, with a port or without", host)
	}
	return nil
}

func checkPublicURL(s string) error {
	if s == "" || isPlaceholder(s) {
		return nil
	}
	u, err := parseHTTPURL(s)
	if err != nil {
		return fmt.Errorf("public_url: %w", err)
	}
	if u.RawQuery != "" || u.ForceQuery {
		return fmt.Errorf("public_url %q has a query", s)
	}
	if hasDotSegments(u.Path) {
		return fmt.Errorf("public_url %q has dot segments", s)
	}
	return nil
}

func oneOf(name, value string, allowed ...string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return fmt.Errorf("%s is %q, must be one of: %s", name, value, strings.TrimSpace(strings.Join(allowed, " ")))
}

func (h *Handler) checkLimits() []fault {
	var faults []fault
	if h.SuccessStatus != http.StatusCreated && h.SuccessStatus != http.StatusOK {
		faults = append(faults, fault{"success_status", fmt.Errorf("success_status is %d, must be 201 or 200", h.SuccessStatus)})
	}
	if h.MaxBody < 1 || h.MaxBody > maxMaxBody {
		faults = append(faults, fault{"max_body", fmt.Errorf("max_body is %d, must be between 1 byte and 1 GiB", h.MaxBody)})
	}
	if h.Timeout < 0 {
		faults = append(faults, fault{"timeout", errors.New("timeout is negative")})
	}
	return faults
}

func (h *Handler) checkTokens() []fault {
	const setting = "initial_access_token"
	if len(h.InitialAccessToken) == 0 {
		return []fault{{setting, errors.New("initial_access_token is required: passthrough, jwt, or open")}}
	}
	var faults []fault
	seen := map[string]bool{}
	for _, t := range h.InitialAccessToken {
		if seen[t.Kind] && t.Kind != string(token.KindJWT) {
			faults = append(faults, fault{setting, fmt.Errorf("initial_access_token %s is there twice", t.Kind)})
		}
		seen[t.Kind] = true
		if err := t.check(h.Dialect); err != nil {
			faults = append(faults, fault{setting, fmt.Errorf("initial_access_token %s: %w", t.Kind, err)})
		}
		if t.Kind == string(token.KindPassthrough) {
			faults = append(faults, fault{setting, h.checkIssuer(t.Issuer)})
		}
	}
	return append(faults, fault{setting, h.checkTokenOrder()})
}

// checkIssuer: Keycloak takes initial access tokens of its own realm alone, whose
// issuer ends as the registration API's path begins.
func (h *Handler) checkIssuer(issuer string) error {
	before, _, standard := strings.Cut(h.UpstreamPath, "/clients-registrations/")
	i := strings.LastIndex(before, "/realms/")
	if h.Dialect != "keycloak" || issuer == "" || isPlaceholder(issuer+before) || !standard || i < 0 {
		return nil
	}
	if _, err := parseHTTPURL(issuer); err != nil || !strings.HasSuffix(issuer, before[i:]) {
		return fmt.Errorf("initial_access_token passthrough: issuer %q is not that of the realm in upstream_path: it must be a URL that ends in %s",
			issuer, before[i:])
	}
	return nil
}

// checkTokenOrder finds what is never asked. Who recognises a token decides about
// it, and what stands behind does not get to see it.
func (h *Handler) checkTokenOrder() error {
	var errs []error
	for i, first := range h.InitialAccessToken {
		for _, behind := range h.InitialAccessToken[i+1:] {
			if err := first.hides(behind, h.Dialect); err != nil {
				errs = append(errs, fmt.Errorf("initial_access_token: %w", err))
				break
			}
		}
	}
	return errors.Join(errs...)
}

// hides tells whether every token that another could admit is decided about here.
// open hides nothing and is never hidden: it is asked only where there is no token.
func (t InitialAccessToken) hides(behind InitialAccessToken, dialect string) error {
	jwt, generic := t.Kind == string(token.KindJWT), dialect == "generic"
	behindIsJWT, behindIsPassthrough := behind.Kind == string(token.KindJWT), behind.Kind == string(token.KindPassthrough)
	switch readsJWT := behindIsJWT || behindIsPassthrough && !generic; {
	case jwt && readsJWT && t.Issuer == "":
		return fmt.Errorf("a jwt without issuer decides about every JWT, and the %s behind it is never reached: write issuer, or put it last", behind.Kind)
	case jwt && readsJWT && t.Issuer == behind.Issuer:
		return fmt.Errorf("the jwt of issuer %q decides about all of its tokens, and the %s of the same issuer behind it is never reached", t.Issuer, behind.Kind)
	// Keycloak's tokens have a type of their own; other JWTs are left to the next.
	case t.Kind == string(token.KindPassthrough) && generic && behindIsJWT:
		return errors.New("passthrough takes every token with the dialect generic, and the jwt behind it is never reached: put it last")
	}
	return nil
}

// check: a policy is written in one place.
func (p *PolicyConfig) check(setting string) error {
	if p == nil || p.File == "" || p.MetadataPolicy == nil && p.Rules == nil && p.Profiles == nil && !p.Scopes.Written() {
		return nil
	}
	return fmt.Errorf("%s: the file has all of it: operators, rules, scopes and profiles", setting)
}

// check finds settings that are missing, or that mean nothing for the kind: a
// setting that does nothing is one that somebody relies on in vain.
func (t InitialAccessToken) check(dialect string) error {
	jwtOnly := t.Audience != nil || t.JWKS != "" || t.Secret != "" || t.Algorithms != nil ||
		t.Leeway != 0 || t.Expiry != "" || t.Type != "" || t.Claims != nil || t.Limits != nil
	switch token.Kind(t.Kind) {
	case token.KindJWT:
		return errorOf(t.checkJWT())
	case token.KindPassthrough:
		if jwtOnly {
			return errors.New("only issuer and allow_bearer can be set; the server judges its own tokens")
		}
		if dialect == "generic" && (t.AllowBearer || t.Issuer != "") {
			return errors.New("issuer and allow_bearer need the dialect keycloak: other servers' tokens are opaque")
		}
	case token.KindOpen:
		if jwtOnly || t.Issuer != "" || t.AllowBearer {
			return errors.New("nothing can be set: no token is asked for")
		}
	default:
		return errors.New("the kind must be passthrough, jwt or open")
	}
	return nil
}

func (t InitialAccessToken) checkJWT() []fault {
	faults := []fault{{"expiry", oneOf("expiry", t.Expiry, "", "required", "optional")}}
	if (t.JWKS == "") == (t.Secret == "") {
		faults = append(faults, fault{"jwt", errors.New("exactly one of jwks and secret is needed")})
	}
	if t.Issuer == "" && t.Secret == "" {
		faults = append(faults, fault{"jwt", errors.New("issuer is required with jwks")})
	}
	if len(t.Audience) == 0 && t.Secret == "" {
		faults = append(faults, fault{"jwt", errors.New("audience is required with jwks: a portal signs tokens for others too")})
	}
	if t.AllowBearer {
		faults = append(faults, fault{"jwt", errors.New("allow_bearer is for passthrough")})
	}
	if t.Leeway < 0 {
		faults = append(faults, fault{"leeway", errors.New("leeway is negative")})
	}
	for _, algorithm := range t.Algorithms {
		faults = append(faults, fault{"algorithms", oneOf("algorithms", algorithm, token.Algorithms(t.Secret != "")...)})
	}
	for _, limit := range slices.Sorted(maps.Keys(t.Limits)) {
		faults = append(faults, fault{"limits", oneOf("limits", limit, policy.Limits()...)})
		if t.Limits[limit] == "" {
			faults = append(faults, fault{"limits", fmt.Errorf("limits %s needs the name of a claim, or off", limit)})
		}
	}
	return append(faults, t.checkKeys()...)
}

// checkKeys finds what is wrong with an address or a secret that is written out.
func (t InitialAccessToken) checkKeys() []fault {
	var faults []fault
	if t.Secret != "" && !isPlaceholder(t.Secret) {
		_, err := token.StaticSecret([]byte(t.Secret))
		faults = append(faults, fault{"secret", err})
	}
	if strings.Contains(t.JWKS, "://") && !isPlaceholder(t.JWKS) {
		_, err := token.NewRemoteJWKS(t.JWKS, nil, nil, nil)
		faults = append(faults, fault{"jwks", err})
	}
	return faults
}

// checkCredential: a registration that a token of the server's own vouches for
// goes to the server with that token; any other needs one of ours.
func (h *Handler) checkCredential() []fault {
	const setting = "upstream_credential"
	needed := ""
	for _, t := range h.InitialAccessToken {
		if t.Kind == string(token.KindJWT) || t.Kind == string(token.KindOpen) {
			needed = t.Kind
		}
	}
	switch {
	case needed != "" && h.UpstreamCredential == nil:
		return []fault{{
			"initial_access_token",
			fmt.Errorf("upstream_credential is required with %s: the server does not know those callers", needed),
		}}
	case needed == "" && h.UpstreamCredential != nil:
		return []fault{{setting, errors.New("upstream_credential is never used with passthrough alone: the caller's token is")}}
	}
	if err := h.UpstreamCredential.check(); err != nil {
		return []fault{{setting, fmt.Errorf("upstream_credential: %w", err)}}
	}
	return nil
}

// warn points out what is allowed and seldom meant.
func (h *Handler) warn(ctx caddy.Context) {
	h.warnOfAccessLog(ctx)
	if strings.HasPrefix(h.publicURL, "https://") {
		return
	}
	server, ok := ctx.Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server)
	if !ok || len(server.TLSConnPolicies) > 0 {
		return
	}
	for _, address := range server.Listen {
		listen, err := caddy.ParseNetworkAddress(address)
		if err != nil || (!listen.IsUnixNetwork() && !loopback(listen.Host)) {
			h.log.Warn("tokens and secrets travel without TLS: give the site a certificate, bind it to loopback, " +
				"or set public_url to the https address of the proxy in front")
			return
		}
	}
}
