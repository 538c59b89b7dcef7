package policy

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// Rule is a condition in CEL (https://cel.dev) that a registration has to meet,
// for what no operator on a single member can say.
type Rule struct {
	// Name is what violations call the rule: lower-case letters, digits and
	// underscores. Required, and no other rule's.
	Name string `json:"name"`
	// Expression is what has to be true of the final metadata. Required. An
	// expression that cannot be evaluated refuses the registration.
	Expression string `json:"expression"`
	// Message is the sentence that a caller is told when it is not, in ASCII,
	// without quotes and backslashes (RFC 7591 section 3.2.2). Required.
	Message string `json:"message"`
	// On is when the rule applies: create, update, or both. Default: both
	On string `json:"on,omitempty"`
}

// RuleError says why a rule could not be evaluated. It is what is Given in the
// violation policy_error, and may repeat a part of what a caller sent.
type RuleError struct {
	Rule string // its name
	Err  error
}

// Error names the rule and the cause.
func (e *RuleError) Error() string { return e.Rule + ": " + e.Err.Error() }

// Unwrap gives the cause.
func (e *RuleError) Unwrap() error { return e.Err }

// Validate returns an error if the rule is incomplete or its expression would
// not compile. The error has the place in the expression, as line:column.
func (r Rule) Validate() error {
	_, err := r.compile()
	return err
}

var ruleName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

func (r Rule) check() error {
	switch {
	case !ruleName.MatchString(r.Name):
		return errors.New("the name must be of lower-case letters, digits and underscores, and begin with a letter")
	case slices.Contains(BuiltInRules(), r.Name), r.Name == policyError:
		return errors.New("a built-in rule has this name")
	case strings.TrimSpace(r.Expression) == "":
		return errors.New("an expression is needed")
	case strings.TrimSpace(r.Message) == "":
		return errors.New("a message for the caller is needed")
	case strings.ContainsFunc(r.Message, func(c rune) bool { return c < ' ' || c > '~' || c == '"' || c == '\\' }):
		return errors.New("the message must be printable ASCII without quotes and backslashes")
	case !slices.Contains([]string{"", "create", "update", "both"}, r.On):
		return fmt.Errorf("on is %q, must be one of: create update both", r.On)
	}
	return nil
}

// compiledRule is a rule that is ready. It is safe for concurrent use.
type compiledRule struct {
	Rule
	layer    string
	evaluate func(*facts) (ref.Val, error)
}

func (r Rule) compile() (compiledRule, error) {
	fail := func(err error) (compiledRule, error) { return compiledRule{}, fmt.Errorf("rule %s: %w", r.Name, err) }
	if err := r.check(); err != nil {
		return fail(err)
	}
	env, err := environment()
	if err != nil {
		return fail(err)
	}
	ast, issues := env.Compile(r.Expression)
	if issues.Err() != nil {
		return fail(syntaxErrors(issues))
	}
	// The compiler takes any type. A dynamic one could turn out to be no bool.
	if !ast.OutputType().IsExactType(cel.BoolType) {
		return fail(fmt.Errorf("the expression gives %s, must give bool", ast.OutputType()))
	}
	evaluate, err := newProgram(env, ast)
	if err != nil {
		return fail(err)
	}
	return compiledRule{Rule: r, evaluate: evaluate}, nil
}

// syntaxErrors are all that is wrong with an expression, in one line.
func syntaxErrors(issues *cel.Issues) error {
	found := make([]string, 0, len(issues.Errors()))
	for _, e := range issues.Errors() {
		found = append(found, fmt.Sprintf("%d:%d: %s", e.Location.Line(), e.Location.Column()+1, e.Message))
	}
	return errors.New(strings.Join(found, "; "))
}

// compileRules compiles the rules of a layer, behind those of the layers above.
func compileRules(above []compiledRule, layer string, rules []Rule) ([]compiledRule, error) {
	compiled := slices.Clone(above)
	for _, r := range rules {
		if slices.ContainsFunc(compiled, func(c compiledRule) bool { return c.Name == r.Name }) {
			return nil, fmt.Errorf("rule %s is there twice", r.Name)
		}
		c, err := r.compile()
		if err != nil {
			return nil, err
		}
		c.layer = layer
		compiled = append(compiled, c)
	}
	return compiled, nil
}

// policyError is the violation of a rule that could not be evaluated.
const policyError = "policy_error"

// applies tells whether the rule is about such an operation.
func (r *compiledRule) applies(op Operation) bool {
	return r.On == "" || r.On == "both" || r.On == op.String()
}

// holds evaluates the rule. Whatever is not a plain true or false is an error.
func (r *compiledRule) holds(f *facts) (bool, error) {
	result, err := r.evaluate(f)
	if err != nil {
		return false, err
	}
	answer, ok := result.(types.Bool)
	if !ok {
		return false, fmt.Errorf("the expression gave %s, not bool", result.Type().TypeName())
	}
	return bool(answer), nil
}

// applyRules judges the final metadata by the operator's rules. On a document
// that has members of the wrong type, rules that cannot be evaluated say
// nothing: the type is what is wrong, and a caller's mistake is not to ring an
// operator's bell.
func (d *deliberation) applyRules(r Request, wellTyped bool) {
	if len(d.rules) == 0 {
		return
	}
	f := newFacts(r, d.m, d.profileName())
	if !f.short {
		if v, ok := unwieldy(d.m); ok {
			d.violations = append(d.violations, v)
			return
		}
	}
	for i := range d.rules {
		rule := &d.rules[i]
		if !rule.applies(r.Operation) {
			continue
		}
		v := Violation{Rule: rule.Name, Layer: rule.layer, Detail: rule.Message, Code: registration.InvalidClientMetadata}
		switch holds, err := rule.holds(f); {
		case holds || err != nil && !wellTyped:
			continue
		case err != nil:
			v.Rule, v.Given = policyError, &RuleError{Rule: rule.Name, Err: err}
			v.Detail = "the rule " + rule.Name + " could not be evaluated"
		}
		d.violations = append(d.violations, v)
	}
}

// FailedRules are the names of the rules that could not be evaluated. Each is
// for an operator to look at.
func (d Decision) FailedRules() []string {
	var names []string
	for _, v := range d.Violations {
		if failed, ok := v.Given.(*RuleError); ok {
			names = append(names, failed.Rule)
		}
	}
	return names
}
