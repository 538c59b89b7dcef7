package telemetry

import (
	"math"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// The collectors are the process's and every test counts in them: none of these
// tests runs in parallel, and each looks at what it added.

// registered is a registry as Caddy makes them, with the metrics in it.
func registered(t *testing.T) *prometheus.Registry {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	if err := Register(registry); err != nil {
		t.Fatal(err)
	}
	return registry
}

// scrape is what Prometheus reads: each series and its value, and each metric's
// type.
func scrape(t *testing.T, registry *prometheus.Registry) (series map[string]float64, types map[string]string) {
	t.Helper()
	w := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	series, types = make(map[string]float64), make(map[string]string)
	for line := range strings.Lines(w.Body.String()) {
		line = strings.TrimSpace(line)
		if declared, ok := strings.CutPrefix(line, "# TYPE "); ok {
			name, kind, _ := strings.Cut(declared, " ")
			types[name] = kind
		}
		if strings.HasPrefix(line, "#") {
			continue
		}
		end := strings.LastIndexByte(line, ' ')
		value, err := strconv.ParseFloat(line[end+1:], 64)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		series[line[:end]] = value
	}
	return series, types
}

// As Caddy does: a registry for each configuration, several handlers in one,
// and the old one alive beside the new for a while.
func TestRegister(t *testing.T) {
	old, current := registered(t), registered(t)
	for _, registry := range []*prometheus.Registry{old, current} {
		if err := Register(registry); err != nil {
			t.Fatalf("a second handler: %v", err)
		}
	}
	d := Decision{Operation: registration.Delete, Outcome: Unauthorized, Quirks: []string{"test_register"}, FailedRules: []string{"test_register"}, Settled: Corrected, Orphan: true}
	d.Count()
	ObserveUpstream(registration.Delete, time.Second)
	for _, registry := range []*prometheus.Registry{old, current} {
		series, types := scrape(t, registry)
		want := map[string]string{
			"caddy_smart_registration_decisions_total":           "counter",
			"caddy_smart_registration_upstream_duration_seconds": "histogram",
			"caddy_smart_registration_quirks_total":              "counter",
			"caddy_smart_registration_policy_errors_total":       "counter",
			"caddy_smart_registration_mismatches_total":          "counter",
			"caddy_smart_registration_possible_orphans_total":    "counter",
			"caddy_smart_registration_shadow_decisions_total":    "counter",
		}
		for name, kind := range want {
			if types[name] != kind {
				t.Errorf("%s is a %q, want a %s", name, types[name], kind)
			}
		}
		if len(types) != len(want) {
			t.Errorf("metrics %v, want %d", types, len(want))
		}
		if series[`caddy_smart_registration_decisions_total{operation="delete",outcome="unauthorized"}`] < 1 {
			t.Errorf("the decision was not counted: %v", series)
		}
	}
}

// Somebody else's metric of the same name is an error, not a silence.
func TestRegisterConflict(t *testing.T) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(prometheus.NewCounter(prometheus.CounterOpts{Name: "caddy_smart_registration_quirks_total", Help: "Another."}))
	if err := Register(registry); err == nil {
		t.Error("no error")
	}
}

// A rate needs a value from before the first event.
func TestSeriesBeforeTheFirstRequest(t *testing.T) {
	series, _ := scrape(t, registered(t))
	outcomes := []Outcome{Done, Unauthorized, Refused, RefusedUpstream, Failed}
	for label, values := range map[string][]string{
		"mismatches_total{settled":      {"told", "warned", "corrected", "taken_back", "left"},
		"shadow_decisions_total{result": {"same", "stricter", "looser", "different", "skipped", "failed"},
	} {
		for _, value := range values {
			if name := "caddy_smart_registration_" + label + `="` + value + `"}`; !there(series, name) {
				t.Errorf("there is no %s", name)
			}
		}
	}
	for _, op := range []registration.Operation{registration.Create, registration.Read, registration.Update, registration.Delete} {
		names := []string{`caddy_smart_registration_upstream_duration_seconds_count{operation="` + op.String() + `"}`}
		for _, outcome := range outcomes {
			names = append(names, `caddy_smart_registration_decisions_total{operation="`+op.String()+`",outcome="`+string(outcome)+`"}`)
		}
		for _, name := range names {
			if !there(series, name) {
				t.Errorf("there is no %s", name)
			}
		}
	}
}

