// Package sandbox is an authorization server's Dynamic Client Registration API
// held in memory: something to point the gateway at without Java, for the first
// ten minutes with the project and for tests. It is the Caddy HTTP handler
// http.handlers.smart_registration_sandbox, directive smart_registration_sandbox.
//
// It is not an authorization server. There is no login, no consent and no token
// for the clients that it registers; everything is forgotten when the process
// ends.
//
// # What it imitates
//
// Keycloak 26.7 on the wire, including what a gateway has to put right: it
// refuses members it does not know, gives every optional scope to a client that
// names none, adds "none" to response_types, stores a logo_uri without echoing
// it, sends a client_secret without Cache-Control, and answers 500 to a name of
// 256 characters. The recorded exchanges in testdata/exchanges are the judge:
// TestReplay sends each of them and compares status, header fields and body,
// down to the order of the members. Where no exchange exists, the code follows
// the shape of the server and claims nothing.
//
// # What it serves
//
//	POST              /realms/{realm}/clients-registrations/openid-connect
//	GET, PUT, DELETE  /realms/{realm}/clients-registrations/openid-connect/{client_id}
//	POST              /realms/{realm}/clients-registrations/default
//	DELETE            /realms/{realm}/clients-registrations/default/{client_id}
//	POST              /realms/{realm}/protocol/openid-connect/token
//	GET               /realms/{realm}/.well-known/openid-configuration
//	POST              /initial-access-token
//
// Everything else is a 404: the sandbox poses as a whole server, so it never
// calls the next handler. The provider "default" is there because Keycloak's is:
// it takes the same tokens and applies none of the gateway's rules, so a
// configuration that lets it be reached has to be seen to fail.
//
// The last endpoint is not Keycloak's. It stands in for the administration API
// and answers like it; only direct requests from the machine itself may use it,
// so that no token has to be printed in a log.
//
// # How a request is judged
//
// In the server's own order, because the order decides which error a caller
// sees: content type, JSON and unknown members (metadata.go), origin, client_id,
// conversion (client.go), token (admission.go), scopes (scopes.go), URIs and
// lengths (validation.go). A use of an initial access token is taken last, in
// the step that stores the client (realm.go), so a refused request costs none.
//
// # Tokens and state
//
// Initial and registration access tokens are HS512 under a key that nobody else
// has, as Keycloak's are. Their issuer is derived from each request unless
// hostname pins it: a token that was minted under one host name is refused under
// another. That is Keycloak's behaviour, too. The one deviation: the access
// token of the service account is HS512 as well, where Keycloak signs RS256.
//
// Key, tokens and clients belong to the realm's name, not to the handler: they
// survive a reload of the configuration, and two handlers with one realm name
// share them.
package sandbox
