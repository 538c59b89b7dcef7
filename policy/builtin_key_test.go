package policy

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// The keys of RFC 7515 appendix A.3 and A.4, and of docs/keycloak.md.
const (
	p256 = `"crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"`
	p384 = `"crv":"P-384","x":"4QZpOXGoVKk20c2-4Xjcq9sI5iXmIFZqSJ8Vs_I3Z89aqOJCEV0cWx72BJSoMiQ_","y":"sdULiTSbOXef-1qzFMiDJpOyaPsI7hx48s4wKmWf4_0eyjdCBdUwrO9i6h0vGF1m"`
	p521 = `"crv":"P-521","x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk","y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"`
)

func TestKeyParameters(t *testing.T) {
	t.Parallel()
	modulus := `"n":"` + "gA" + strings.Repeat("A", 340) + `"`
	zero := strings.Repeat("A", 43)
	short := base64.URLEncoding.EncodeToString([]byte(strings.Repeat("\xfb", 64))) // 512 bits, with padding
	for key, want := range map[string]string{
		`"kty":"RSA","e":"AQAB",` + modulus:                                             "",
		`"kty":"RSA","e":"Aw",` + modulus:                                               "",
		`"kty":"RSA","e":"AAAD",` + modulus:                                             "",
		`"kty":"RSA","e":"*",` + modulus:                                                "", // no number to anybody
		`"kty":"RSA","e":"*","n":"gAAA"`:                                                "n",
		`"kty":"RSA","e":"AQ==",` + modulus:                                             "e",
		`"kty":"RSA","e":"AQAB","n":"` + short + `"`:                                    "n",
		`"kty":"RSA","e":"AQAB","n":"` + strings.ReplaceAll(short, "-", "+") + `"`:      "n",
		`"kty":"RSA","e":"AQAB","n":"` + short[:85] + `x"`:                              "n", // bits behind the last byte
		`"kty":"RSA","e":"AQAB","n":"` + short[:43] + `\n` + short[43:86] + `"`:         "n",
		`"kty":"RSA","e":"AQ",` + modulus:                                               "e",
		`"kty":"RSA","e":"AAAB",` + modulus:                                             "e",
		`"kty":"RSA","e":"Ag",` + modulus:                                               "e",
		`"kty":"RSA","e":"BA",` + modulus:                                               "e",
		`"kty":"RSA","e":"AAAA",` + modulus:                                             "e",
		`"kty":"RSA",` + modulus:                                                        "e",
		`"kty":"EC",` + p256:                                                            "",
		`"kty":"EC",` + p384:                                                            "",
		`"kty":"EC",` + p521:                                                            "",
		`"kty":"EC",` + strings.Replace(p256, "8", "9", 1):                              "x",
		`"kty":"EC",` + strings.Replace(p384, "4Q", "5Q", 1):                            "x",
		`"kty":"EC",` + strings.Replace(p521, "Aek", "Ael", 1):                          "x",
		`"kty":"EC","crv":"P-256","x":"` + zero + `","y":"` + zero + `"`:                "x",
		`"kty":"EC","crv":"P-256","x":"*","y":"` + zero + `"`:                           "",
		`"kty":"EC",` + strings.Replace(p256, `5a0"`, `5a0="`, 1):                       "y",
		`"kty":"EC","crv":"Ed25519","x":"` + zero + `","y":"` + zero + `"`:              "crv",
		`"kty":"EC","crv":"secp256k1","x":"` + zero + `"`:                               "crv",
		`"kty":"OKP",` + p256:                                                           "crv",
		`"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"`: "",
		`"kty":"OKP","crv":"Ed25519","x":"AA"`:                                          "x",
	} {
		if member, detail := badParameter(jwk(t, key)); member != want {
			t.Errorf("%s: %s %s, want %q", key, member, detail, want)
		}
	}
}

func TestKeysRequired(t *testing.T) {
	t.Parallel()
	for keys, want := range map[string]bool{
		``:                                      false,
		`{}`:                                    true,
		`{"use":"sig"}`:                         true,
		`{"use":"tls"}`:                         true, // somebody's own
		`{"use":"enc"}`:                         false,
		`{"use":"enc"},{"use":"enc"}`:           false,
		`{"use":"enc"},{"kid":"1"}`:             true,
		`{"key_ops":["verify"]}`:                true,
		`{"key_ops":["encrypt","wrapKey"]}`:     false,
		`{"key_ops":[]}`:                        false,
		`{"use":"enc","key_ops":["verify"]}`:    false,
		`{"use":"sig","key_ops":["deriveKey"]}`: false,
	} {
		m, err := registration.Decode([]byte(`{"token_endpoint_auth_method":"private_key_jwt","jwks":{"keys":[` + keys + `]}}`))
		if err != nil {
			t.Fatal(err)
		}
		d := finalDocument{Metadata: m}
		d.takeApart()
		if got := len(checkKeysRequired(&d)) == 0; got != want {
			t.Errorf("[%s]: %t", keys, got)
		}
	}
}

// BenchmarkKeyParameters is of one key; a document has at most 100.
func BenchmarkKeyParameters(b *testing.B) {
	for name, members := range map[string]string{"P-256": p256, "P-384": p384, "P-521": p521} {
		key := jwk(b, `"kty":"EC",`+members)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				badParameter(key)
			}
		})
	}
}

func jwk(tb testing.TB, members string) *Metadata {
	tb.Helper()
	m, err := registration.Decode([]byte("{" + members + "}"))
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// FuzzEncodedSize: what is counted is what decoding gives, which passes over line
// breaks.
func FuzzEncodedSize(f *testing.F) {
	for _, seed := range []string{"", "A", "AA", "AAA", "AAAA", "AAAAA", "_-9z", "_-9z==", "A\r\nA", "\n", "A A", "\u00e9AAA", "@[`{"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		decoded, err := base64.RawURLEncoding.DecodeString(s)
		size, ok := encodedSize(s)
		if ok != (err == nil && !strings.ContainsAny(s, "\r\n")) || ok && size != len(decoded) {
			t.Errorf("%q: %d, %t; decoded %d, %v", s, size, ok, len(decoded), err)
		}
	})
}
