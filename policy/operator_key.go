package policy

import (
	"errors"
	"strconv"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// keyOperators judge the keys of a JWK Set (RFC 7517). Of keys at a jwks_uri they
// know nothing.
var keyOperators = []operator{
	{
		name: "key_types", kinds: keyKinds, compile: compileWords(readName), merge: mergeChoice,
		inspect: eachKey("kty", hasKeyType), needs: needsKeys,
	},
	{
		name: "min_rsa_bits", kinds: keyKinds, compile: compileLimit, merge: mergeMost,
		inspect: eachKey("n", hasRSABits), needs: needsKeys,
	},
	{
		name: "curves", kinds: keyKinds, compile: compileWords(readName), merge: mergeChoice,
		inspect: eachKey("crv", hasCurve), needs: needsKeys,
	},
	{
		name: "key_ids", kinds: keyKinds, compile: compileWord("required", "optional"), merge: mergeStrict("required"),
		inspect: eachKey("kid", hasKeyID), needs: needsKeys,
	},
}

const needsKeys = "a JWK Set"

// readName: names of key types and curves are case-sensitive (RFC 7517 section
// 4.1), and more are registered than are known here.
func readName(s string) (string, error) {
	if s == "" {
		return "", errors.New("an empty string names nothing")
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
