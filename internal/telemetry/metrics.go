package telemetry

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// Outcome is how a request ended: a label of bounded values.
type Outcome string

// The outcomes.
const (
	// Done: the server did it and the caller was told.
	Done Outcome = "done"
	// Unauthorized: nobody vouches for the request (401, 403).
	Unauthorized Outcome = "unauthorized"
	// Refused: the gateway's rules refuse it (other 4xx).
	Refused Outcome = "refused"
	// RefusedUpstream: the gateway let it through and the server refused it.
	RefusedUpstream Outcome = "refused_upstream"
	// Failed: a part was out: the server, a key set, a credential (5xx).
	Failed Outcome = "failed"
)

// Settled is what became of a registration that came out otherwise than was
// decided: a label of bounded values.
type Settled string

// What becomes of it.
const (
	// Told: the caller was told; no member that matters for security differs.
	Told Settled = "told"
	// Warned: the caller was told, and a member that matters for security differs.
	Warned Settled = "warned"
	// Corrected: it was replaced by what was decided.
	Corrected Settled = "corrected"
	// TakenBack: the new client was deleted again.
	TakenBack Settled = "taken_back"
	// Left: it could not be taken back.
	Left Settled = "left"
)

// The collectors belong to the process, not to a configuration: a reload
// registers them anew in the new configuration's registry and counting goes on.
var (
	decisions = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "caddy", Subsystem: "smart_registration", Name: "decisions_total",
		Help: "Registration requests by operation and outcome.",
	}, []string{"operation", "outcome"})
	upstreamDuration = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: "caddy", Subsystem: "smart_registration", Name: "upstream_duration_seconds",
		Help:    "Time spent waiting for the authorization server, by operation.",
		Buckets: prometheus.ExponentialBuckets(0.001, 2.5, 12),
	}, []string{"operation"})
	quirks = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "caddy", Subsystem: "smart_registration", Name: "quirks_total",
		Help: "Dialect quirks of the authorization server that were made up for.",
	}, []string{"quirk"})
	settled = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "caddy", Subsystem: "smart_registration", Name: "mismatches_total",
		Help: "Registrations that came out otherwise than was decided, or in an unusable answer, by what became of them.",
	}, []string{"settled"})
	orphans = prometheus.NewCounter(prometheus.CounterOpts{
		Namespace: "caddy", Subsystem: "smart_registration", Name: "possible_orphans_total",
		Help: "Clients that the authorization server may hold and that nobody knows of.",
	})
	policyErrors = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "caddy", Subsystem: "smart_registration", Name: "policy_errors_total",
		Help: "Rules of the policy that could not be evaluated, so that a registration was refused.",
	}, []string{"rule"})
	shadowDecisions = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "caddy", Subsystem: "smart_registration", Name: "shadow_decisions_total",
		Help: "Registrations that the shadow policy was tried on, by how it differs from the policy in force.",
	}, []string{"result"})
	fileBroken = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Namespace: "caddy", Subsystem: "smart_registration", Name: "file_broken",
		Help: "1 while a file that the configuration names cannot be used, so that what was read from it before stays.",
	}, []string{"setting", "file"})
)

// The series whose labels are known are found once, which also has them there with 0
// before the first event: a rate of Prometheus begins with the second value.
var (
	decided = perOperation(func(op registration.Operation) map[Outcome]prometheus.Counter {
		return perValue(decisions.MustCurryWith(prometheus.Labels{"operation": op.String()}),
			Done, Unauthorized, Refused, RefusedUpstream, Failed)
	})
	becameOf = perValue(settled, Told, Warned, Corrected, TakenBack, Left)
	shadowed = perValue(shadowDecisions, ShadowSame, ShadowStricter, ShadowLooser, ShadowDifferent, ShadowSkipped, ShadowFailed)
	waited   = perOperation(func(op registration.Operation) prometheus.Observer {
		return upstreamDuration.WithLabelValues(op.String())
	})
)

func perOperation[T any](make func(registration.Operation) T) (all [registration.Delete + 1]T) {
	for op := range all {
		all[op] = make(registration.Operation(op))
	}
	return all
}

func perValue[T ~string](of *prometheus.CounterVec, values ...T) map[T]prometheus.Counter {
	all := make(map[T]prometheus.Counter, len(values))
	for _, value := range values {
		all[value] = of.WithLabelValues(string(value))
	}
	return all
}

// Register makes the metrics known to a configuration's registry. Two handlers
// in one configuration share them.
func Register(registry *prometheus.Registry) error {
	for _, c := range []prometheus.Collector{decisions, upstreamDuration, quirks, settled, orphans, policyErrors, shadowDecisions, fileBroken} {
		var already prometheus.AlreadyRegisteredError
		if err := registry.Register(c); err != nil && !errors.As(err, &already) {
			return err
		}
	}
	return nil
}

// Count adds a decision to the metrics.
func (d *Decision) Count() {
	decided[d.Operation][d.Outcome].Inc()
	for _, q := range d.Quirks {
		quirks.WithLabelValues(q).Inc()
	}
	if d.Settled != "" {
		becameOf[d.Settled].Inc()
	}
	if d.Orphan {
		orphans.Inc()
	}
	for _, rule := range d.FailedRules {
		policyErrors.WithLabelValues(rule).Inc()
	}
}

// FileBroken is the gauge of one file: whether what it has in it now cannot be
// used. The setting is what names the file: policy, shadow, jwks.
func FileBroken(setting, file string) func(bool) {
	gauge := fileBroken.WithLabelValues(setting, file)
	return func(broken bool) {
		if broken {
			gauge.Set(1)
			return
		}
		gauge.Set(0)
	}
}

// ObserveUpstream adds the time of one exchange.
func ObserveUpstream(op registration.Operation, t time.Duration) {
	waited[op].Observe(t.Seconds())
}
