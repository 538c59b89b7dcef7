package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// The pages say what the last run measured.
func TestPages(t *testing.T) {
	t.Parallel()
	results, err := readResults(".")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := results.pages("..")
	if err != nil {
		t.Fatal(err)
	}
	for name, page := range pages {
		if page != content(t, "../"+name) {
			t.Errorf("%s is not what comes of %s: go run ./bench -render writes it", name, resultsFile)
		}
	}
}

// All that can be measured has its place on the pages.
func TestPagesOfEverything(t *testing.T) {
	t.Parallel()
	k, err := newKeys()
	if err != nil {
		t.Fatal(err)
	}
	all, err := scenarios(k)
	if err != nil {
		t.Fatal(err)
	}
	compared := func(name string, subject, base float64) Comparison {
		return compare(name, []Pair{{1, subject, base}})
	}
	flood := &Flood{GoodRate: 7, P99: compared("flood", 3, 2), Sent: Spread{4999, 4998, 5000}}
	oneCore := &Flood{GoodRate: 7, P99: compared("flood_one_core", 5, 2), Sent: flood.Sent}
	beside := &Flood{GoodRate: 7, P99: compared("flood_beside", 4, 2), Sent: flood.Sent}
	coldStart, crossCheck := compared("cold_start", 66, 60), compared("wrk", 4001, 5003)
	r := &Results{
		Environment: Environment{Peers: []Peer{{"nginx", "1.22.1"}, {"wrk", ""}}},
		Keycloak: &Keycloak{
			Version: "1.2.3", Registrations: compared("keycloak", 99, 100), P50: compared("keycloak_p50", 31, 30), Flood: flood,
			RefuseToken: compared("refuse_token_vs_keycloak", 4000, 1000), RefusePolicy: compared("refuse_policy_vs_keycloak", 3000, 200),
		},
		Flood: flood, FloodOneCore: oneCore, FloodBeside: beside,
		Memory: &Memory{
			Steady: Spread{32 * mebibyte, 0, 0}, Rate: 4000, Uploads: 2, UploadSent: 32 << 10,
			Before: mebibyte, During: mebibyte + 128<<10, StillAnswered: true,
		},
		ColdStart: &coldStart, CrossCheck: &crossCheck,
		Again:       &Again{Command: "go run ./bench", Date: "the day before", Figures: []Repeat{{"accept", Spread{3, 2, 4}, Spread{9, 8, 9}, false}}},
		Allocations: []Allocation{{"Create", 1234, 56}},
	}
	for _, name := range []string{"decide", "decide_hosts", "decide_offered", "decide_offered_many", "narrow", "narrow_realm"} {
		r.Deciding = append(r.Deciding, Deciding{Case: name, Nanoseconds: 1500})
	}
	for _, s := range all {
		for _, name := range []string{s.name, s.against} {
			if s.against != "" {
				r.Rounds = append(r.Rounds, Round{Round: 1, Scenario: name, Beside: s.name, Throughput: 1000, CPU: 100})
			}
		}
	}
	r.summarize(all)
	if r.Ratios["flood_p99"] != 1.5 || r.Ratios["flood_one_core_p99"] != 2.5 || r.Ratios["flood_beside_p99"] != 2 {
		t.Errorf("ratios %v, want those of all floods", r.Ratios)
	}
	for _, target := range r.Targets {
		if target.Met == "" {
			t.Errorf("not judged: %+v", target)
		}
	}
	pages, err := r.pages("..")
	if err != nil {
		t.Fatal(err)
	}
	for name, lines := range map[string][]string{
		"bench/README.md": {
			"against alone | at least 0.98x | **0.99x** | yes |", "by Keycloak | at least 12x | **15.00x** | yes |",
			"at most 64 MiB | **32.0 MiB at 4000 a second** | no |", // of 5,000
			"`wrk`: not on this machine, left out", "| nginx | 1.22.1 |", "by our own 1.00.",
			"| `accept` | 3.00 (2.00 to 4.00) | 9.00 (8.00 to 9.00) | **no** |",
			"| 99.0 (99.0 to 99.0) | 100.0 (100.0 to 100.0) | **0.990**", "| `Create` | 1234 | 56 |", "1.1 MiB, 64 KiB each",
			"| Keycloak alone on one core, 7 good ones a second | 4999 (4998 to 5000) | 3.00 (3.00 to 3.00) |",
		},
		"docs/performance.md":          {"| registrations a second of Keycloak 1.2.3 on one core: behind the gateway, alone | 99, 100 |", "after 32 KiB | 64 KiB |", "with a log that is sampled | 1000; 1000 |"},
		"bench/results/keycloak.svg":   {"bad scope, here"},
		"bench/results/throughput.svg": {"haproxy_refuse"},
	} {
		for _, line := range lines {
			if !strings.Contains(pages[name], line) {
				t.Errorf("%s has no %q:\n%s", name, line, pages[name])
			}
		}
	}
}

const operatorsPage = "../docs/performance.md"

// The metrics that operators are told to watch are there.
func TestOperatorsPageMetrics(t *testing.T) {
	t.Parallel()
	telemetry := content(t, "../internal/telemetry/doc.go")
	outcomes := content(t, "../internal/telemetry/metrics.go")
	page := content(t, operatorsPage)
	names := regexp.MustCompile(`caddy_smart_registration_\w+`).FindAllString(page, -1)
	if len(names) == 0 {
		t.Fatal("the page names no metric")
	}
	for _, name := range names {
		if !strings.Contains(telemetry, name) {
			t.Errorf("there is no metric %s", name)
		}
	}
	for _, outcome := range regexp.MustCompile(`outcome="(\w+)"`).FindAllStringSubmatch(page, -1) {
		if !strings.Contains(outcomes, `"`+outcome[1]+`"`) {
			t.Errorf("there is no outcome %s", outcome[1])
		}
	}
}

func content(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
