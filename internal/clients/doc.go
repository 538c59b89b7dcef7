// Package clients has clients that others wrote register through the gateway at
// a real Keycloak, unmodified. It has no code but tests.
//
// Each client looks up the endpoint in the discovery document, registers with an
// initial access token, and judges the answer by its own parser; then it reads,
// updates and deletes its registration and gets a token with its credentials, as
// far as it can. The same program does the same at Keycloak alone. What differs
// is the table in docs/clients.md, which the tests hold to what they measured;
// after a change that is meant,
//
//	go test ./internal/clients/ -update
//
// writes it anew.
//
// The clients are two npm packages (node/, pinned by its lockfile), the MCP Go SDK
// (mcp/, a module of its own, so that the gateway does not depend on it), and
// kcreg.sh, which is part of Keycloak's distribution. Where Java, Maven, node or
// npm is missing the tests are skipped and say what to install; with CI=true in
// the environment that is a failure.
package clients
