// Command bench measures what the gateway costs, as ratios against a bare
// reverse_proxy in the same process:
//
//	go run ./bench                  # a minute and a half; writes bench/README.md and bench/results/latest.json
//	go run ./bench --quick          # a few seconds; writes nothing, asserts that every answer is the right one
//	go run ./bench -profile /tmp/p  # and leaves a CPU profile of each scenario there
//	go test -run '^$' -bench . -benchmem ./bench
//
// It runs three processes: this one, which generates the load; an upstream that
// answers every request with a recorded reply of Keycloak's; and the measured
// one, which is Caddy as cmd/caddy builds it with the sites of the Caddyfile in
// this directory. The other two are this same binary, started again.
//
// Scenarios are measured in turn, round after round, so that what else the
// machine does meets all of them. A ratio is that of two neighbours in one round;
// the figure is the median of the rounds. There is no threshold on a time or on a
// rate anywhere: those belong to a machine, ratios to the program.
//
// Files: scenario.go is what is sent, rig.go what is started, load.go how the
// load is made, measure.go the rounds, results.go and report.go what is kept.
package main
