package policy

import (
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// Admission is what is known of who vouches for a registration. What is empty is
// not known: a rule that asks for it cannot be evaluated, and has() is false.
type Admission struct {
	// Kind is the way in which it was vouched for: jwt, passthrough, open.
	Kind string
	// Issuer, Subject and ID are iss, sub and jti of a token that was verified,
	// Claims all of its claims. Leave them empty where nobody has verified the
	// token: anyone can write one.
	Issuer, Subject, ID string
	Claims              *Metadata
	// Limits are the limits that a verified token carries, by their names
	// ([Limits]). Default: none
	Limits *Metadata
}

// facts are the variables of one decision's rules.
type facts struct {
	metadata, token, previous ref.Val
	request                   requestFacts
	short                     bool // no value is long
}

func newFacts(r Request, final *Metadata, profile string) *facts {
	f := &facts{
		metadata: document{final}, token: types.NullValue, previous: types.NullValue,
		request: requestFacts{r, profile},
		short:   !exceeds(final, shortText),
	}
	if r.Admission != nil {
		f.token = object{tokenType, &tokenFacts{Admission: r.Admission}}
	}
	if r.Operation == registration.Update && r.Registered != nil {
		f.previous = document{withoutSecrets(r.Registered)}
		f.short = f.short && !exceeds(r.Registered, shortText)
	}
	return f
}

// ResolveName is a variable's value. Without a time there is no now: a rule must
// not take the year 1 for it.
func (f *facts) ResolveName(name string) (any, bool) {
	switch name {
	case "metadata":
		return f.metadata, true
	case "token":
		return f.token, true
	case "request":
		return object{requestType, &f.request}, true
	case "previous":
		return f.previous, true
	case "now":
		return types.Timestamp{Time: f.request.Now}, !f.request.Now.IsZero()
	}
	return nil, false
}

// Parent: there are no other variables.
func (f *facts) Parent() interpreter.Activation { return nil }

// withoutSecrets is what rules see of a registration: what errors say of it is
// logged.
func withoutSecrets(registered *Metadata) *Metadata {
	seen := registration.New()
	for _, member := range registered.Members() {
		switch member.Name {
		case "client_secret", "registration_access_token":
		default:
			seen.Set(member.Name, member.Value)
		}
	}
	return seen
}

type tokenFacts struct {
	*Admission
	claims ref.Val // once a rule has asked for them
}

var tokenType = newObjectType("Token", map[string]field[*tokenFacts]{
	"kind":    {types.StringType, func(t *tokenFacts) ref.Val { return optionalText(t.Kind) }},
	"issuer":  {types.StringType, func(t *tokenFacts) ref.Val { return optionalText(t.Issuer) }},
	"subject": {types.StringType, func(t *tokenFacts) ref.Val { return optionalText(t.Subject) }},
	"id":      {types.StringType, func(t *tokenFacts) ref.Val { return optionalText(t.ID) }},
	"claims": {types.NewMapType(types.StringType, types.DynType), func(t *tokenFacts) ref.Val {
		if t.claims == nil && t.Claims != nil {
			t.claims = toCEL(t.Claims)
		}
		return t.claims
	}},
})

type requestFacts struct {
	Request
	profile string
}

var requestType = newObjectType("Request", map[string]field[*requestFacts]{
	"operation": {types.StringType, func(r *requestFacts) ref.Val { return types.String(r.Operation.String()) }},
	"method":    {types.StringType, func(r *requestFacts) ref.Val { return types.String(r.Operation.Method()) }},
	"remote_ip": {types.StringType, func(r *requestFacts) ref.Val { return optionalText(r.RemoteIP) }},
	"profile":   {types.StringType, func(r *requestFacts) ref.Val { return optionalText(r.profile) }},
})

// Interface guards
var _ interpreter.Activation = (*facts)(nil)
