package token

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"slices"
)

// The signature algorithms of RFC 7518 section 3.1 and RFC 8037 that are
// supported, by the kind of key. "none" is not among them, nor can be: a key
// would have to list it.
var (
	rsaAlgorithms        = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
	ecdsaAlgorithms      = []string{"ES256", "ES384", "ES512"}
	eddsaAlgorithms      = []string{"EdDSA"}
	hmacAlgorithms       = []string{"HS256", "HS384", "HS512"}
	asymmetricAlgorithms = slices.Concat(rsaAlgorithms, ecdsaAlgorithms, eddsaAlgorithms)
)

// Algorithms are those that can be verified by public keys, or by a shared secret.
func Algorithms(sharedSecret bool) []string {
	if sharedSecret {
		return hmacAlgorithms
	}
	return asymmetricAlgorithms
}

// hmacKeySize is the size of the hash in bytes, below which RFC 7518
// section 3.2 forbids an HMAC key to be.
var hmacKeySize = map[string]int{"HS256": 32, "HS384": 48, "HS512": 64}

// minRSABits: RFC 7518 section 3.3.
const minRSABits = 2048

// algorithmsOf returns what a key may verify by its type and size: nothing if it
// is too small, or of a type that is not supported. This is the whole defence
// against algorithm confusion, so the key is asked, never the token's header.
func algorithmsOf(key any) []string {
	switch key := key.(type) {
	case *rsa.PublicKey:
		if key.N.BitLen() >= minRSABits {
			return rsaAlgorithms
		}
	case *ecdsa.PublicKey:
		// An invalid point is found here, once, not at each verification.
		if _, err := key.ECDH(); err != nil {
			return nil
		}
		switch key.Curve {
		case elliptic.P256():
			return []string{"ES256"}
		case elliptic.P384():
			return []string{"ES384"}
		case elliptic.P521():
			return []string{"ES512"}
		}
	case ed25519.PublicKey:
		// ed25519.Verify panics at any other length.
		if len(key) == ed25519.PublicKeySize {
			return eddsaAlgorithms
		}
	case []byte:
		var fitting []string
		for _, alg := range hmacAlgorithms {
			if len(key) >= hmacKeySize[alg] {
				fitting = append(fitting, alg)
			}
		}
		return fitting
	}
	return nil
}
