package smartregistration

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/caddy-smart/smartregistration/internal/token"
	"github.com/caddy-smart/smartregistration/policy"
)

// InitialAccessToken is one way in which a registration can be vouched for.
type InitialAccessToken struct {
	// Kind is jwt: a token that a portal signed and that is verified here;
	// passthrough: the authorization server's own, checked here as far as that
	// is possible without its key, and judged by the server; or open: none.
	Kind string `json:"kind,omitempty"`

	// Issuer is what iss must be. Required with jwks; optional with secret, where
	// every JWT is this one's without it, and so no other that reads JWTs may stand
	// behind it; and with passthrough. Default: not compared
	Issuer string `json:"issuer,omitempty"`

	// AllowBearer lets access tokens of the server (typ Bearer) through too, for
	// service accounts with the role create-client. Keycloak, passthrough only.
	// Default: false
	AllowBearer bool `json:"allow_bearer,omitempty"`

	// Audience are the values one of which aud must contain. Required with jwks.
	// Default: not compared
	Audience []string `json:"audience,omitempty"`

	// JWKS is where the public keys are: a URL, fetched in the background and
	// kept while its server is down, or a file, read at start and again when
	// its content changes.
	JWKS string `json:"jwks,omitempty"`

	// Secret is an HMAC secret, instead of jwks: at least 32 bytes for HS256.
	Secret string `json:"secret,omitempty"`

	// Algorithms are the accepted signature algorithms. Default: those that fit
	// the keys, never none.
	Algorithms []string `json:"algorithms,omitempty"`

	// Leeway is how far clocks may differ. Default: 30s
	Leeway caddy.Duration `json:"leeway,omitempty"`

	// Expiry is required, or optional: then a token without exp, or with exp 0,
	// never expires. Default: required
	Expiry string `json:"expiry,omitempty"`

	// Type is what the header's typ must be. Default: not checked
	Type string `json:"type,omitempty"`

	// Claims are claims that must have one of the values. Default: none
	Claims map[string][]string `json:"claims,omitempty"`

	// Limits are the claims in which a token limits the registration that it
	// vouches for: metadata_policy (operators by member), scope (the most that
	// the client may have), redirect_uris (those that may be registered),
	// software_id and client_name (what the member must be). The name of each
	// with that of its claim, or off. Default: the claims of these names, except
	// scope where claims has it, which then says what the token itself permits
	Limits map[string]string `json:"limits,omitempty"`
}

// defaultLeeway is what clocks that are kept in step differ by at most.
const defaultLeeway = 30 * time.Second

func (h *Handler) provisionTokens(ctx caddy.Context) error {
	var chain, vouching token.Chain
	issuer := ""
	for i, t := range h.InitialAccessToken {
		verifier, err := h.verifier(ctx, t)
		if err != nil {
			return fmt.Errorf("initial_access_token %d (%s): %w", i+1, t.Kind, err)
		}
		chain = append(chain, verifier)
		if t.Kind == string(token.KindJWT) {
			vouching = append(vouching, verifier)
		}
		if t.Kind == string(token.KindPassthrough) {
			issuer = t.Issuer
		}
	}
	form, err := h.form(issuer, false)
	if err != nil {
		return err
	}
	// A chain of one: alone, a verifier leaves a token of another kind to the next.
	h.admission, h.vouching, h.registered = chain, vouching, token.Chain{token.NewRegistrationAccessToken(form, time.Now)}
	return nil
}

func (h *Handler) verifier(ctx caddy.Context, t InitialAccessToken) (token.Verifier, error) {
	switch token.Kind(t.Kind) {
	case token.KindOpen:
		h.log.Warn("registration is open: anybody may register, no token is asked for")
		return token.Open{}, nil
	case token.KindPassthrough:
		form, err := h.form(t.Issuer, t.AllowBearer)
		return token.NewPassthrough(form, time.Now), err
	case token.KindJWT:
		return h.jwtVerifier(ctx, t)
	default:
		return nil, errors.New("kind must be passthrough, jwt or open")
	}
}

// form is what the server's own tokens look like.
func (h *Handler) form(issuer string, allowBearer bool) (token.Form, error) {
	issuer, err := resolve("passthrough", issuer)
	if h.dialect.Name == "keycloak" {
		return token.KeycloakForm{Issuer: issuer, AllowBearer: allowBearer}, err
	}
	return token.OpaqueForm{}, err
}

// ways are those in which somebody can vouch for a registration.
func (h *Handler) ways() []policy.Admission {
	ways := make([]policy.Admission, len(h.InitialAccessToken))
	for i, t := range h.InitialAccessToken {
		issuer, _ := resolve("issuer", t.Issuer) // which was an error before this
		ways[i] = policy.Admission{Kind: t.Kind, Issuer: issuer}
	}
	return ways
}

// limits are the claims that limit, with the defaults.
func (t InitialAccessToken) limits() map[string]string {
	claims := make(map[string]string)
	for _, limit := range policy.Limits() {
		claims[limit] = limit
	}
	if _, permits := t.Claims["scope"]; permits {
		delete(claims, "scope")
	}
	for limit, claim := range t.Limits {
		claims[limit] = claim
		if claim == "off" {
			delete(claims, limit)
		}
	}
	return claims
}

func (h *Handler) jwtVerifier(ctx caddy.Context, t InitialAccessToken) (token.Verifier, error) {
	config := token.JWTConfig{
		Algorithms: t.Algorithms, Type: t.Type, Claims: t.Claims,
		Limits: t.limits(), Leeway: time.Duration(t.Leeway), ExpiryOptional: t.Expiry == "optional",
	}
	if config.Leeway == 0 {
		config.Leeway = defaultLeeway
	}
	var err error
	if config.Issuer, err = resolve("issuer", t.Issuer); err != nil {
		return nil, err
	}
	for _, audience := range t.Audience {
		if audience, err = resolve("audience", audience); err != nil {
			return nil, err
		}
		config.Audience = append(config.Audience, audience)
	}
	if config.Keys, err = h.keys(ctx, t); err != nil {
		return nil, err
	}
	return token.NewJWT(config)
}

// storedKeys are the keys in a file, and those that replace them there.
func (h *Handler) storedKeys(ctx caddy.Context, path string) (token.KeySource, error) {
	var stored *token.StoredJWKS
	err := h.watch(ctx, "jwks", path, func(content []byte) (err error) {
		if stored == nil {
			stored, err = token.NewStoredJWKS(content)
			return err
		}
		return stored.Replace(content)
	})
	return stored, err
}

// keys is where the verifier's keys come from. A key set behind a URL is fetched
// in the background for as long as this configuration runs.
func (h *Handler) keys(ctx caddy.Context, t InitialAccessToken) (token.KeySource, error) {
	if t.Secret != "" {
		secret, err := resolve("secret", t.Secret)
		if err != nil {
			return nil, err
		}
		return token.StaticSecret([]byte(secret))
	}
	location, err := resolve("jwks", t.JWKS)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(location, "://") {
		return h.storedKeys(ctx, location)
	}
	host := "" // the address itself may have a key in its query
	if u, err := url.Parse(location); err == nil {
		host = u.Host
	}
	remote, err := token.NewRemoteJWKS(location, nil, time.Now, func(err error) {
		h.log.Error("key set not refreshed", zap.String("jwks_host", host), zap.Error(err))
	})
	if err != nil {
		return nil, err
	}
	remote.Start(ctx)
	return remote, nil
}
