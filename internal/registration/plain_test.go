package registration

import (
	"strings"
	"testing"
)

// FuzzPlain: eight bytes at a time come to the same as one.
func FuzzPlain(f *testing.F) {
	for c := range 256 {
		f.Add("1234567" + string([]byte{byte(c)}) + "9")
	}
	f.Add("!# []~" + strings.Repeat("x", 20) + "\x7f\xff\x00")
	f.Add("12345\x00\x01\"\xff!!!")
	f.Fuzz(func(t *testing.T, s string) {
		want := 0
		for want < len(s) && strings.IndexByte("\"\\\x7f", s[want]) < 0 && s[want] >= 0x20 && s[want] < 0x80 {
			want++
		}
		if got := plain(s); got != want {
			t.Fatalf("%q: got %d, want %d", s, got, want)
		}
	})
}
