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
//     no operator overrules them, and each is relaxed only by its name;
//  7. the operator's rules ([Rule]) judge it too. One that cannot be evaluated
//     refuses: the violation policy_error;
//  8. an update without a fresh admission is held against what is registered now
//     and may not go beyond it.
//
// Every step adds to the decision and none ends it early: a refusal names all
// that is wrong, and the [Change] list names all that is different from what was
// asked, each with the rule that did it.
//
// # Rules
//
// A rule is an expression in CEL that has to be true. Its variables:
//
//	metadata   the final document; members that may be absent need has(metadata.x)
//	token      who vouches: kind, issuer, subject, id, claims. Null on an update
//	request    operation (create, update), method, remote_ip, profile (its name)
//	now        the time of the request, a timestamp in UTC
//	previous   on an update, what is registered now, without secrets; else null
//
// Its functions, beside those of CEL and of its extensions for strings, lists,
// sets, math, network addresses, optional values, bindings and two-variable
// macros:
//
//	uri(string)    scheme, host, port (0: none written), path, query
//	smart(string)  of one scope: kind, context, resource_type, permissions, query
//	covers(a, b)   whether the scopes a grant all that the scopes b do
//	jwk(map)       of one key: kty, crv, kid, use, alg, bits (of an RSA key)
//
// Objects are gone through in the order of their members' names, and there is no
// clock in the limits of an evaluation: the same request gets the same decision.
package policy
