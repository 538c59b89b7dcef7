package smartregistration

import (
	"slices"
	"strconv"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/policy"
)

// unmarshalPart reads one of the subdirectives that a policy is made of.
func (p *PolicyConfig) unmarshalPart(d *caddyfile.Dispenser) (err error) {
	opening := *d
	switch d.Val() {
	case "policy":
		if d.CountRemainingArgs() > 0 {
			return oneArg(d, &p.File)
		}
		p.MetadataPolicy, p.Rules, err = unmarshalOperators(d, "policy")
	case "scopes":
		err = unmarshalScopes(d, &p.Scopes)
	default:
		err = p.unmarshalProfile(d)
	}
	if err != nil {
		return err
	}
	p.written = append(p.written, writtenPart{opening, p.Config})
	return nil
}

// writtenPart is a part of a policy in a Caddyfile, and the policy up to there.
type writtenPart struct {
	at     caddyfile.Dispenser
	config policy.Config
}

// partError is what is wrong with a policy that cannot be compiled, with the line of
// the first part that cannot be beside those before it. Nil: it is none of them.
func (p *PolicyConfig) partError() error {
	if p == nil {
		return nil
	}
	for _, part := range p.written {
		if _, err := policy.New(part.config); err != nil {
			return part.at.WrapErr(err)
		}
	}
	return nil
}

// unmarshalShadow reads a policy that stands beside the one in force.
func (p *PolicyConfig) unmarshalShadow(d *caddyfile.Dispenser) error {
	if d.CountRemainingArgs() > 0 {
		return oneArg(d, &p.File)
	}
	seen := once{}
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		if err := seen.mark(d); err != nil && d.Val() != "profile" {
			return err
		}
		switch d.Val() {
		case "policy", "scopes", "profile":
		default:
			return d.Errf("unrecognized subdirective %q of shadow: policy, scopes or profile", d.Val())
		}
		if err := p.unmarshalPart(d); err != nil {
			return err
		}
		if p.File != "" {
			return d.Err("a file for shadow is written behind shadow itself")
		}
	}
	if len(seen) == 0 {
		return d.Err("shadow needs a file or a block with something in it")
	}
	return nil
}

// unmarshalOperators reads lines of <member> <operator> [<values...>] and of
// rules. The same member may have several lines, one for each operator.
func unmarshalOperators(d *caddyfile.Dispenser, layer string) (*registration.Metadata, []policy.Rule, error) {
	document := registration.New()
	var rules []policy.Rule
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		if d.Val() != "rule" {
			if err := unmarshalOperator(d, layer, document); err != nil {
				return nil, nil, err
			}
			continue
		}
		rule, err := unmarshalRule(d)
		if err != nil {
			return nil, nil, err
		}
		if slices.ContainsFunc(rules, func(r policy.Rule) bool { return r.Name == rule.Name }) {
			return nil, nil, d.Errf("rule %s is written twice", rule.Name)
		}
		rules = append(rules, rule)
	}
	if document.Len() == 0 {
		document = nil
	}
	if document == nil && rules == nil {
		return nil, nil, d.Err("policy needs a block with something in it, or a file")
	}
	return document, rules, nil
}

// unmarshalOperator reads one line into a document of operators by member.
func unmarshalOperator(d *caddyfile.Dispenser, layer string, document *registration.Metadata) error {
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
	if _, err := policy.ParseMetadataPolicy(layer, document); err != nil {
		return d.WrapErr(err)
	}
	return nil
}

func unmarshalScopes(d *caddyfile.Dispenser, to *policy.Scopes) error {
	return block(d, func(name string) error {
		if err := unmarshalScopeSetting(d, name, to); err != nil {
			return err
		}
		if err := to.Validate(); err != nil {
			return d.WrapErr(err)
		}
		return nil
	}, nil)
}

func unmarshalScopeSetting(d *caddyfile.Dispenser, name string, to *policy.Scopes) error {
	switch name {
	case "preset":
		return oneArg(d, &to.Preset)
	case "default":
		return anyArgs(d, &to.Default)
	case "allow":
		return anyArgs(d, &to.Allow)
	case "deny":
		return someArgs(d, &to.Deny)
	case "unknown_types":
		return oneArg(d, &to.UnknownTypes)
	case "excess":
		return oneArg(d, &to.Excess)
	case "inject":
		return oneArg(d, &to.Inject)
	default:
		return d.Errf("unrecognized subdirective %q of scopes", name)
	}
}

// unmarshalRule reads: rule <name> <expression> <message> [on create|update|both]
func unmarshalRule(d *caddyfile.Dispenser) (policy.Rule, error) {
	var r policy.Rule
	args := d.RemainingArgs()
	switch {
	case len(args) == 3:
	case len(args) == 5 && args[3] == "on":
		r.On = args[4]
	default:
		return r, d.Err("rule needs: <name> <expression> <message> [on create|update|both]")
	}
	r.Name, r.Expression, r.Message = args[0], args[1], args[2]
	if err := noBlock(d, "rule"); err != nil {
		return r, err
	}
	// Compiled here only for the error to have the line that made it.
	if err := r.Validate(); err != nil {
		return r, d.WrapErr(err)
	}
	return r, nil
}

// operatorValue is the JSON that an operator's arguments stand for. What it is
// follows from the operator, and for value and default from the member. Whether
// it makes sense is the policy's to say.
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
	case "max_count", "min_count", "max_length", "min_rsa_bits":
		if len(args) != 1 {
			return nil, policyArgError(member, operator, "takes exactly one value")
		}
		return wholeNumber(member, operator, args[0])
	case "ports":
		ports := make([]any, len(args))
		for i, arg := range args {
			var err error
			if ports[i], err = wholeNumber(member, operator, arg); err != nil {
				return nil, err
			}
		}
		return ports, nil
	case "loopback", "private_use", "key_ids":
		if len(args) != 1 {
			return nil, policyArgError(member, operator, "takes exactly one value")
		}
		return args[0], nil
	default:
		return registration.FromStrings(args), nil
	}
}

func wholeNumber(member, operator, arg string) (any, error) {
	// "+1" and "01" are numbers to ParseInt and not to JSON.
	if n, err := strconv.ParseInt(arg, 10, 64); err != nil || strconv.FormatInt(n, 10) != arg {
		return nil, policyArgError(member, operator, "takes a whole number")
	}
	return registration.Number(arg), nil
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
		return wholeNumber(member, operator, args[0])
	default:
		return args[0], nil
	}
}

func policyArgError(member, operator, problem string) error {
	return &policy.PolicyError{Member: member, Operators: []string{operator}, Layers: []string{"policy"}, Reason: problem}
}
