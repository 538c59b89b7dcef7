package smartregistration

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/internal/smart"
	"github.com/caddy-smart/smartregistration/internal/telemetry"
	"github.com/caddy-smart/smartregistration/internal/token"
	"github.com/caddy-smart/smartregistration/internal/upstream"
	"github.com/caddy-smart/smartregistration/policy"
)

// exchange sends one call with the right credential, leaves the reply in
// x.reply, and turns every failure and refusal of the server into an error.
//
// The credential of the gateway's own is renewed once when the server refuses
// it: it may have been revoked, or the server's keys may have changed.
func (x *transaction) exchange(call upstream.Call) error {
	bearer, own := x.admission.Raw, x.admission.Raw == ""
	for rejected := ""; ; rejected = bearer {
		if own {
			var err error
			if bearer, err = x.credential.Token(x.request.Context(), rejected); err != nil {
				return err
			}
		}
		call.Authorization = "Bearer " + bearer
		if err := x.send(call); err != nil {
			return err
		}
		if x.reply.Status != http.StatusUnauthorized || !own || rejected != "" {
			break
		}
	}
	if x.reply.Status/100 != 2 {
		return x.refused(x.target.operation, own)
	}
	return nil
}

// refused reads the server's refusal.
func (x *transaction) refused(op registration.Operation, own bool) error {
	refusal, quirk := x.dialect.Refusal(op, own, x.reply)
	if quirk != "" {
		x.addQuirks([]string{quirk})
	}
	return refusal
}

// atClient is a call to the server's client configuration endpoint of the client.
func (x *transaction) atClient(method string, body []byte) upstream.Call {
	return upstream.Call{Method: method, Path: x.upstreamPath + "/" + x.target.segment, Body: body}
}

// exchangeAs sends one call with a token that the server has issued for the
// client, or without one with the gateway's own credential.
func (x *transaction) exchangeAs(bearer string, call upstream.Call) error {
	if bearer == "" {
		if x.credential == nil {
			return errNoToken
		}
		var err error
		// What was begun for a caller that has gone is brought to an end.
		if bearer, err = x.credential.Token(context.WithoutCancel(x.request.Context()), ""); err != nil {
			return err
		}
	}
	call.Authorization = "Bearer " + bearer
	return x.send(call)
}

// errNoToken: the server has issued no token for the client, and the gateway has
// none that is good for it.
var errNoToken = errors.New("there is no token to manage the client with")

func (x *transaction) send(call upstream.Call) error {
	reply, err := x.server.Exchange(x.request, call)
	if reply != nil {
		x.waited += reply.Duration
		telemetry.ObserveUpstream(x.target.operation, reply.Duration)
	}
	if reply != nil {
		x.reply = reply
	}
	return err
}

// registration reads a reply as a registration. decided is what was sent, nil on
// a read. A reply that cannot be one never reaches the caller.
func (x *transaction) registration(reply *upstream.Reply, decided *registration.Metadata) (*registration.Metadata, error) {
	document, err := registration.DecodeString(reply.Body)
	if err != nil {
		return nil, unusable(unreadable(err))
	}
	id := document.String("client_id")
	switch {
	case id == "":
		return nil, unusable(errors.New("it has no client_id"))
	case x.target.clientID != "" && id != x.target.clientID:
		return nil, unusable(errors.New("it is about another client"))
	}
	segment, ok := segmentOf(id)
	if !ok {
		return nil, unusable(errors.New("its client_id cannot be part of an address"))
	}
	x.target.clientID, x.target.segment = id, segment
	registered, fired := x.dialect.Registered(document, decided)
	x.addQuirks(fired)
	if decided == nil {
		x.addFreeScopes(registered)
	}
	if registered.Has("client_secret") && !registered.Has("client_secret_expires_at") {
		registered.Set("client_secret_expires_at", registration.Number("0")) // RFC 7591 section 3.2.1: required beside a secret
	}
	return registered, nil
}

func (x *transaction) addQuirks(fired []string) {
	for _, quirk := range fired {
		if !slices.Contains(x.quirks, quirk) {
			x.quirks = append(x.quirks, quirk)
		}
	}
}

