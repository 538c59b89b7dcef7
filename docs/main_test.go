package docs_test

import (
	"testing"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets tests run this binary as caddy.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"caddy": caddycmd.Main})
}
