package policy

import (
	"github.com/caddy-smart/smartregistration/internal/registration"
)

// keyRules judge the client's keys.
var keyRules = []builtInRule{
	{"jwks_exclusive", checkKeysOnce},
	{"jwks_private", checkPrivateKeys},
	{"jwks_key_type", checkKeyTypes},
	{"keys_required", checkKeysRequired},
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
	for i, key := range d.keys() {
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
	for i, key := range d.keys() {
		switch kty := key.String("kty"); kty {
		case "RSA", "EC", "OKP":
		default:
			vs = append(vs, violation("the key type must be asymmetric", kty, []string{"RSA", "EC", "OKP"},
				"jwks", "keys", index(i), "kty"))
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
	if d.Has("jwks_uri") || len(d.keys()) > 0 {
		return nil
	}
	return []Violation{violation("this client authentication method needs jwks_uri, or jwks with at least one key", nil, nil, "jwks")}
}

func (d *finalDocument) keys() []*Metadata {
	if set := d.Object("jwks"); set != nil {
		return registration.Keys(set)
	}
	return nil
}
