// Package smartregistration is a Caddy v2 HTTP handler that stands in front of
// an authorization server's OAuth 2.0 Dynamic Client Registration API (RFC 7591,
// RFC 7592) and decides which SMART on FHIR apps may be registered. See [Handler]
// for its configuration and the README for a first run.
//
// One request takes six steps, each of them one call in [Handler.ServeHTTP]'s
// neighbourhood: admit who is asking, read what they ask for, decide what may be
// registered, forward it, answer with what is true, remember what happened.
package smartregistration
