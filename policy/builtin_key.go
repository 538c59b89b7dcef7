package policy

import (
	"crypto/ecdh"
	"encoding/base64"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// keyRules judge the client's keys.
var keyRules = []builtInRule{
	{name: "jwks_exclusive", check: checkKeysOnce},
	{name: "jwks_private", check: checkPrivateKeys},
	{name: "jwks_key_type", check: checkKeyTypes},
	{name: "jwks_parameters", check: checkKeyParameters},
	{name: "keys_required", check: checkKeysRequired},
	{name: "signing_alg_none", check: checkSigningAlgorithms},
}

// checkKeysOnce: jwks and jwks_uri must not both be there (RFC 7591 section 2).
func checkKeysOnce(d *finalDocument) []Violation {
	if !d.Has("jwks") || !d.Has("jwks_uri") {
		return nil
	}
	return []Violation{violation("jwks and jwks_uri may not be used together", nil, nil, "jwks_uri")}
}

// checkPrivateKeys refuses a key that gives its secret away. Keycloak stores it
// and sends it back in the answer (measured on 24.0.5 to 26.7.5).
func checkPrivateKeys(d *finalDocument) []Violation {
	var vs []Violation
	for i := range d.keys {
		key := d.keys[i].(*Metadata)
		if part := registration.PrivatePart(key); part != "" {
			// The value stays out of the violation: it is the secret.
			vs = append(vs, violation("a key has its private part in it; register the public key only", nil, nil,
				"jwks", "keys", index(i), part))
		}
	}
	return vs
}

// checkKeyTypes: a client authenticates with a signature that only it can make,
// so a key is of an asymmetric type (RFC 7518 section 6.1, RFC 8037).
func checkKeyTypes(d *finalDocument) []Violation {
	var vs []Violation
	for i := range d.keys {
		key := d.keys[i].(*Metadata)
		switch kty := key.String("kty"); kty {
		case "RSA", "EC", "OKP":
		default:
			vs = append(vs, violation("the key type must be asymmetric", kty, []string{"RSA", "EC", "OKP"},
				"jwks", "keys", index(i), "kty"))
		}
	}
	return vs
}

// checkKeyParameters: a key must be of a size that signatures are made with (RFC
// 7518 section 3.3 and 6, RFC 8037 section 2), and not one with which everybody's
// signature is valid, as with the public exponent 1, or nobody's. Keycloak answers
// 500 to an RSA modulus of one byte or of 50,000 (measured on 26.7.5). What is not
// base64url is refused, since a server may read more than that: Keycloak takes a
// modulus in plain base64 too, with padding, of any length. What has no digit of it
// at all is no key to anybody, and is left for the server to say so.
func checkKeyParameters(d *finalDocument) []Violation {
	var vs []Violation
	for i := range d.keys {
		key := d.keys[i].(*Metadata)
		if member, detail := badParameter(key); member != "" {
			vs = append(vs, violation(detail, nil, nil, "jwks", "keys", index(i), member))
		}
	}
	return vs
}

// ecCurves are those of RFC 7518 section 6.2.1.1.
var ecCurves = map[string]ecdh.Curve{"P-256": ecdh.P256(), "P-384": ecdh.P384(), "P-521": ecdh.P521()}

// coordinateBytes is how long the coordinates of a curve's points are.
var coordinateBytes = map[string]int{"P-256": 32, "P-384": 48, "P-521": 66, "Ed25519": 32, "Ed448": 57}

const (
	noCurve = "the curve is none that signatures are made with"
	noPoint = "the key has no point on its curve"
)

func badParameter(key *Metadata) (member, detail string) {
	nothing := func(name string) bool { // to anybody
		text := key.String(name)
		return text != "" && !strings.ContainsFunc(text, isBase64Digit)
	}
	within := func(name string, least, most int) bool {
		size, _ := encodedSize(key.String(name))
		return nothing(name) || (size >= least && size <= most)
	}
	for _, name := range [...]string{"n", "e", "x", "y"} {
		if _, readable := encodedSize(key.String(name)); !readable && !nothing(name) {
			return name, "the parameter is not base64url without padding"
		}
	}
	kty, crv := key.String("kty"), key.String("crv")
	curve, onEC := ecCurves[crv]
	size, known := coordinateBytes[crv]
	switch kty {
	case "RSA":
		if bits, _ := registration.RSABits(key); !nothing("n") && (bits < 2048 || bits > 8192) {
			return "n", "an RSA key has 2048 to 8192 bits"
		}
		if !within("e", 1, 8) {
			return "e", "an RSA key has a public exponent of at most 8 bytes"
		}
		if !isExponent(key.String("e")) {
			return "e", "an RSA key has a public exponent that is odd and at least 3"
		}
	case "EC":
		switch {
		case !onEC:
			return "crv", noCurve
		case !within("x", size, size) || !within("y", size, size) || !isPoint(curve, key.String("x"), key.String("y")):
			return "x", noPoint
		}
	case "OKP":
		switch {
		case onEC || !known:
			return "crv", noCurve
		case !within("x", size, size):
			return "x", noPoint
		}
	}
	return "", ""
}

// isExponent tells whether what is a number at all is a public exponent of RSA (RFC
// 8017 section 3.1). With 1 a signature is the message itself.
func isExponent(e string) bool {
	b, err := base64.RawURLEncoding.DecodeString(e)
	if err != nil {
		return true
	}
	n := new(big.Int).SetBytes(b)
	return n.Bit(0) == 1 && n.BitLen() > 1
}

// isPoint tells whether coordinates of the right length are those of a point on the
// curve.
func isPoint(curve ecdh.Curve, x, y string) bool {
	const longest = 1 + 2*66                     // of P-521
	point := append(make([]byte, 0, longest), 4) // uncompressed (SEC 1 section 2.3.3)
	var err error
	for _, coordinate := range [...]string{x, y} {
		if point, err = base64.RawURLEncoding.AppendDecode(point, []byte(coordinate)); err != nil {
			return true
		}
	}
	_, err = curve.NewPublicKey(point)
	return err == nil
}

// encodedSize is how many bytes base64url text without padding stands for; false
// where it is none.
func encodedSize(s string) (bytes int, ok bool) {
	for i := range len(s) {
		if !base64Digits[s[i]] {
			return 0, false
		}
	}
	return base64.RawURLEncoding.DecodedLen(len(s)), len(s)%4 != 1
}

// base64Digits are those of RFC 4648 section 5.
var base64Digits = func() (digits [256]bool) {
	for c := range len(digits) {
		b := byte(c)
		digits[c] = isDigit(b) || isLetter(b) || b == '-' || b == '_'
	}
	return digits
}()

// isBase64Digit: of either alphabet (RFC 4648 sections 4 and 5).
func isBase64Digit(r rune) bool {
	return r == '+' || r == '/' || r < utf8.RuneSelf && base64Digits[r]
}

// checkSigningAlgorithms refuses none where a signature is what is asked for
// (OpenID Connect Dynamic Client Registration section 2). Keycloak stores it.
func checkSigningAlgorithms(d *finalDocument) []Violation {
	isNone := func(m registration.Member) bool {
		alg, ok := m.Value.(string)
		return ok && strings.EqualFold(alg, "none")
	}
	if !slices.ContainsFunc(d.Members(), isNone) {
		return nil
	}
	var vs []Violation
	for _, member := range []string{
		"token_endpoint_auth_signing_alg", "id_token_signed_response_alg", "request_object_signing_alg",
		"authorization_signed_response_alg", "backchannel_authentication_request_signing_alg",
	} {
		if alg := d.String(member); strings.EqualFold(alg, "none") {
			vs = append(vs, violation("the algorithm none is no signature", alg, nil, member))
		}
	}
	return vs
}

// checkKeysRequired: a method that proves possession of a key needs the key
// (SMART App Launch 2.2, "Registering a client"; RFC 8705 section 2.2.2).
func checkKeysRequired(d *finalDocument) []Violation {
	switch d.String("token_endpoint_auth_method") {
	case "private_key_jwt", "self_signed_tls_client_auth":
	default:
		return nil
	}
	if d.Has("jwks_uri") || slices.ContainsFunc(d.keys, isForSignatures) {
		return nil
	}
	return []Violation{violation("this client authentication method needs jwks_uri, or jwks with at least one key for signatures", nil, nil, "jwks")}
}

// isForSignatures tells whether nothing in a key says that it is for something else
// (RFC 7517 sections 4.2 and 4.3).
func isForSignatures(key any) bool {
	k := key.(*Metadata)
	if k.String("use") == "enc" {
		return false
	}
	operations, _ := k.Get("key_ops")
	listed, isArray := operations.([]any)
	return !isArray || slices.Contains(listed, any("verify"))
}
