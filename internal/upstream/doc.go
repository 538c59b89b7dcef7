// Package upstream talks to the authorization server's registration API.
//
// [Upstream.Exchange] sends one request through a Caddy handler (a
// reverse_proxy, with whatever load balancing, health checks and TLS the
// operator gave it) and captures the reply, whole or not at all. What is sent
// is built here: a document that was decided, the headers on a list, and a
// credential. What comes back is captured into memory of bounded size, behind
// a writer of its own, so that a server that dies half-way becomes an error and
// not half an answer.
//
// A [Dialect] knows one kind of server. It turns a decided document into what
// that server understands ([Dialect.Outgoing]), its reply into what is truly
// registered ([Dialect.Registered]), and its refusals into RFC 7591's
// ([Dialect.Refusal]). All that is peculiar to a server is a table of named
// quirks, so that what fires can be counted, and what a new version no longer
// needs can be struck out. The fact behind each quirk is an exchange in
// testdata/exchanges, recorded from the real server.
//
// A [Credential] is what the gateway itself presents, where callers hold no
// credential of the server.
package upstream
