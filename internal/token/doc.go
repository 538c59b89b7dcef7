// Package token decides who vouches for a registration.
//
// RFC 7591 section 3 lets an authorization server ask for an initial access
// token before it registers a client, and RFC 7592 has every registered client
// manage itself with a registration access token. Both travel as bearer tokens
// (RFC 6750). This package takes the token out of a request and answers with an
// [Admission], which says what the token proves, or with an error, which says
// how to refuse:
//
//	raw, err := token.Bearer(r.Header)
//	if err != nil && !errors.Is(err, token.ErrMissing) {
//		return err
//	}
//	admission, err := verifiers.Verify(r.Context(), raw) // a token.Chain
//
// A missing token goes to the chain as "": only [Open] admits it, and the chain
// answers [ErrMissing] if there is no Open in it.
//
// # Verifiers
//
//   - [JWT] verifies a signed token of some issuer here: signature, issuer,
//     audience, times, required claims. Nothing that it returns is guesswork.
//   - [Passthrough] lets the authorization server judge its own token, and looks
//     only at the form, because the key is not to be had: Keycloak signs initial
//     access tokens with an HMAC key that it never publishes. A stranger can
//     forge what passes; what such an Admission says is a claim, no proof.
//   - [RegistrationAccessToken] is the same for the client configuration endpoint.
//   - [Open] admits requests without a token.
//
// A verifier says [ErrNotMine] about a token that is evidently meant for another
// one (another issuer, another type, not a JWT at all); any other answer is final.
// [Chain] relies on that, and turns "nobody's" into [ErrInvalid].
//
// # Keys
//
// [StaticSecret] and [StoredJWKS] hold keys that the operator wrote down.
// [RemoteJWKS] fetches them in the background, so that a dead key server neither
// stops the start nor, once a set has been seen, the service; until then
// verification answers [ErrUnavailable].
// A key knows which algorithms it may verify, from its type, its size and its
// JWK members, and the header of a token only chooses among these. So a public
// key never ends up as an HMAC secret (RFC 8725 section 3.1).
//
// # Errors
//
// Every error is one of the sentinels, each of which documents its status code.
// [Reason] gives the sentence that a caller may see: ASCII, fit for the
// error_description of a challenge, and without a word from the token.
// Logs name a token by its [Fingerprint].
//
// # The JOSE library
//
// Signatures of public keys are checked by github.com/lestrrat-go/jwx/v2, of which
// no type shows in this package's API, so that moving to a later version touches
// this package alone; HMACs by the standard library, with the secret hashed once,
// which a fuzz target holds against jwx. The library's jwt package is not used: with
// its defaults "exp":0 and "exp":0.9 count as no expiry, the last of two equal
// claims wins, and trailing bytes, unknown critical headers and JSON serialisation
// are accepted. The strict reading is in compact.go and object.go.
package token
