package policy

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// unknownStrength is that of a word of which nothing is known: it is neither
// given up nor chosen.
const unknownStrength = -1

// weaker returns a violation where what is asked is weaker than what is
// registered. absent is what a member that is not there means.
func (u *update) weaker(member, absent, detail string, strength func(string) int) []Violation {
	has, wants := cmp.Or(u.registered.String(member), absent), cmp.Or(u.asked.String(member), absent)
	if has == wants || strength(has) != unknownStrength && strength(wants) >= strength(has) {
		return nil
	}
	return []Violation{wider(detail, wants, []string{has}, member)}
}

// methodStrength orders how clients authenticate: not at all, with a secret that
// is sent, with one that is not, with a key that only the client has, with one that
// somebody else certifies.
func methodStrength(method string) int {
	switch method {
	case "none":
		return 0
	case "client_secret_basic", "client_secret_post":
		return 1
	case "client_secret_jwt":
		return 2
	case "private_key_jwt", "self_signed_tls_client_auth":
		return 3
	case "tls_client_auth":
		return 4
	}
	return unknownStrength
}

func (u *update) weakerMethod(member string) []Violation {
	return u.weaker(member, defaultAuthMethod, "an update may not choose a weaker client authentication", methodStrength)
}

// algorithmStrength orders the JWS algorithms (RFC 7518 section 3.1, RFC 8037, RFC
// 9864): none, a secret that two share, RSASSA-PKCS1-v1_5, which the FAPI profiles
// do not take, and the others.
func algorithmStrength(alg string) int {
	switch alg {
	case "", "none":
		return 0
	case "HS256", "HS384", "HS512":
		return 1
	case "RS256", "RS384", "RS512":
		return 2
	case "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "ES256K", "EdDSA", "Ed25519", "Ed448":
		return 3
	}
	return unknownStrength
}

// signatureDefault is what an absent algorithm means: RS256 where the server
// signs anyway (OpenID Connect Dynamic Client Registration section 2, JARM
// section 3), else no signature, or any.
func signatureDefault(member string) string {
	switch member {
	case "id_token_signed_response_alg", "authorization_signed_response_alg":
		return "RS256"
	}
	return ""
}

func (u *update) weakerSignature(member string) []Violation {
	return u.weaker(member, signatureDefault(member), "an update may not choose a weaker signature", algorithmStrength)
}

// encryptionStrength orders the algorithms for content keys (RFC 7518 section 4.1):
// none; RSA1_5 (RFC 8725 section 3.2) and what is derived from the client's secret;
// a key that only the client has.
func encryptionStrength(alg string) int {
	switch alg {
	case "":
		return 0
	case "RSA1_5", "dir", "A128KW", "A192KW", "A256KW", "A128GCMKW", "A192GCMKW", "A256GCMKW":
		return 1
	case "RSA-OAEP", "RSA-OAEP-256", "RSA-OAEP-384", "RSA-OAEP-512",
		"ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW":
		return 2
	}
	return unknownStrength
}

func (u *update) weakerEncryption(member string) []Violation {
	return u.weaker(member, "", "an update may not choose a weaker encryption", encryptionStrength)
}

// otherEncryption: of the content encryptions of RFC 7518 section 5.1 each is as
// good as another.
func (u *update) otherEncryption(member string) []Violation {
	return u.weaker(member, "", "an update may not choose an unknown encryption, or none", func(enc string) int {
		switch enc {
		case "":
			return 0
		case "A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512", "A128GCM", "A192GCM", "A256GCM":
			return 1
		}
		return unknownStrength
	})
}

// takenOff: a protection that was registered stays. What Keycloak returns as
// backchannel_logout_session_required is another member, so that what is there of a
// member that is not returned says nothing.
func (u *update) takenOff(member string) []Violation {
	if u.unknown != nil && u.unknown(member) {
		return nil
	}
	has, _ := u.registered.Get(member)
	wants, _ := u.asked.Get(member)
	if has != true || wants == true {
		return nil
	}
	return []Violation{wider("an update may not take this protection off", wants, []string{"true"}, member)}
}

func (u *update) notPairwise(member string) []Violation {
	const pairwise = "pairwise"
	if u.registered.String(member) != pairwise || u.asked.String(member) == pairwise {
		return nil
	}
	return []Violation{wider("an update may not give up pairwise subjects", u.asked.String(member), []string{pairwise}, member)}
}

// turnsNative: an app whose type the server does not tell of is native if it has
// a redirect URI that only a native app may have. An app that asks for no other
// URIs is native whether it says so or not, and its URIs are bound themselves.
func (u *update) turnsNative(member string) []Violation {
	const native = "native"
	if uris, _ := u.asked.Get("redirect_uris"); applicationTypeOf(uris) == native {
		return nil
	}
	has := u.registered.String(member)
	if has == "" && slices.ContainsFunc(stringsOf(u.registered, "redirect_uris"), nativeOnly) {
		has = native
	}
	if has == native || u.asked.String(member) != native {
		return nil
	}
	if has == "" {
		has = "web" // OpenID Connect Dynamic Client Registration section 2
	}
	return []Violation{wider("an update may not make a native app of another", native, []string{has}, member)}
}

// longer: a member of seconds, of which fewer are stricter. Less than none is what
// a server could take for no limit.
func (u *update) longer(member string) []Violation {
	has, there := u.registered.Get(member)
	if !there {
		return nil
	}
	wants, _ := u.asked.Get(member)
	if most, ok := seconds(has); ok {
		if n, ok := seconds(wants); ok && n >= 0 && n <= most {
			return nil
		}
	}
	return []Violation{wider("an update may not make this longer", wants, []string{asText(has)}, member)}
}

func seconds(v any) (float64, bool) {
	number, ok := v.(registration.Number)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseFloat(string(number), 64)
	return n, err == nil
}

func asText(v any) string {
	if number, ok := v.(registration.Number); ok {
		return string(number)
	}
	return ""
}

// another: what is there stays as it is. What is not there yet is the policy's to
// judge: it comes with a method or a grant that has a bound of its own.
func (u *update) another(member string) []Violation {
	has, there := u.registered.Get(member)
	if !there {
		return nil
	}
	wants, _ := u.asked.Get(member)
	if list, ok := registration.AsStrings(has); ok {
		now, _ := registration.AsStrings(wants)
		if slices.Equal(list, now) {
			return nil
		}
		return []Violation{wider("an update may not change this member", wants, list, member)}
	}
	if registration.Equal(has, wants) || has == "" {
		return nil
	}
	return []Violation{wider("an update may not change this member", wants, uriValues(has), member)}
}

// otherSoftware: policies tell apps apart by it. A server that does not tell it may
// have it all the same, and then the policy judges it as that of a new app.
func (u *update) otherSoftware(member string) []Violation {
	if u.registered.Has(member) || u.unknown != nil && u.unknown(member) || !u.asked.Has(member) {
		return u.another(member)
	}
	return []Violation{wider("an update may not be of other software", u.asked.String(member), nil, member)}
}

// otherDelivery: a client that polls comes to the server, one that is pinged or
// pushed to is called by it (CIBA Core section 5).
func (u *update) otherDelivery(member string) []Violation {
	const poll = "poll" // what an absent mode is to Keycloak
	if wants := u.asked.String(member); !u.registered.Has(member) && wants != "" && wants != poll {
		return []Violation{wider("an update may not have the server call", wants, []string{poll}, member)}
	}
	return u.another(member)
}
