package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// Environment is where and when the figures were taken.
type Environment struct {
	Date      string `json:"date"`
	Go        string `json:"go"`
	Caddy     string `json:"caddy"`
	Keycloak  string `json:"recorded_keycloak"`
	System    string `json:"system"`
	Processor string `json:"processor"`
	Cores     int    `json:"cores"`
	Pinning   string `json:"pinning"`
	Peers     []Peer `json:"peers"`
	// Load is the load average of the last minute at the start: what else the
	// machine was doing.
	Load string `json:"load_average_before"`
}

func environment(r *rig) Environment {
	e := Environment{
		Date: time.Now().UTC().Format(time.RFC3339), Go: runtime.Version(), Keycloak: recordedVersion,
		System:    runtime.GOOS + "/" + runtime.GOARCH + " " + strings.TrimSpace(readProc("/proc/sys/kernel/osrelease")),
		Processor: processor(), Cores: runtime.NumCPU(), Pinning: r.cores.String(),
	}
	e.Load, _, _ = strings.Cut(readProc("/proc/loadavg"), " ")
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if module.Path == "github.com/caddyserver/caddy/v2" {
				e.Caddy = module.Version
			}
		}
	}
	return e
}

func processor() string {
	for line := range strings.Lines(readProc("/proc/cpuinfo")) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// readProc is the content of a file of the system's; none where there is none:
// then the report has one fact less.
func readProc(path string) string {
	content, _ := os.ReadFile(path)
	return string(content)
}
