// Package discovery makes the documents in which clients find the registration
// endpoint name the gateway's: the Caddy HTTP handler
// http.handlers.smart_discovery, directive smart_discovery.
//
// An authorization server that stands behind the gateway goes on to advertise an
// endpoint of its own, which is closed or ought to be. The handler changes what
// the next handler answers, in four documents:
//
//	{base}/.well-known/smart-configuration              SMART App Launch 2.2, "Conformance"
//	{base}/.well-known/openid-configuration             OpenID Connect Discovery 1.0
//	{base}/.well-known/oauth-authorization-server       RFC 8414
//	/.well-known/oauth-authorization-server/{path}      RFC 8414 section 3.1, and the same of openid-configuration
//	{base}/metadata                                     FHIR CapabilityStatement with SMART 1.0's oauth-uris
//
// # From request to answer
//
// The package document tells which document a path names, and changes its text. The request goes on as a GET
// without conditions, ranges and encodings, so that what comes back is one whole
// document (request.go). capture holds it back; what is no such document, because
// of its status, its type or its size, flows through it untouched. What was
// changed goes out with an ETag of its own, and http.ServeContent answers the
// caller's conditions (answer.go).
package discovery
