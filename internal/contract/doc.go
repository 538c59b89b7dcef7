// Package contract is the gateway's contract with its callers and with the
// authorization server, as tests: one suite, run through a Caddy that really
// listens, in front of the embedded sandbox and in front of a real Keycloak. It
// has no code but tests.
//
// # Running it
//
//	go test ./internal/contract/                        # both servers
//	go test ./internal/contract/ -run TestSandbox       # without Java
//	go test ./internal/contract/ -run TestKeycloak -v   # says which version
//
// Without Java and Maven the Keycloak half is skipped and says what to install;
// with CI=true in the environment that is a failure.
//
// # How it is built
//
// A server (server_test.go) is what the suite needs of an authorization server:
// where it listens, a token to register with, and what it really stored. There
// are two, sandboxServer and keycloakServer. Nothing else in the package knows
// which of them it runs against: a case that would have to is a difference
// between the two, and the sandbox is the one to change.
//
// Each server runs in three setups, because Keycloak binds its tokens to the
// issuer that it believes itself to be: with its hostname pinned to the public
// address, with X-Forwarded-* headers believed, and with neither, where the
// gateway names the server by upstream_host.
//
// A gateway (gateway_test.go) is one Caddy configuration with one handler for
// each variant of the configuration, told apart by their paths. Between it and
// the server stands a recorder (recorder_test.go) that keeps every request. So
// each case sees what its request caused upstream, normally nothing where it was
// refused, and every request is held against the list of headers that may pass.
//
// A caller (caller_test.go) sends each request loaded with headers that must not
// pass, and holds every answer against what all answers have in common.
//
// A vault (vault_test.go) remembers every token, secret and private key that the
// suite sees. When Caddy has stopped, its whole log, at level DEBUG and with
// access logs, is searched for them.
package contract
