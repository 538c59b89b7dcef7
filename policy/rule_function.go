package policy

import (
	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/interpreter"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/internal/smart"
)

// uri(string): a URI taken apart by the parser that all rules share, so that no
// rule sees another host than the built-in ones do.
var (
	uriType = newObjectType("URI", map[string]field[*uri]{
		"scheme": {types.StringType, func(u *uri) ref.Val { return types.String(u.scheme) }},
		"host":   {types.StringType, func(u *uri) ref.Val { return types.String(u.host) }},
		"port": {types.IntType, func(u *uri) ref.Val { // 0: none is written
			port, _ := u.portNumber()
			return types.Int(port)
		}},
		"path":  {types.StringType, func(u *uri) ref.Val { return types.String(u.path) }},
		"query": {types.StringType, func(u *uri) ref.Val { return types.String(u.query) }},
	})
	uriFunction = cel.Function("uri", cel.Overload("uri_string",
		[]*cel.Type{cel.StringType}, uriType.Type, cel.UnaryBinding(newURI)))
)

func newURI(arg ref.Val) ref.Val {
	u := splitURI(string(arg.(types.String)))
	if u.plain {
		return object{uriType, &u}
	}
	for _, check := range [...]uriCheck{checkAbsolute, checkCharacters, checkPort} {
		if detail := check(nil, &u); detail != "" {
			return types.NewErr("uri: %s", detail)
		}
	}
	return object{uriType, &u}
}

// smart(string): the parts of one scope. They are empty in what is no resource
// scope.
var (
	scopeType = newObjectType("Scope", map[string]field[*smart.Scope]{
		"kind":          {types.StringType, func(s *smart.Scope) ref.Val { return types.String(scopeKinds[s.Kind]) }},
		"context":       {types.StringType, func(s *smart.Scope) ref.Val { return types.String(s.Context.String()) }},
		"resource_type": {types.StringType, func(s *smart.Scope) ref.Val { return types.String(s.ResourceType) }},
		"permissions":   {types.StringType, func(s *smart.Scope) ref.Val { return types.String(s.Permissions.String()) }},
		"query": {types.NewListType(types.StringType), func(s *smart.Scope) ref.Val {
			return types.NewStringList(types.DefaultTypeAdapter, s.Query)
		}},
	})
	scopeFunction = cel.Function("smart", cel.Overload("smart_string",
		[]*cel.Type{cel.StringType}, scopeType.Type, cel.UnaryBinding(newScope)))
)

var scopeKinds = map[smart.Kind]string{
	smart.Opaque: "opaque", smart.Resource: "resource", smart.Launch: "launch",
	smart.Identity: "identity", smart.Refresh: "refresh", smart.Extension: "extension",
}

func newScope(arg ref.Val) ref.Val {
	scope := smart.Parse(string(arg.(types.String)))
	return object{scopeType, &scope}
}

// covers(a, b): whether the scopes a together grant all that the scopes b do.
// Either is a scope string or a list of scopes.
var coversFunction = cel.Function("covers",
	coversOverload("covers_string_string", cel.StringType, cel.StringType),
	coversOverload("covers_string_list", cel.StringType, scopeList),
	coversOverload("covers_list_string", scopeList, cel.StringType),
	coversOverload("covers_list_list", scopeList, scopeList),
)

var scopeList = cel.ListType(cel.StringType)

func coversOverload(id string, a, b *cel.Type) cel.FunctionOpt {
	return cel.Overload(id, []*cel.Type{a, b}, cel.BoolType, cel.BinaryBinding(covers))
}

func covers(a, b ref.Val) ref.Val {
	allowed, ok := scopesOf(a)
	if !ok {
		return noScopes()
	}
	return coveredBy(smart.NewSet(allowed), b)
}

// constantScopes has covers make its set only once, where the first scopes are
// written in the rule. (CEL names what it has for constant strings after regular
// expressions.)
var constantScopes = cel.OptimizeRegex(&interpreter.RegexOptimization{
	Function: "covers", RegexIndex: 0,
	Factory: func(call interpreter.InterpretableCall, allowed string) (interpreter.InterpretableCall, error) {
		set := smart.NewSet(smart.Split(allowed))
		return interpreter.NewCall(call.ID(), call.Function(), call.OverloadID(), call.Args(), func(args ...ref.Val) ref.Val {
			return coveredBy(set, args[1])
		}), nil
	},
})

// noScopes is made anew each time: an evaluation writes its place into it.
func noScopes() ref.Val { return types.NewErr("covers: a scope must be a string") }

func coveredBy(set *smart.Set, v ref.Val) ref.Val {
	asked, ok := scopesOf(v)
	if !ok {
		return noScopes()
	}
	for _, token := range asked {
		if !set.Covers(smart.Parse(token)) {
			return types.False
		}
	}
	return types.True
}

func scopesOf(v ref.Val) ([]string, bool) {
	list, ok := v.(traits.Lister)
	if !ok {
		s, ok := v.(types.String)
		return smart.Split(string(s)), ok
	}
	n := list.Size().(types.Int)
	tokens := make([]string, 0, n)
	for i := range n {
		s, ok := list.Get(i).(types.String)
		if !ok {
			return nil, false
		}
		tokens = append(tokens, string(s))
	}
	return tokens, true
}

// jwk(map): what may be asked of a public key. Its private members are not
// among it.
var (
	keyType = newObjectType("Key", map[string]field[*Metadata]{
		"kty":  {types.StringType, func(k *Metadata) ref.Val { return optionalText(k.String("kty")) }},
		"crv":  {types.StringType, func(k *Metadata) ref.Val { return optionalText(k.String("crv")) }},
		"kid":  {types.StringType, func(k *Metadata) ref.Val { return optionalText(k.String("kid")) }},
		"use":  {types.StringType, func(k *Metadata) ref.Val { return optionalText(k.String("use")) }},
		"alg":  {types.StringType, func(k *Metadata) ref.Val { return optionalText(k.String("alg")) }},
		"bits": {types.IntType, modulusBits},
	})
	keyFunction = cel.Function("jwk", cel.Overload("jwk_map",
		[]*cel.Type{cel.MapType(cel.StringType, cel.DynType)}, keyType.Type, cel.UnaryBinding(newKey)))
)

func newKey(arg ref.Val) ref.Val {
	d, ok := arg.(document)
	if !ok || d.m.String("kty") == "" {
		return types.NewErr("jwk: no key (RFC 7517 section 4)")
	}
	return object{keyType, d.m}
}

// modulusBits is the size of an RSA key; other keys have theirs by their curve.
func modulusBits(key *Metadata) ref.Val {
	if key.String("kty") != "RSA" {
		return nil
	}
	bits, readable := registration.RSABits(key)
	if !readable {
		return nil
	}
	return types.Int(bits)
}

// traversal is the cost of a function that reads all of its arguments: one, and
// one more for every ten characters or each element.
func traversal(args []ref.Val, _ ref.Val) *uint64 {
	cost := uint64(1)
	for _, arg := range args {
		switch v := arg.(type) {
		case types.String:
			cost += uint64(len(v)) / 10
		case traits.Sizer:
			cost += uint64(v.Size().(types.Int))
		}
	}
	return &cost
}
