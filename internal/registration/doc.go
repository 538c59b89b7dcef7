// Package registration is the vocabulary of OAuth 2.0 Dynamic Client
// Registration (RFC 7591) and its management protocol (RFC 7592): what a
// client may say of itself, what may be done with a registration, and what a
// refusal looks like. It is pure: no network, no configuration, no logging.
//
// The life of one document:
//
//	m, err := registration.Decode(body)          // strict: one JSON object, every member kept, in order
//	changes := registration.Prepare(op, m)       // what never counts: empty strings, members that only the server sets
//	vs := registration.CheckTypes(m)             // a string where an array belongs, …
//	body = m.Encode()                            // what is sent on
//
// [Metadata] keeps the members as they came, unknown ones too, in the order in
// which they came, so that nothing is lost between the socket and the decision
// and so that what is logged, decided and sent is one document. Names are
// compared exactly: RFC 7591 is case-sensitive, and encoding/json, which is
// not, would let "Redirect_URIs" past a rule about "redirect_uris".
//
// A refusal is an [*Error]: status, one code of RFC 7591 or RFC 6750, an ASCII
// sentence, and every [Violation] that was found. It knows how to write itself
// (see [Error.Write]), challenge included.
package registration
