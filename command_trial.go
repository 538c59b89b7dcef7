package smartregistration

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/internal/token"
	"github.com/caddy-smart/smartregistration/internal/upstream"
	"github.com/caddy-smart/smartregistration/policy"
)

// trial decides as a handler would, without one that runs.
type trial struct {
	policy *policy.Policy
	// voucher is who vouches for a registration: the first that the handler
	// would ask. Nothing is known of the token.
	voucher *policy.Admission
	tokens  []InitialAccessToken
	offered *policy.Offered // nil: what the server has is not known
	updates bool            // the handler takes them
	vouched bool            // and somebody may vouch for one
}

func newTrial(from source) (*trial, error) {
	h, err := from.handler()
	if err != nil {
		return nil, err
	}
	t := &trial{
		tokens: h.InitialAccessToken, updates: h.Management == "full",
		vouched: policy.Widening(h.Widening) == policy.WideningAdmission,
	}
	if t.policy, err = h.policyNow("policy", h.Policy); err != nil {
		return nil, err
	}
	if h.Offered != nil && h.Offered.List != nil {
		dialect, err := upstream.Named(h.Dialect)
		if err != nil {
			return nil, err
		}
		if t.offered, err = h.Offered.index(h.Offered.List, dialect); err != nil {
			return nil, err
		}
	}
	if len(h.InitialAccessToken) > 0 {
		t.voucher = &policy.Admission{Kind: h.InitialAccessToken[0].Kind}
	}
	return t, nil
}

// vouch makes the claims of a token those of who vouches: one of the portal that
// issued it, or else of the first that there is. Nothing of the token is verified.
func (t *trial) vouch(claims []byte) (*policy.Admission, error) {
	document, err := registration.Decode(claims)
	if err != nil {
		return nil, fmt.Errorf("the claims of a token are a JSON object: %s", err.Error()) // no refusal of the document's
	}
	var portal *InitialAccessToken
	for i := range t.tokens {
		one := &t.tokens[i]
		if one.Kind != string(token.KindJWT) {
			continue
		}
		if one.Issuer == document.String("iss") {
			portal = one
			break
		}
		portal = cmp.Or(portal, one)
	}
	if portal == nil {
		return nil, errors.New("the handler verifies no tokens: there is no jwt in initial_access_token")
	}
	return &policy.Admission{
		Kind: portal.Kind, Issuer: document.String("iss"), Subject: document.String("sub"), ID: document.String("jti"),
		Claims: document, Limits: token.LimitsIn(document, portal.limits()),
	}, nil
}

// trialCase is what is to be decided: a document; what it is an update of, nil
// for a new registration; and the claims of the token that vouches for it, nil
// where nothing is known of one.
type trialCase struct{ document, registered, claims []byte }

// decide is the decision on a case. A document that cannot be read is refused for
// it. The error is about what is registered, or the claims.
func (t *trial) decide(c trialCase) (policy.Decision, error) {
	request, err := t.request(c)
	if refusal, ok := errors.AsType[*registration.Error](err); ok {
		return policy.Decision{Violations: refusal.Violations}, nil
	}
	if err != nil {
		return policy.Decision{}, err
	}
	return t.policy.Decide(request), nil
}

// request is what the policy is asked of a case. An error of the document's is an
// [*registration.Error].
func (t *trial) request(c trialCase) (policy.Request, error) {
	request := policy.Request{Operation: registration.Create, Offered: t.offered, Admission: t.voucher, Now: time.Now()}
	var err error
	if c.registered != nil {
		if err := t.update(&request, c); err != nil {
			return request, err
		}
	}
	if c.claims != nil {
		if request.Admission, err = t.vouch(c.claims); err != nil {
			return request, err
		}
	}
	request.Metadata, err = registration.Decode(c.document)
	return request, err
}

// update makes a request one that is an update of what is registered.
func (t *trial) update(request *policy.Request, c trialCase) error {
	var err error
	request.Operation, request.Admission = registration.Update, nil
	request.Registered, err = registration.Decode(c.registered)
	switch {
	case c.claims != nil && !t.vouched:
		return errors.New("nobody vouches for an update: there are no token claims to it without widening admission")
	case err != nil:
		return fmt.Errorf("what is updated cannot be read: %s", err.Error()) // no refusal of the document's
	case !t.updates:
		return errors.New("the handler takes no updates: management is not full")
	case request.Registered.String("client_id") == "":
		return errors.New("what is updated has no client_id: it must be a registration as the gateway answers it")
	}
	return nil
}
