package token

import (
	"net/http"
	"strings"
	"testing"
)

func TestBearer(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", MaxLength)
	for _, tt := range []struct {
		name   string
		header []string
		raw    string
		want   outcome
	}{
		{"plain", []string{"Bearer abc"}, "abc", admitted},
		{"scheme in lower case", []string{"bearer abc"}, "abc", admitted},
		{"scheme in upper case", []string{"BEARER abc"}, "abc", admitted},
		{"several spaces", []string{"Bearer   abc"}, "abc", admitted},
		{"every allowed character", []string{"Bearer aZ09-._~+/=="}, "aZ09-._~+/==", admitted},
		{"longest", []string{"Bearer " + long}, long, admitted},
		{"none", nil, "", outcome{ErrMissing, "required"}},
		{"empty header", []string{""}, "", outcome{ErrMissing, "required"}},
		{"other scheme", []string{"Basic abc"}, "", outcome{ErrMissing, "required"}},
		{"scheme that only begins alike", []string{"BearerX abc"}, "", outcome{ErrMissing, "required"}},
		{"no token", []string{"Bearer"}, "", outcome{ErrMalformed, "empty"}},
		{"spaces for a token", []string{"Bearer   "}, "", outcome{ErrMalformed, "empty"}},
		{"two headers", []string{"Bearer abc", "Bearer abc"}, "", outcome{ErrMalformed, "more than one"}},
		{"two headers of two schemes", []string{"Basic abc", "Bearer abc"}, "", outcome{ErrMalformed, "more than one"}},
		{"two tokens", []string{"Bearer abc def"}, "", outcome{ErrMalformed, "character"}},
		{"two joined headers", []string{"Bearer abc, Bearer def"}, "", outcome{ErrMalformed, "character"}},
		{"equals signs only", []string{"Bearer =="}, "", outcome{ErrMalformed, "character"}},
		{"equals sign inside", []string{"Bearer a=b"}, "", outcome{ErrMalformed, "character"}},
		{"tab", []string{"Bearer a\tb"}, "", outcome{ErrMalformed, "character"}},
		{"line break", []string{"Bearer a\nb"}, "", outcome{ErrMalformed, "character"}},
		{"quotes", []string{`Bearer "abc"`}, "", outcome{ErrMalformed, "character"}},
		{"not ASCII", []string{"Bearer abcé"}, "", outcome{ErrMalformed, "character"}},
		{"too long", []string{"Bearer " + long + "a"}, "", outcome{ErrInvalid, "long"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			raw, err := Bearer(http.Header{"Authorization": tt.header})
			tt.want.check(t, err)
			if raw != tt.raw {
				t.Errorf("got token %q, want %q", raw, tt.raw)
			}
		})
	}
}

func TestFingerprint(t *testing.T) {
	t.Parallel()
	// SHA-256 of "abc" from FIPS 180-2, appendix B.1.
	if got, want := Fingerprint("abc"), "ba7816bf8f01cfea"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
