package smartregistration

import (
	"errors"
	"time"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/policy"
)

// trial decides as a handler would, without one that runs.
type trial struct {
	policy *policy.Policy
	// voucher is who vouches for a registration: the first that the handler
	// would ask. Nothing is known of the token.
	voucher *policy.Admission
	updates bool // the handler takes them
}

func newTrial(from source) (*trial, error) {
	h, err := from.handler()
	if err != nil {
		return nil, err
	}
	config, err := h.policyConfig()
	if err != nil {
		return nil, err
	}
	t := &trial{updates: h.Management == "full"}
	if t.policy, err = policy.New(config); err != nil {
		return nil, err
	}
	if len(h.InitialAccessToken) > 0 {
		t.voucher = &policy.Admission{Kind: h.InitialAccessToken[0].Kind}
	}
	return t, nil
}

// decide is the decision on a document: on a new registration, or on an update
// of what is registered. A document that cannot be read is refused for it. The
// error is about what is registered.
func (t *trial) decide(document, registered []byte) (policy.Decision, error) {
	request := policy.Request{Operation: registration.Create, Admission: t.voucher, Now: time.Now()}
	if registered != nil {
		request.Operation, request.Admission = registration.Update, nil
		var err error
		if request.Registered, err = registration.Decode(registered); err != nil {
			return policy.Decision{}, err
		}
		switch {
		case !t.updates:
			return policy.Decision{}, errors.New("the handler takes no updates: management is not full")
		case request.Registered.String("client_id") == "":
			return policy.Decision{}, errors.New("what is updated has no client_id: it must be a registration as the gateway answers it")
		}
	}
	var err error
	if request.Metadata, err = registration.Decode(document); err != nil {
		if refusal, ok := errors.AsType[*registration.Error](err); ok {
			return policy.Decision{Violations: refusal.Violations}, nil
		}
		return policy.Decision{}, err
	}
	var readOnly []registration.Violation
	if request.Registered != nil {
		readOnly = registration.CheckReadOnly(request.Metadata, request.Registered.String("client_id"), request.Registered)
	}
	decision := t.policy.Decide(request)
	decision.Violations = append(readOnly, decision.Violations...)
	return decision, nil
}
