// Package probe looks at a running gateway from outside, as its callers do, and at
// the authorization server behind it: what a security team asks before it opens
// either to the world. It is for an operator who may register clients there.
//
// [Run] registers throw-away clients through the gateway and around it, and
// judges what comes back by a table of checks, each of which gives one [Row]: what
// was asked, a [Verdict], what was seen, and what to do. A check sees only what
// answers tell; where they do not, the verdict is unknown and never pass.
//
//	gateway/…    a registration is made, read, updated and deleted (gateway.go, ending.go)
//	policy/…     what no gateway may let through is refused (refusals.go)
//	public/…     the public host has no way around the gateway (public.go, detours.go)
//	server/…     who reaches the server itself, and what it does then (server.go)
//	quirk/…      what is peculiar to the server, and whether the dialect knows (quirks.go,
//	             provocations.go)
//	discovery/…  which registration endpoint apps are told (discovery.go)
//	realm/…      consent, full scope and PKCE, which no registration can set (realm.go, admin.go)
//	left         what was left behind (ledger.go)
//
// # What it leaves behind
//
// Nothing, or it says what. Every request that could make a client is entered in a
// ledger before it is sent; a cancelled context, a timeout and a panic in a check
// all end in the same clean-up, which has a time of its own. What could not be
// deleted, and what may exist without an answer having named it, is in
// [Report].Left. A request that is under way is never given up because the context
// ended: an answer that nobody reads is a client that nobody knows.
//
// # Bounds
//
// Requests go out one after the other, at most [maxRequests] of them, each with a
// timeout; at most [MaxRegistrations] clients are registered. Redirects are never
// followed. Addresses come from the [Target] alone: of what a document or an
// answer says only the path is used, at the public host.
//
// Tokens and secrets go into requests only. Every text of a report is searched for
// them before it leaves.
package probe
