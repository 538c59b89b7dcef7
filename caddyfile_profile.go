package smartregistration

import (
	"slices"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/policy"
)

// unmarshalProfile reads: profile <name> { … }
func (p *PolicyConfig) unmarshalProfile(d *caddyfile.Dispenser) error {
	var profile policy.Profile
	if !d.AllArgs(&profile.Name) {
		return d.Err("profile takes exactly one argument, its name")
	}
	if slices.ContainsFunc(p.Profiles, func(other policy.Profile) bool { return other.Name == profile.Name }) {
		return d.Errf("profile %s is written twice", profile.Name)
	}
	seen := once{}
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		if err := seen.mark(d); err != nil {
			return err
		}
		if err := unmarshalProfileSetting(d, &profile); err != nil {
			return err
		}
	}
	p.Profiles = append(p.Profiles, profile)
	return nil
}

func unmarshalProfileSetting(d *caddyfile.Dispenser, to *policy.Profile) (err error) {
	switch d.Val() {
	case "preset":
		if err = oneArg(d, &to.Preset); err != nil {
			return err
		}
		if _, err = policy.PresetNamed(to.Preset); err != nil {
			return d.WrapErr(err)
		}
		return nil
	case "match":
		to.Match = new(policy.Match)
		return unmarshalMatch(d, to.Match)
	case "policy":
		if d.NextArg() {
			return d.Err("policy takes no argument here: a file has the profiles in it")
		}
		to.MetadataPolicy, to.Rules, err = unmarshalOperators(d, "profile "+to.Name)
		return err
	case "scopes":
		return unmarshalScopes(d, &to.Scopes)
	default:
		return d.Errf("unrecognized subdirective %q of profile", d.Val())
	}
}

// unmarshalMatch reads conditions, of which all have to hold.
func unmarshalMatch(d *caddyfile.Dispenser, to *policy.Match) error {
	if d.NextArg() {
		return d.ArgErr()
	}
	empty := true
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		empty = false
		switch d.Val() {
		case "class":
			if to.Class != "" {
				return d.Err("class is written twice")
			}
			if err := oneArg(d, (*string)(&to.Class)); err != nil {
				return err
			}
		case "metadata":
			if to.Metadata == nil {
				to.Metadata = registration.New()
			}
			if !d.NextArg() {
				return d.Err("metadata needs a member and an operator")
			}
			if err := unmarshalOperator(d, "match", to.Metadata); err != nil {
				return err
			}
		case "token":
			if err := unmarshalTokenMatch(d, &to.Token); err != nil {
				return err
			}
		default:
			return d.Errf("unrecognized subdirective %q of match: class, metadata or token", d.Val())
		}
		if err := to.Validate(); err != nil {
			return d.WrapErr(err)
		}
	}
	// It would match every app, in place of what the preset or the name says.
	if empty {
		return d.Err("match needs a block with something in it")
	}
	return nil
}

func unmarshalTokenMatch(d *caddyfile.Dispenser, to *policy.TokenMatch) error {
	if !d.NextArg() {
		return d.Err("token needs: kind <kinds...>, issuer <issuers...>, or claim <name> <values...>")
	}
	list := &to.Kind
	switch d.Val() {
	case "kind":
	case "issuer":
		list = &to.Issuer
	case "claim":
		return unmarshalClaim(d, &to.Claims)
	default:
		return d.Errf("unrecognized condition %q of token: kind, issuer or claim", d.Val())
	}
	if *list != nil {
		return d.Errf("token %s is written twice", d.Val())
	}
	return someArgs(d, list)
}
