package smartregistration

import (
	"fmt"
	"sync/atomic"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/internal/telemetry"
	"github.com/caddy-smart/smartregistration/policy"
)

// shadowQueue is how many registrations may wait for the shadow policy. Beyond
// that they are not tried: it must not cost memory either.
const shadowQueue = 256

// shadow tries a second policy on what the first has decided. It works behind
// the requests, one after the other: nothing that it does, or fails to do,
// touches any of them.
type shadow struct {
	policy atomic.Pointer[policy.Policy]
	queue  chan shadowTrial
	log    *zap.Logger
}

// shadowTrial is a request to decide again, and what came of it.
type shadowTrial struct {
	request   policy.Request
	enforced  policy.Decision
	requestID string
}

func (h *Handler) provisionShadow(ctx caddy.Context) error {
	if h.Shadow == nil {
		return nil
	}
	s := &shadow{queue: make(chan shadowTrial, shadowQueue), log: h.log.Named("shadow")}
	err := h.providePolicy(ctx, "shadow", h.Shadow, func(p *policy.Policy) {
		s.policy.Store(p)
		s.log.Info("shadow policy in use", zap.String("policy_digest", p.Digest()))
	})
	if err != nil {
		return err
	}
	h.shadow = s
	go s.work(ctx)
	return nil
}

func (s *shadow) work(ctx caddy.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case t := <-s.queue:
			s.try(t)
		}
	}
}

// prepare keeps what a decision will have changed by the time the shadow policy
// sees it.
func (s *shadow) prepare(r policy.Request) policy.Request {
	r.Metadata = r.Metadata.Clone()
	return r
}

// follow has the shadow policy tried on a request, some time.
func (s *shadow) follow(t shadowTrial) {
	// The answer goes on to change what was decided; what is logged is not it.
	t.enforced.Metadata = t.enforced.Metadata.Clone()
	select {
	case s.queue <- t:
	default:
		telemetry.CountShadow(telemetry.ShadowSkipped)
	}
}

func (s *shadow) try(t shadowTrial) {
	defer func() {
		if r := recover(); r != nil {
			telemetry.CountShadow(telemetry.ShadowFailed)
			s.log.Error("the shadow policy failed", zap.String("panic", fmt.Sprint(r)))
		}
	}()
	decided := s.policy.Load().Decide(t.request)
	result := compareDecisions(t.enforced, decided)
	telemetry.CountShadow(result)
	if result == telemetry.ShadowSame {
		return
	}
	d := telemetry.ShadowDecision{
		Operation: t.request.Operation, Result: result, Profile: decided.Profile, PolicyDigest: decided.PolicyDigest,
		Violations: decided.Violations, Changes: decided.Changes,
		Enforced: t.enforced.Violations, RequestID: t.requestID,
	}
	s.log.Info("the shadow policy decides otherwise", d.Fields())
}

// compareDecisions tells what it would be like if the shadow policy were in force.
func compareDecisions(enforced, shadow policy.Decision) telemetry.ShadowResult {
	switch {
	case enforced.Admitted() && !shadow.Admitted():
		return telemetry.ShadowStricter
	case !enforced.Admitted() && shadow.Admitted():
		return telemetry.ShadowLooser
	case shadow.Admitted() && !registration.Equal(enforced.Metadata, shadow.Metadata):
		return telemetry.ShadowDifferent
	default:
		return telemetry.ShadowSame
	}
}
