package smartregistration

import (
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/policy"
)

// TestShadowNeverTouchesARequest: neither a queue that is full nor a policy that
// breaks down is any business of the request's.
func TestShadowNeverTouchesARequest(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zap.InfoLevel)
	s := &shadow{queue: make(chan shadowTrial, 1), log: zap.New(core)}
	trial := shadowTrial{
		request:  policy.Request{Metadata: registration.New()},
		enforced: policy.Decision{Metadata: registration.New()},
	}
	for range 3 {
		s.follow(trial) // the second and the third have no room, and do not wait for it
	}
	s.try(<-s.queue) // there is no policy at all: it panics
	if logs.FilterMessage("the shadow policy failed").Len() != 1 {
		t.Errorf("nobody is told: %v", logs.All())
	}
	if len(s.queue) != 0 {
		t.Error("more was queued than there is room for")
	}
}
