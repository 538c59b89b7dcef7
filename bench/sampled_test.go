package main

import (
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/caddyconfig"
)

// What is measured with a log that is sampled differs in that, and in nothing else.
func TestSampledCaddyfile(t *testing.T) {
	for _, setting := range settings("127.0.0.1:1", map[string]string{gateway: "127.0.0.1:2"}, "off", t.TempDir()) {
		name, value, _ := strings.Cut(setting, "=")
		t.Setenv(name, value)
	}
	adapt := func(caddyfile string) string {
		config, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(caddyfile), nil)
		if err != nil {
			t.Fatal(err)
		}
		return string(config)
	}
	const sampling = `"logging":{"logs":{"default":{"sampling":{"interval":1000000000,"first":100,"thereafter":100}}}},`
	bounded := adapt(sampledCaddyfile())
	if !strings.Contains(bounded, sampling) {
		t.Fatalf("the log is not sampled: %s", bounded)
	}
	if plain := adapt(caddyfileOf(gateway)); strings.Replace(bounded, sampling, "", 1) != plain {
		t.Errorf("%s is more than sampling in %s", bounded, plain)
	}
}