// addFreeScopes names the scopes that every client of the server with a user may
// ask for and that it keeps no record of, as far as the policy lets a client
// have them. Without this a read would lose what the registration's answer said.
func (x *transaction) addFreeScopes(registered *registration.Metadata) {
	redirects, _ := registered.Strings("redirect_uris")
	if !registered.Contains("grant_types", "authorization_code") || len(redirects) == 0 {
		return // no user can sign in to it
	}
	read := policy.Request{Registered: registered, RemoteIP: x.remoteIP(), Now: time.Now()}
	tokens := smart.Split(registered.String("scope"))
	for _, free := range x.dialect.Free {
		if x.policy.Permits(read, free) && !slices.Contains(tokens, free) {
			tokens = append(tokens, free)
		}
	}
	registered.Set("scope", smart.Join(tokens))
}

// explains tells how much the caller is told of a refusal.
func (x *transaction) explains() policy.Explanation {
	switch {
	case x.Explain != "":
		return policy.Explanation(x.Explain)
	case x.admission.Kind == token.KindJWT, x.target.operation == registration.Update:
		// On an update the server has vouched for the caller.
		return policy.ExplainFull
	}
	return policy.ExplainBrief
}

// refusal maps an error of any step to what the caller is told: each class of
// failure has one status and one code.
func (x *transaction) refusal(err error) *registration.Error {
	if ready, ok := errors.AsType[*registration.Error](err); ok {
		return ready
	}
	for _, class := range failureClasses {
		if errors.Is(err, class.sentinel) {
			e := class.answer
			if e.Description == "" {
				e.Description = token.Reason(err)
			}
			e.Err = err
			return &e
		}
	}
	return &registration.Error{
		Status: http.StatusInternalServerError, Code: registration.ServerError,
		Description: "the gateway failed", Err: err,
	}
}

// failureClasses is where sentinels become answers. Without a description it is
// the reason that the token's verifier gave, which is meant for callers.
var failureClasses = []struct {
	sentinel error
	answer   registration.Error
}{
	{token.ErrMissing, registration.Error{
		Status: http.StatusUnauthorized, Code: registration.InvalidToken, Challenge: true, Anonymous: true,
		Description: "a bearer token is needed",
	}},
	{token.ErrMalformed, registration.Error{Status: http.StatusBadRequest, Code: registration.InvalidRequest, Challenge: true}},
	{token.ErrInsufficient, registration.Error{Status: http.StatusForbidden, Code: registration.InsufficientScope, Challenge: true}},
	{token.ErrUnavailable, registration.Error{
		Status: http.StatusServiceUnavailable, Code: registration.TemporarilyUnavailable,
		Description: "the keys to verify the token with are not available", RetryAfter: retryKeys,
	}},
	{token.ErrInvalid, registration.Error{Status: http.StatusUnauthorized, Code: registration.InvalidToken, Challenge: true}},
	{upstream.ErrCredential, registration.Error{
		Status: http.StatusServiceUnavailable, Code: registration.TemporarilyUnavailable,
		Description: "the gateway has no credential for the authorization server", RetryAfter: retryKeys,
	}},
	{upstream.ErrTimeout, registration.Error{
		Status: http.StatusGatewayTimeout, Code: registration.TemporarilyUnavailable,
		Description: "the authorization server did not answer in time",
	}},
	{upstream.ErrUnavailable, registration.Error{
		Status: http.StatusServiceUnavailable, Code: registration.TemporarilyUnavailable,
		Description: "the authorization server is not available",
	}},
	{upstream.ErrUnusable, badGateway("the authorization server's reply is unusable")},
	{upstream.ErrUnreachable, badGateway("the authorization server could not be reached")},
}

// retryKeys is how long a caller waits for keys or a credential to be back.
const retryKeys = 10 * time.Second

func badGateway(description string) registration.Error {
	return registration.Error{Status: http.StatusBadGateway, Code: registration.ServerError, Description: description}
}

// unreadable is an error of reading a document that is the server's, which no request
// has sent.
func unreadable(err error) error {
	if refusal, ok := errors.AsType[*registration.Error](err); ok {
		return errors.New(strings.Replace(refusal.Description, "the request body", "its body", 1))
	}
	return err
}

// unusable says why a reply cannot be used. The cause is kept as text only: it must
// not be taken for a refusal of the caller's document.
func unusable(err error) error {
	return fmt.Errorf("%w: %s", upstream.ErrUnusable, err.Error())
}
