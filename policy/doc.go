// Package policy decides what may be registered. It is pure: it knows documents
// (RFC 7591), not requests, servers or configuration files, so a decision can be
// repeated, tested and explained anywhere.
//
// Most uses need three calls:
//
//	p, err := policy.New(policy.Config{…})               // at load: an impossible policy is an error here
//	d := p.Decide(policy.Request{Metadata: document})    // for each registration; never an error
//	if !d.Admitted() { … d.Violations … }
//
// A decision is made in this order:
//
//  1. what never counts is removed: empty strings, members only the server sets;
//  2. what RFC 7591 section 2 gives to an absent member is filled in, unless the
//     policy has something to say about it: grant_types, response_types,
//     token_endpoint_auth_method, application_type. Nothing of weight is left for
//     the authorization server to choose;
//  3. default scopes are added;
//  4. the operators of the metadata policy (OpenID Federation 1.0 section 6.1)
//     run, member by member;
//  5. scope is cut down to what may be had, or refused;
//  6. the built-in rules judge what came out. They are no layer of the policy:
//     no operator overrules them, and each is relaxed only by its name.
//  7. an update without a fresh admission is held against what is registered now
//     and may not go beyond it.
//
// Every step adds to the decision and none ends it early: a refusal names all
// that is wrong, and the [Change] list names all that is different from what was
// asked, each with the rule that did it.
package policy
