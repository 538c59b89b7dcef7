package smartregistration

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
	"go.uber.org/zap"

	_ "github.com/caddy-smart/smartregistration/internal/sandbox" // the directive smart_registration_sandbox
	"github.com/caddy-smart/smartregistration/internal/telemetry"
	"github.com/caddy-smart/smartregistration/internal/token"
	"github.com/caddy-smart/smartregistration/internal/upstream"
	"github.com/caddy-smart/smartregistration/policy"
)

func init() {
	caddy.RegisterModule(Handler{})
}

// Defaults of a Handler.
const (
	defaultPath    = "/register"
	defaultMaxBody = 64 << 10
	defaultTimeout = 30 * time.Second
)

// maxMaxBody is how large a body may be at most: it is held in memory.
const maxMaxBody = 1 << 30

// Handler stands in front of an authorization server's Dynamic Client
// Registration API (RFC 7591, RFC 7592) and decides which SMART on FHIR apps may
// be registered, and how. It answers `path` and `path`/{client_id}; every other
// request goes to the next handler.
//
// A request that is refused never reaches the authorization server. A refusal is
// JSON and names every rule that was broken.
//
// Everything that holds an address or a secret may be a placeholder that is known
// at start ({env.*}, {file.*}); one that cannot be resolved is an error at start.
type Handler struct {
	// Path is the public registration endpoint, compared with the request's raw
	// path as it is here, behind handle_path and rewrites, case-sensitively. The
	// client configuration endpoint of a client is one segment below it; anything
	// else below it is answered with 404.
	// Default: /register
	Path string `json:"path,omitempty"`

	// Upstream is the handler that talks to the authorization server, normally
	// reverse_proxy with all that it can do. Required.
	//
	// An operation may take more than one exchange with the server (an update
	// reads first), so this is a handler of its own and not the next one in the
	// route, which Caddy lets run only once a request.
	UpstreamRaw json.RawMessage `json:"upstream,omitempty" caddy:"namespace=http.handlers inline_key=handler"`

	// UpstreamPath is the path of the server's registration API. For a realm of
	// Keycloak: /realms/<realm>/clients-registrations/openid-connect. Required.
	UpstreamPath string `json:"upstream_path,omitempty"`

	// UpstreamHost is the Host header that the server is sent. Keycloak binds
	// its tokens to the issuer that it derives from this, unless its hostname
	// setting pins it. Default: the Host of the request.
	UpstreamHost string `json:"upstream_host,omitempty"`

	// PublicURL is all that stands before path in the addresses that callers are
	// told (registration_client_uri, Location): scheme, host and path prefix, for
	// when another proxy stands in front of Caddy. Default: as the request came
	// in, with a prefix that handle_path or uri strip_prefix has taken off.
	PublicURL string `json:"public_url,omitempty"`

	// Dialect is the kind of authorization server: keycloak, or generic for one
	// that keeps to RFC 7591. Default: keycloak if upstream_path ends in
	// /clients-registrations/openid-connect; otherwise it has to be written.
	Dialect string `json:"dialect,omitempty"`

	// Version is the version of the authorization server, such as 26.0 or 26.0.8,
	// where its dialect has versions (keycloak). Default: learned from the server's
	// replies, as far as they tell; until then everything that any version needs is
	// done. One that is newer than the gateway was tried on is treated as the
	// newest, and logged.
	Version string `json:"version,omitempty"`

	// Management is which operations of RFC 7592 are there: off, read, or full.
	// With off, replies carry no registration_client_uri and no
	// registration_access_token. Default: full
	Management string `json:"management,omitempty"`

	// Widening is what is done about an update that goes beyond what the client
	// has now: one more grant type, a redirect URI at another origin, a scope that
	// none of its scopes covers, a weaker authentication, and so on. refuse; allow:
	// what the policy lets through is let through; admission: refused unless an
	// initial access token that the gateway verifies (jwt) comes with it, in the
	// header Initial-Access-Token. Default: refuse
	Widening string `json:"widening,omitempty"`

	// ReadOnly is what is done about an update with members that only the server
	// sets (registration_access_token, registration_client_uri,
	// client_secret_expires_at, client_id_issued_at): equal drops those that are
	// as they were read and refuses others, except a client_id_issued_at that the
	// server does not tell again (Keycloak), which it drops; strict refuses all of
	// them, as RFC 7592 section 2.2 has it. Default: equal
	ReadOnly string `json:"read_only,omitempty"`

	// InitialAccessToken lists who may vouch for a registration, tried in order:
	// the first that recognises a token decides about it, and one behind which
	// another is never reached is refused. Required: at least one.
	InitialAccessToken []InitialAccessToken `json:"initial_access_token,omitempty"`

	// UpstreamCredential is what the gateway itself presents to the server for
	// registrations that were not vouched for by a token of the server's.
	// Required with jwt and open, refused with passthrough alone.
	UpstreamCredential *UpstreamCredential `json:"upstream_credential,omitempty"`

	// Policy says what may be registered. Default: the built-in rules, and
	// scopes by app class.
	Policy *PolicyConfig `json:"policy,omitempty"`

	// Shadow is a second policy that is tried on every registration and update
	// beside the one that decides, and changes nothing: where the two differ, a
	// line is logged and counted. Built-in rules are relaxed in it as in the
	// other. Default: none
	Shadow *PolicyConfig `json:"shadow,omitempty"`

	// Offered are the scopes that the authorization server has. Default: scopes
	// are sent as they were decided
	Offered *OfferedScopes `json:"offered,omitempty"`

	// AllowGrants are grant types to allow beyond authorization_code,
	// refresh_token and client_credentials. Each of password, implicit, device,
	// CIBA, token exchange and jwt-bearer lets a client do what no registration
	// said it could; see RFC 9700. Default: none
	AllowGrants []string `json:"allow_grants,omitempty"`

	// BuiltIn relaxes built-in rules by name.
	BuiltIn BuiltIn `json:"built_in,omitzero"`

	// Explain is how much of a refusal callers are told: full lists the allowed
	// values with each violation, brief only rules and places, none nothing but
	// that a rule refuses it. The log has it all. Default: full where the gateway
	// itself verified who is asking, brief otherwise, since anyone can forge what
	// passes a passthrough check.
	Explain string `json:"explain,omitempty"`

	// Reconcile is what is done about a registration that came out otherwise than
	// was decided. Default: it is corrected
	Reconcile *Reconcile `json:"reconcile,omitempty"`

	// CORS are the origins whose scripts may call the gateway from a browser and
	// read its answers, refusals included: scheme and host, with a port where it
	// is not the scheme's own, compared as a whole. "*" alone is every origin
	// but null. Credentials (cookies) are never allowed; a script brings its
	// token itself. Default: no CORS header is sent, and OPTIONS is answered with 405
	CORS []string `json:"cors,omitempty"`

	// SuccessStatus is the status of a registration that succeeded: 201, as
	// RFC 7591 has it, or 200 for callers that were built to that. Default: 201
	SuccessStatus int `json:"success_status,omitempty"`

	// MaxBody is how large a request body may be, in bytes, up to 1 GiB; a larger
	// one is answered with 413 and not read to its end. Default: 65536
	MaxBody int64 `json:"max_body,omitempty"`

	// Timeout bounds each exchange with the authorization server; one that
	// takes longer is answered with 504. Default: 30s
	Timeout caddy.Duration `json:"timeout,omitempty"`

	admission       token.Verifier // who vouches for a new registration
	vouching        token.Verifier // who vouches for an update
	registered      token.Verifier // whose registration it is
	credential      upstream.Credential
	server          *upstream.Upstream
	upstreamPath    string
	publicURL       string
	dialect         *upstream.Dialect
	inForce         *atomic.Pointer[policy.Policy]
	shadow          *shadow // nil: there is none
	offered         *atomic.Pointer[policy.Offered]
	securityMembers []string
	origins         []string // of CORS, as browsers send them
	withdraw        func()   // what was published of the policy
	log             *zap.Logger
	decisions       *zap.Logger

	// Only while a Caddyfile is adapted.
	upstreamProxy *reverseproxy.Handler
	written       once
}

