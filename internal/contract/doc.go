// Package contract is the gateway's contract with its callers and with the
// authorization server, as tests: one suite, run through a Caddy that really
// listens, in front of the embedded sandbox, of four versions of a real Keycloak,
// and of node's oidc-provider. It has no code but tests.
//
// # Running it
//
//	go test ./internal/contract/ -timeout 30m                  # all servers
//	go test ./internal/contract/ -run TestSandbox              # without Java and Node.js
//	go test ./internal/contract/ -run TestKeycloak/26.0.8 -v   # one version
//	go test ./internal/contract/ -run TestOIDCProvider
//
// Without Java and Maven, or Node.js and npm, their part is skipped and says what to
// install; with CI=true in the environment that is a failure.
//
// What callers see on each server is in docs/compatibility.md, which the suite
// writes (-args -update) and holds every run against (compatibility_test.go).
//
// # How it is built
//
// A server (server_test.go) is what the suite needs of an authorization server:
// where it listens, a token to register with, and what it really stored. There
// are three, sandboxServer, keycloakServer and oidcProvider. Nothing else in the
// package knows which of them it runs against. A case may ask whether the server has
// a quirk of the dialect's table (has), where callers see that quirk; and a server
// says which cases it has no part in (lacks).
//
// The sandbox and the newest Keycloak run in three setups, because Keycloak binds
// its tokens to the issuer that it believes itself to be: with its hostname pinned
// to the public address, with X-Forwarded-* headers believed, and with neither,
// where the gateway names the server by upstream_host. The others run in the last.
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
