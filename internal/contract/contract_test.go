package contract

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/caddy-smart/smartregistration/internal/keycloaktest"
)

// TestSandbox runs the suite on the embedded sandbox.
func TestSandbox(t *testing.T) { run(t, startSandbox, setups...) }

// TestKeycloak runs the suite on real Keycloaks, one after another: the newest in
// every setup, the others in the one that all of them have alike (before 26 there
// are other options for a hostname, and none that believes one proxy alone). How
// Keycloak learns its address has nothing to do with how it registers clients.
func TestKeycloak(t *testing.T) {
	keycloaktest.Require(t)
	for _, version := range keycloaktest.Versions {
		in := setups
		if version != keycloaktest.DefaultVersion {
			in = []setup{neither}
		}
		t.Run(version, func(t *testing.T) {
			if version != keycloaktest.DefaultVersion {
				requireTime(t)
			}
			run(t, startKeycloak(version), in...)
		})
	}
}

// requireTime skips what go test's own time limit may not be enough for: a server
// that is not on this machine yet is fetched and made ready first. With CI=true
// that is a failure.
func requireTime(t *testing.T) {
	t.Helper()
	const enough = 4 * time.Minute
	deadline, limited := t.Deadline()
	switch {
	case !limited || time.Until(deadline) > enough:
	case os.Getenv("CI") == "true":
		t.Fatal("there is no time left for another server: raise -timeout")
	default:
		t.Skip("there may be no time left for another server: -timeout 30m gives it some")
	}
}

// TestOIDCProvider runs the suite on oidc-provider, a server that keeps to the
// RFCs, by the dialect generic.
func TestOIDCProvider(t *testing.T) {
	requireNode(t)
	requireTime(t)
	run(t, startOIDCProvider, neither)
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
	{"left out", testLeftOut},
	{"widening", testWidening},
	{"widening of keys", testWideningKeys},
	{"vouched", testVouched},
	{"frozen", testFrozen},
	{"compatibility", testCompatibility},
	{"kodjin", testKodjin}, // last: it loads a configuration of its own
}

// run runs the contract in each setup, and then reads the log.
func run(t *testing.T, start start, in ...setup) {
	secrets := newVault()
	logFile := filepath.Join(t.TempDir(), "caddy.log")
	for _, s := range in {
		t.Run(s.name, func(t *testing.T) {
			g := newGateway(t, s, start, secrets, logFile)
			lacks := g.server.lacks()
			for _, c := range cases {
				if why := lacks[c.name]; why != "" {
					t.Logf("%s has no part in %s: %s", g.server.version(), c.name, why)
					continue
				}
				t.Run(c.name, func(t *testing.T) { c.test(t, g) })
			}
		})
	}
	t.Run("the log has no secret", func(t *testing.T) { secrets.search(t, logFile) })
}