// BuiltIn relaxes built-in rules.
type BuiltIn struct {
	// Off are the names of the rules that are not applied. Default: none
	Off []string `json:"off,omitempty"`
}

// CaddyModule returns the Caddy module information.
func (Handler) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.smart_registration",
		New: func() caddy.Module { return new(Handler) },
	}
}

// UnmarshalJSON is strict where encoding/json is not: a setting that is null is a
// mistake, and not its default. No policy is not what a policy of null was to be.
func (h *Handler) UnmarshalJSON(text []byte) error {
	var settings map[string]json.RawMessage
	if err := json.Unmarshal(text, &settings); err != nil {
		return err
	}
	for name, value := range settings {
		if string(value) == "null" {
			return fmt.Errorf("%s is null; leave it out", name)
		}
	}
	type plain Handler // without this method
	return caddy.StrictUnmarshalJSON(text, (*plain)(h))
}

// Provision compiles the configuration. It never waits for the network: an
// authorization server that is down must not keep Caddy from starting.
func (h *Handler) Provision(ctx caddy.Context) error {
	h.log = ctx.Logger()
	h.decisions = h.log.Named("decision")
	h.setDefaults()
	// First: the admin API's /metrics shows this registry even where this
	// configuration is refused and the one before it goes on.
	if err := telemetry.Register(ctx.GetMetricsRegistry()); err != nil {
		return fmt.Errorf("registering metrics: %w", err)
	}
	for _, step := range []func(caddy.Context) error{
		h.provisionUpstream, h.provisionTokens, h.provisionCredential, h.provisionPolicy, h.provisionShadow,
		h.provisionOffered, h.provisionReconcile, h.provisionCORS, h.publishCeiling,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	h.warn(ctx)
	return nil
}

func (h *Handler) setDefaults() {
	if h.Path == "" {
		h.Path = defaultPath
	}
	if h.Management == "" {
		h.Management = "full"
	}
	if h.SuccessStatus == 0 {
		h.SuccessStatus = http.StatusCreated
	}
	if h.MaxBody == 0 {
		h.MaxBody = defaultMaxBody
	}
	if h.Timeout == 0 {
		h.Timeout = caddy.Duration(defaultTimeout)
	}
	if h.Dialect == "" && strings.HasSuffix(h.UpstreamPath, "/clients-registrations/openid-connect") {
		h.Dialect = "keycloak"
	}
}

// Interface guards
var (
	_ caddy.Provisioner           = (*Handler)(nil)
	_ caddy.Validator             = (*Handler)(nil)
	_ caddyhttp.MiddlewareHandler = (*Handler)(nil)
)
