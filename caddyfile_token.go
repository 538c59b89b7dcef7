package smartregistration

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/caddy-smart/smartregistration/policy"
)

// unmarshalTokens reads the kinds of tokens. Several portals are several jwt
// blocks; of the other kinds there can be only one.
func (h *Handler) unmarshalTokens(d *caddyfile.Dispenser) error {
	if d.NextArg() {
		return d.ArgErr()
	}
	seen := once{}
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		t := InitialAccessToken{Kind: d.Val()}
		if err := seen.mark(d); err != nil && t.Kind != "jwt" {
			return err
		}
		if err := t.unmarshalCaddyfile(d); err != nil {
			return err
		}
		h.InitialAccessToken = append(h.InitialAccessToken, t)
	}
	if len(seen) == 0 {
		return d.Err("initial_access_token needs a block with something in it")
	}
	return nil
}

func (t *InitialAccessToken) unmarshalCaddyfile(d *caddyfile.Dispenser) error {
	switch t.Kind {
	case "passthrough":
		return t.unmarshalPassthrough(d)
	case "jwt":
		return t.unmarshalJWT(d)
	case "open":
		var open bool
		return flag(d, &open)
	default:
		return d.Errf("unrecognized kind of token %q: passthrough, jwt or open", t.Kind)
	}
}

func (t *InitialAccessToken) unmarshalPassthrough(d *caddyfile.Dispenser) error {
	if d.NextArg() {
		t.Issuer = d.Val()
		if err := noneEmpty(d, t.Kind, t.Issuer); err != nil {
			return err
		}
	}
	if d.NextArg() {
		return d.ArgErr()
	}
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		if d.Val() != "allow_bearer" {
			return d.Errf("unrecognized subdirective %q of passthrough", d.Val())
		}
		if t.AllowBearer {
			return d.Err("allow_bearer is written twice")
		}
		if err := flag(d, &t.AllowBearer); err != nil {
			return err
		}
	}
	return nil
}

func (t *InitialAccessToken) unmarshalJWT(d *caddyfile.Dispenser) error {
	if d.NextArg() {
		return d.ArgErr()
	}
	opening, seen := *d, once{}
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		// Of claims and limits there is one line each.
		if err := seen.mark(d); err != nil && d.Val() != "claims" && d.Val() != "limits" {
			return err
		}
		if err := t.unmarshalJWTSetting(d); err != nil {
			return err
		}
	}
	return seen.errorOf(&opening, t.checkJWT())
}

func (t *InitialAccessToken) unmarshalJWTSetting(d *caddyfile.Dispenser) error {
	switch d.Val() {
	case "issuer":
		return oneArg(d, &t.Issuer)
	case "audience":
		return someArgs(d, &t.Audience)
	case "jwks":
		return oneArg(d, &t.JWKS)
	case "secret":
		return oneArg(d, &t.Secret)
	case "algorithms":
		return someArgs(d, &t.Algorithms)
	case "leeway":
		return duration(d, &t.Leeway)
	case "expiry":
		return oneArg(d, &t.Expiry)
	case "type":
		return oneArg(d, &t.Type)
	case "claims":
		return unmarshalClaim(d, &t.Claims)
	case "limits":
		return t.unmarshalLimit(d)
	default:
		return d.Errf("unrecognized subdirective %q of jwt", d.Val())
	}
}

func (t *InitialAccessToken) unmarshalLimit(d *caddyfile.Dispenser) error {
	var limit, claim string
	if !d.AllArgs(&limit, &claim) {
		return d.Err("limits needs a limit and the name of a claim, or off")
	}
	if err := noneEmpty(d, "limits", limit, claim); err != nil {
		return err
	}
	if _, twice := t.Limits[limit]; twice {
		return d.Errf("limit %q is written twice", limit)
	}
	if err := oneOf("limits", limit, policy.Limits()...); err != nil {
		return d.WrapErr(err)
	}
	if t.Limits == nil {
		t.Limits = make(map[string]string)
	}
	t.Limits[limit] = claim
	return noBlock(d, "limits")
}

// unmarshalClaim reads a claim with the values of which it must have one.
func unmarshalClaim(d *caddyfile.Dispenser, to *map[string][]string) error {
	setting := d.Val()
	args := d.RemainingArgs()
	if len(args) < 2 {
		return d.Errf("%s needs a name and at least one value", setting)
	}
	if err := noneEmpty(d, setting, args...); err != nil {
		return err
	}
	if _, twice := (*to)[args[0]]; twice {
		return d.Errf("claim %q is written twice", args[0])
	}
	if *to == nil {
		*to = make(map[string][]string)
	}
	(*to)[args[0]] = args[1:]
	return noBlock(d, setting)
}

func (h *Handler) unmarshalCredential(d *caddyfile.Dispenser) error {
	if !d.NextArg() {
		return d.ArgErr()
	}
	h.UpstreamCredential = new(UpstreamCredential)
	switch d.Val() {
	case "bearer":
		return oneArg(d, &h.UpstreamCredential.Bearer)
	case "client_credentials":
		c := new(ClientCredentials)
		h.UpstreamCredential.ClientCredentials = c
		return c.unmarshalCaddyfile(d)
	default:
		return d.Errf("unrecognized credential %q: client_credentials or bearer", d.Val())
	}
}

func (c *ClientCredentials) unmarshalCaddyfile(d *caddyfile.Dispenser) error {
	return block(d, func(name string) error {
		switch name {
		case "token_endpoint":
			return oneArg(d, &c.TokenEndpoint)
		case "client_id":
			return oneArg(d, &c.ClientID)
		case "client_secret":
			return oneArg(d, &c.ClientSecret)
		case "client_secret_file":
			return oneArg(d, &c.ClientSecretFile)
		case "scope":
			return someArgs(d, &c.Scope)
		default:
			return d.Errf("unrecognized subdirective %q of client_credentials", name)
		}
	}, c.check)
}
