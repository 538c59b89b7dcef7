package registration

import (
	"encoding/base64"
	"math/big"
	"strings"
)

// Keys returns the keys of a JWK Set (RFC 7517 section 5): nil where set is not
// one, that is where "keys" is missing or has anything but objects in it.
func Keys(set *Metadata) []*Metadata {
	array, ok := KeyArray(set)
	if !ok {
		return nil
	}
	keys := make([]*Metadata, len(array))
	for i, e := range array {
		keys[i] = e.(*Metadata)
	}
	return keys
}

// KeyArray is [Keys] where it stands: an array of nothing but objects, and whether
// there is one.
func KeyArray(set *Metadata) ([]any, bool) {
	v, _ := set.Get("keys")
	array, ok := v.([]any)
	if !ok {
		return nil, false
	}
	for _, e := range array {
		if _, ok := e.(*Metadata); !ok {
			return nil, false
		}
	}
	return array, true
}

// privateMembers are what only a private or a symmetric key has (RFC 7518
// section 6.2.2, 6.3.2, 6.4.1; "d" is also that of RFC 8037, "priv" that of the
// post-quantum key types).
var privateMembers = []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"}

// PrivatePart returns the name of the first member by which a JWK gives away
// its secret, "" if there is none.
func PrivatePart(key *Metadata) string {
	for _, name := range privateMembers {
		if key.Has(name) {
			return name
		}
	}
	return ""
}

// RSABits is how long the modulus of a key is (RFC 7518 section 6.3.1.1); false
// where there is none that can be read.
func RSABits(key *Metadata) (int, bool) {
	n := key.String("n")
	modulus, err := base64.RawURLEncoding.Strict().DecodeString(n)
	if err != nil || len(modulus) == 0 || strings.ContainsAny(n, "\r\n") { // which the decoder passes over
		return 0, false
	}
	return new(big.Int).SetBytes(modulus).BitLen(), true
}