func there(series map[string]float64, name string) bool {
	_, there := series[name]
	return there
}

func TestCount(t *testing.T) {
	registry := registered(t)
	before, _ := scrape(t, registry)
	d := Decision{Operation: registration.Update, Outcome: Refused, Quirks: []string{"test_count_a", "test_count_b"}}
	d.Count()
	d.Quirks, d.FailedRules = []string{"test_count_b"}, []string{"test_count_rule"}
	d.Count()
	after, _ := scrape(t, registry)
	for name, want := range map[string]float64{
		`caddy_smart_registration_decisions_total{operation="update",outcome="refused"}`: 2,
		`caddy_smart_registration_decisions_total{operation="update",outcome="failed"}`:  0,
		`caddy_smart_registration_decisions_total{operation="create",outcome="refused"}`: 0,
		`caddy_smart_registration_quirks_total{quirk="test_count_a"}`:                    1,
		`caddy_smart_registration_quirks_total{quirk="test_count_b"}`:                    2,
		`caddy_smart_registration_policy_errors_total{rule="test_count_rule"}`:           1,
	} {
		if got := after[name] - before[name]; got != want {
			t.Errorf("%s went up by %v, want %v", name, got, want)
		}
	}
}

func TestObserveUpstream(t *testing.T) {
	registry := registered(t)
	before, _ := scrape(t, registry)
	ObserveUpstream(registration.Read, 45*time.Millisecond)
	ObserveUpstream(registration.Read, 30*time.Second)
	after, _ := scrape(t, registry)
	const name = "caddy_smart_registration_upstream_duration_seconds"
	for series, want := range map[string]float64{
		name + `_count{operation="read"}`:             2,
		name + `_sum{operation="read"}`:               30.045,
		name + `_bucket{operation="read",le="0.001"}`: 0,
		name + `_bucket{operation="read",le="+Inf"}`:  2,
		name + `_count{operation="create"}`:           0,
	} {
		if got := after[series] - before[series]; math.Abs(got-want) > 1e-6 {
			t.Errorf("%s went up by %v, want %v", series, got, want)
		}
	}
}

// Nothing that a caller sends becomes a label.
func TestLabelsAreBounded(t *testing.T) {
	const callers = "what-a-caller-sends"
	for op := registration.Create; op <= registration.Delete; op++ {
		for _, outcome := range []Outcome{Done, Unauthorized, Refused, RefusedUpstream, Failed} {
			d := Decision{
				Operation: op, Outcome: outcome, Status: 400, TokenKind: callers, Token: callers, Profile: callers, PolicyDigest: callers,
				ClientID: callers, RequestID: callers, Remote: callers,
				Violations: []registration.Violation{{Rule: callers, Pointer: callers, Given: callers}},
				Changes:    []registration.Change{{Member: callers, Before: callers, Rule: callers}},
			}
			d.Count()
		}
		ObserveUpstream(op, time.Millisecond)
	}
	series, _ := scrape(t, registered(t))
	count := make(map[string]int)
	for name := range series {
		metric, _, _ := strings.Cut(name, "{")
		count[metric]++
		if strings.Contains(name, callers) {
			t.Errorf("a caller made the series %s", name)
		}
	}
	if n := count["caddy_smart_registration_decisions_total"]; n != 20 {
		t.Errorf("%d series of decisions, want 4 operations by 5 outcomes", n)
	}
	if n := count["caddy_smart_registration_upstream_duration_seconds_count"]; n != 4 {
		t.Errorf("%d series of durations, want 4", n)
	}
}
