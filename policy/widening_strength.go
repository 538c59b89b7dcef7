package policy

import (
	"slices"
	"strconv"
	"strings"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// How strong a proof is, of a caller or of a document: nothing, a secret that two
// share, a key that only one has. Of what is unknown nothing is known to be
// stronger.
const (
	strengthUnknown = iota - 1
	strengthNone
	strengthSecret
	strengthKey
)

func methodStrength(method string) int {
	switch method {
	case "none":
		return strengthNone
	case "client_secret_basic", "client_secret_post", "client_secret_jwt":
		return strengthSecret
	case "private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth":
		return strengthKey
	}
	return strengthUnknown
}

func (u *update) weakerMethod(member string) []Violation {
	has, wants := u.registered.String(member), u.asked.String(member)
	if has == "" {
		has = defaultAuthMethod
	}
	if has == wants || (methodStrength(has) >= 0 && methodStrength(wants) >= methodStrength(has)) {
		return nil
	}
	return []Violation{wider("an update may not choose a weaker client authentication", wants, []string{has}, member)}
}

// algorithmStrength is that of a JWS algorithm (RFC 7518 section 3.1, RFC 8037).
func algorithmStrength(alg string) int {
	switch {
	case alg == "", alg == "none":
		return strengthNone
	case strings.HasPrefix(alg, "HS"):
		return strengthSecret
	case strings.HasPrefix(alg, "RS"), strings.HasPrefix(alg, "PS"), strings.HasPrefix(alg, "ES"), strings.HasPrefix(alg, "Ed"):
		return strengthKey
	}
	return strengthUnknown
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
	has, wants := u.registered.String(member), u.asked.String(member)
	if has == "" {
		has = signatureDefault(member)
	}
	if wants == "" {
		wants = signatureDefault(member)
	}
	strength := algorithmStrength(has)
	if has == wants || (strength >= 0 && algorithmStrength(wants) >= strength) {
		return nil
	}
	return []Violation{wider("an update may not choose a weaker signature", wants, []string{has}, member)}
}

// weakerEncryption: RSA1_5 is the one algorithm that is weaker than its
// neighbours (RFC 8725 section 3.2).
func (u *update) weakerEncryption(member string) []Violation {
	has, wants := u.registered.String(member), u.asked.String(member)
	const weak = "RSA1_5"
	if has == "" || wants != "" && (wants != weak || has == weak) {
		return nil
	}
	return []Violation{wider("an update may not choose a weaker encryption", wants, []string{has}, member)}
}

// takenOff: a protection that was registered stays.
func (u *update) takenOff(member string) []Violation {
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
// a redirect URI that only a native app may have.
func (u *update) turnsNative(member string) []Violation {
	const native = "native"
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

// longer: a member of seconds, of which fewer are stricter.
func (u *update) longer(member string) []Violation {
	has, there := u.registered.Get(member)
	if !there {
		return nil
	}
	wants, _ := u.asked.Get(member)
	if most, ok := seconds(has); ok {
		if n, ok := seconds(wants); ok && n <= most {
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
