package contract

import (
	"path/filepath"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/keycloaktest"
)

// TestSandbox runs the suite on the embedded sandbox.
func TestSandbox(t *testing.T) { run(t, startSandbox) }

// TestKeycloak runs the suite on a real Keycloak.
func TestKeycloak(t *testing.T) {
	keycloaktest.Require(t)
	run(t, startKeycloak)
}

// cases is the contract.
var cases = []struct {
	name string
	test func(*testing.T, *gateway)
}{
	{"seed", testSeed},
	{"scopes", testScopes},
	{"grants", testGrants},
	{"uris", testURIs},
	{"lengths", testLengths},
	{"members", testMembers},
	{"explain", testExplain},
	{"bodies", testBodies},
	{"endpoints", testEndpoints},
	{"detours", testDetours},
	{"names", testNames},
	{"tokens", testTokens},
	{"lifecycle", testLifecycle},
	{"strangers", testStrangers},
	{"update", testUpdate},
	{"widening", testWidening},
	{"widening of keys", testWideningKeys},
	{"vouched", testVouched},
	{"frozen", testFrozen},
	{"kodjin", testKodjin}, // last: it loads a configuration of its own
}

// run runs the contract in every setup, and then reads the log.
func run(t *testing.T, start start) {
	secrets := newVault()
	logFile := filepath.Join(t.TempDir(), "caddy.log")
	for _, s := range setups {
		t.Run(s.name, func(t *testing.T) {
			g := newGateway(t, s, start, secrets, logFile)
			for _, c := range cases {
				t.Run(c.name, func(t *testing.T) { c.test(t, g) })
			}
		})
	}
	t.Run("the log has no secret", func(t *testing.T) { secrets.search(t, logFile) })
}
