package policy

import (
	"encoding/base64"
	"testing"
)

// FuzzEncodedSize: what is counted is what decoding gives.
func FuzzEncodedSize(f *testing.F) {
	for _, seed := range []string{"", "A", "AA", "AAA", "AAAA", "AAAAA", "_-9z", "_-9z==", "A\r\nA", "\n", "A A", "\u00e9AAA", "@[`{"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		decoded, err := base64.RawURLEncoding.DecodeString(s)
		size, ok := encodedSize(s)
		if ok != (err == nil) || ok && size != len(decoded) {
			t.Errorf("%q: %d, %t; decoded %d, %v", s, size, ok, len(decoded), err)
		}
	})
}
