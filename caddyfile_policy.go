package smartregistration

import (
	"strconv"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/policy"
)

// unmarshalPolicy reads lines of <member> <operator> [<values...>]. The same
// member may have several lines, one for each operator.
func (h *Handler) unmarshalPolicy(d *caddyfile.Dispenser) error {
	if d.NextArg() {
		return d.ArgErr()
	}
	document := registration.New()
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		member := d.Val()
		if !d.NextArg() {
			return d.Errf("%s needs an operator", member)
		}
		operator := d.Val()
		value, err := operatorValue(member, operator, d.RemainingArgs())
		if err != nil {
			return d.WrapErr(err)
		}
		if err := noBlock(d, member); err != nil {
			return err
		}
		operators := document.Object(member)
		if operators == nil {
			operators = registration.New()
			document.Set(member, operators)
		}
		if operators.Has(operator) {
			return d.Errf("%s %s is written twice", member, operator)
		}
		operators.Set(operator, value)
		// Compiled here only for the error to have the line that made it.
		if _, err := policy.ParseMetadataPolicy("policy", document); err != nil {
			return d.WrapErr(err)
		}
	}
	if document.Len() == 0 {
		return d.Err("policy needs a block with something in it")
	}
	h.Policy = &PolicyConfig{MetadataPolicy: document.Encode()}
	return nil
}

// operatorValue is the JSON that an operator's arguments stand for. What it is
// follows from the operator, and for value and default from the member.
func operatorValue(member, operator string, args []string) (any, error) {
	switch operator {
	case "essential":
		switch {
		case len(args) == 0, len(args) == 1 && args[0] == "true":
			return true, nil
		case len(args) == 1 && args[0] == "false":
			return false, nil
		}
		return nil, policyArgError(member, operator, "takes nothing, true or false")
	case "value", "default":
		return memberValue(member, operator, args)
	default:
		return registration.FromStrings(args), nil
	}
}

func memberValue(member, operator string, args []string) (any, error) {
	if operator == "value" && len(args) == 1 && args[0] == "null" {
		return nil, nil //nolint:nilnil // JSON null: the member is removed
	}
	switch kind := registration.KindOf(member); {
	case kind == registration.KindStrings, member == "scope":
		return registration.FromStrings(args), nil
	case len(args) != 1:
		return nil, policyArgError(member, operator, "takes exactly one value")
	case kind == registration.KindBool:
		b, err := strconv.ParseBool(args[0])
		if err != nil {
			return nil, policyArgError(member, operator, "takes true or false")
		}
		return b, nil
	case kind == registration.KindNumber:
		if _, err := strconv.ParseInt(args[0], 10, 64); err != nil {
			return nil, policyArgError(member, operator, "takes a whole number")
		}
		return registration.Number(args[0]), nil
	default:
		return args[0], nil
	}
}

func policyArgError(member, operator, problem string) error {
	return &policy.PolicyError{Member: member, Operators: []string{operator}, Layers: []string{"policy"}, Reason: problem}
}
