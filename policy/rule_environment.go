package policy

import (
	"context"
	"errors"
	"sync"

	"cel.dev/cel-go/cel"
	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"
	"cel.dev/cel-go/interpreter"
)

// What an expression may be and may cost. Expressions are the operator's and
// what they work on is the caller's: the limits are for what the one did not
// think of and the other sends.
const (
	maxExpression = 4096    // characters
	maxNesting    = 64      // levels of the expression
	maxNodes      = 4096    // of the expression, macros expanded
	maxLoops      = 2       // one inside the other
	maxRegex      = 1000    // instructions of one compiled pattern
	maxCost       = 100_000 // units of CEL's cost model, for one evaluation; a usual rule takes 2 to 100
)

// environment is what rules are compiled against: one for the process, made when
// the first rule is.
var environment = sync.OnceValues(func() (*cel.Env, error) {
	return cel.NewEnv(
		cel.Types(uriType, scopeType, keyType, tokenType, requestType),
		cel.Variable("metadata", cel.MapType(cel.StringType, cel.DynType)),
		cel.Variable("token", tokenType.Type),
		cel.Variable("request", requestType.Type),
		cel.Variable("now", cel.TimestampType),
		cel.Variable("previous", cel.DynType), // a map or null, for which there is no type
		uriFunction, scopeFunction, coversFunction, keyFunction,

		cel.OptionalTypes(), ext.Bindings(), ext.TwoVarComprehensions(),
		ext.Strings(), ext.Lists(ext.ListsMaxRangeSize(maxValues)), ext.Sets(), ext.Math(), ext.Network(),
		cel.DefaultUTCTimeZone(true), // never that of the machine

		cel.ParserExpressionSizeLimit(maxExpression), cel.ParserRecursionLimit(maxNesting),
		cel.ExpressionNodeLimit(maxNodes), cel.RegexProgramSizeLimit(maxRegex),
		cel.ASTValidators(cel.ValidateRegexLiterals(), cel.ValidateDurationLiterals(), cel.ValidateTimestampLiterals(),
			cel.ValidateComprehensionNestingLimit(maxLoops)),
	)
})

// shortLoop is how many steps of loops an evaluation may take uncounted.
const shortLoop = 64

// newProgram makes an evaluation that is bounded by its cost and not by a clock:
// a decision is the same on every machine, and again tomorrow.
//
// Counting costs as much again as evaluating. So a rule is first evaluated
// uncounted on a document of short values, which ends by itself after a few steps
// of a loop: with the interrupt that CEL has for cancelled contexts, from a
// context that always is. Only then is it evaluated again, counted. A rule without
// loops is spared the context.
func newProgram(env *cel.Env, ast *cel.Ast) (func(*facts) (ref.Val, error), error) {
	uncounted, err := env.Program(ast, cel.EvalOptions(cel.OptOptimize), constantScopes, cel.InterruptCheckFrequency(shortLoop))
	if err != nil {
		return nil, err
	}
	counted, err := env.Program(ast, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(maxCost), cel.CostTrackerOptions(functionCosts...))
	if err != nil {
		return nil, err
	}
	loops := len(celast.MatchDescendants(celast.NavigateAST(ast.NativeRep()), celast.KindMatcher(celast.ComprehensionKind))) > 0
	return func(f *facts) (ref.Val, error) {
		switch {
		case f.short && !loops:
			result, _, err := uncounted.Eval(f)
			return result, err
		case f.short:
			result, _, err := uncounted.ContextEval(cancelled, f)
			if !errors.Is(err, interpreter.InterruptError{}) {
				return result, err
			}
		}
		result, _, err := counted.Eval(f)
		return result, err
	}, nil
}

var cancelled = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

var functionCosts = []interpreter.CostTrackerOption{
	interpreter.OverloadCostTracker("uri_string", traversal),
	interpreter.OverloadCostTracker("smart_string", traversal),
	interpreter.OverloadCostTracker("covers_string_string", traversal),
	interpreter.OverloadCostTracker("covers_string_list", traversal),
	interpreter.OverloadCostTracker("covers_list_string", traversal),
	interpreter.OverloadCostTracker("covers_list_list", traversal),
	interpreter.OverloadCostTracker("jwk_map", traversal),
}
