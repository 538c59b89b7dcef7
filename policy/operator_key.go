package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// keyOperators judge the keys of a JWK Set (RFC 7517). Of keys at a jwks_uri they
// know nothing.
var keyOperators = []operator{
	{
		name: "key_types", kinds: keyKinds, compile: compileWords(readKeyType), merge: mergeChoice,
		inspect: eachKey("kty", hasKeyType), needs: needsKeys,
	},
	{
		name: "min_rsa_bits", kinds: keyKinds, compile: compileLimit, merge: mergeMost,
		inspect: eachKey("n", hasRSABits), needs: needsKeys,
	},
	{
		name: "curves", kinds: keyKinds, compile: compileWords(readCurve), merge: mergeChoice,
		inspect: eachKey("crv", hasCurve), needs: needsKeys,
	},
	{
		name: "key_ids", kinds: keyKinds, compile: compileWord("required", "optional"), merge: mergeStrict("required"),
		inspect: eachKey("kid", hasKeyID), needs: needsKeys,
	},
}

const needsKeys = "a JWK Set"

// keyTypes and keyCurves are the registered ones (IANA, "JSON Object Signing and
// Encryption"), case-sensitive (RFC 7517 section 4.1). The built-in rules let fewer
// through. One that is none of them is no key's.
var (
	keyTypes  = []string{"RSA", "EC", "OKP", "AKP", "oct"}
	keyCurves = []string{"P-256", "P-384", "P-521", "Ed25519", "Ed448", "X25519", "X448", "secp256k1"}
)

func readKeyType(s string) (string, error) { return registered(s, "key type", keyTypes) }

func readCurve(s string) (string, error) { return registered(s, "curve", keyCurves) }

func registered(s, what string, names []string) (string, error) {
	if !slices.Contains(names, s) {
		return "", fmt.Errorf("%q is no %s (there are: %s)", s, what, strings.Join(names, " "))
	}
	return s, nil
}

// eachKey makes an inspection of a test of one key, which returns one sentence on
// what is wrong with the named part of it, or "".
func eachKey(part string, test func(o *operand, key *Metadata) string) func(*operand, subject) ([]flaw, finding) {
	return func(o *operand, s subject) ([]flaw, finding) {
		if s.value == nil {
			return nil, fine
		}
		set, ok := s.value.(*Metadata)
		if !ok {
			return nil, unsupported
		}
		keys, ok := registration.KeyArray(set)
		if !ok {
			return nil, unsupported
		}
		var flaws []flaw
		for i := range keys {
			key := keys[i].(*Metadata)
			if detail := test(o, key); detail != "" {
				given, _ := key.Get(part)
				flaws = append(flaws, flaw{steps: []string{"keys", index(i), part}, given: given, detail: detail})
			}
		}
		return flaws, fine
	}
}

func hasKeyType(o *operand, key *Metadata) string {
	if v, _ := key.Get("kty"); v != nil && o.set.contains(v) {
		return ""
	}
	return "the key's type is not one of those allowed"
}

// hasRSABits takes a key for an RSA key by its modulus too: whatever kty says,
// somebody may use it as one.
func hasRSABits(o *operand, key *Metadata) string {
	if key.String("kty") != "RSA" && !key.Has("n") {
		return ""
	}
	bits, readable := registration.RSABits(key)
	if !readable {
		return "the RSA key's modulus cannot be read"
	}
	if bits < o.limit {
		return "the RSA key is too short: at least " + strconv.Itoa(o.limit) + " bits"
	}
	return ""
}

// hasCurve judges the key types that are on a curve, and whatever names one.
func hasCurve(o *operand, key *Metadata) string {
	v, named := key.Get("crv")
	switch kty := key.String("kty"); {
	case v != nil && o.set.contains(v):
		return ""
	case named || kty == "EC" || kty == "OKP":
		return "the key's curve is not one of those allowed"
	}
	return ""
}

func hasKeyID(o *operand, key *Metadata) string {
	if o.value == "required" && key.String("kid") == "" {
		return "the key has no kid"
	}
	return ""
}
