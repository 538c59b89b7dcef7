package main

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
)

// Allocation is what one request costs in memory, of Caddy's ServeHTTP without a
// network.
type Allocation struct {
	Benchmark   string  `json:"benchmark"`
	Bytes       float64 `json:"bytes"`
	Allocations float64 `json:"allocations"`
}

// allocationsCommand prints them.
var allocationsCommand = []string{"go", "test", "-run", "^$", "-bench", "^Benchmark(ReverseProxy|Create|Refuse|Respond)", "-benchtime", "3000x", "-benchmem", "./bench"}

// allocations has the benchmarks of ServeHTTP run, where there is a Go to do so.
func allocations(ctx context.Context) ([]Allocation, error) {
	if _, err := exec.LookPath("go"); err != nil {
		return nil, nil //nolint:nilerr // left out
	}
	said, err := exec.CommandContext(ctx, allocationsCommand[0], allocationsCommand[1:]...).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("go test: %w\n%s", err, said)
	}
	return readBenchmarks(string(said))
}

var benchmarkLine = regexp.MustCompile(`(?m)^Benchmark(\w+?)(?:-\d+)?\s+\d+\s.*?([\d.]+) B/op\s+([\d.]+) allocs/op`)

// readBenchmarks reads what go test -benchmem prints.
func readBenchmarks(said string) ([]Allocation, error) {
	var all []Allocation
	for _, m := range benchmarkLine.FindAllStringSubmatch(said, -1) {
		a := Allocation{Benchmark: m[1]}
		var err error
		if a.Bytes, err = strconv.ParseFloat(m[2], 64); err != nil {
			return nil, err
		}
		if a.Allocations, err = strconv.ParseFloat(m[3], 64); err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("go test printed no benchmark: %s", said)
	}
	return all, nil
}
