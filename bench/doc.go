// Command bench measures what the gateway costs, as ratios against a bare
// reverse_proxy in the same process, against its peers, and against a real
// Keycloak:
//
//	go run ./bench                  # ten minutes; writes bench/README.md, bench/results and the figures of docs/performance.md
//	go run ./bench -quick           # ten seconds; writes nothing, asserts that every answer is the right one
//	go run ./bench -render          # measures nothing; writes the pages anew from the last results
//	go run ./bench -profile /tmp/p  # and leaves a CPU profile of each scenario there
//	go test -run '^$' -bench . -benchmem ./bench
//
// It runs several processes: this one, which generates the load; an upstream that
// answers every request with a recorded reply of Keycloak's; the measured one,
// which is Caddy as cmd/caddy builds it with the sites of the Caddyfile in this
// directory; and nginx, HAProxy, wrk and Keycloak where they are on the machine:
// what is not there is left out, and the report says so. All listen on loopback,
// and each load ends by its count or its time.
//
// Two things that are compared are measured one after the other, round after
// round, so that what else the machine does meets both. A ratio is that of two
// neighbours; the figure is the median of the rounds. What is asked of the
// figures stands beside them in the report. A run does not fail for them, since
// times and rates belong to a machine: it fails for a wrong answer.
//
// Files: scenario.go is what is sent, rig.go what is started, plan.go how often
// and how long, load.go and attack.go how the load is made (a closed loop, and a
// constant rate); measure.go has the rounds of scenarios, and flood.go, memory.go,
// coldstart.go, keycloak.go, wrk.go and decide.go each one thing more;
// summary.go, again.go, targets.go and report.go are what becomes of it.
package main
