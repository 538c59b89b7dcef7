package origin_test

import (
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/origin"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"https://a.example":             "https://a.example",
		"https://A.Example:443":         "https://a.example",
		"HTTP://a.example:80":           "http://a.example",
		"http://a.example:443":          "http://a.example:443",
		"http://localhost:03000":        "http://localhost:3000",
		"http://127.0.0.1:3000":         "http://127.0.0.1:3000",
		"http://[0:0:0:0:0:0:0:1]:3000": "http://[::1]:3000",
		"https://xn--bcher-kva.example": "https://xn--bcher-kva.example",
		"*":                             "",
		"":                              "",
		"null":                          "",
		"a.example":                     "",
		"//a.example":                   "",
		"https:a.example":               "",
		"https://":                      "",
		"https://a.example/":            "",
		"https://a.example?":            "",
		"https://a.example#":            "",
		"https://u@a.example":           "",
		"https://*.a.example":           "",
		"https://b\u00fccher.example":   "",
		"https://a.example:":            "",
		"https://a.example:0":           "",
		"https://a.example:65536":       "",
		"https://a b.example":           "",
		"https://[fe80::1%25eth0]":      "",
		"capacitor://localhost":         "",
		"file://":                       "",
	} {
		got, err := origin.Parse(written)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q is %q, %v; want %q", written, got, err, want)
		}
	}
}

// FuzzParse: what comes out is an origin, and stays as it is.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"https://a.example", "http://[::1]:80", "HTTPS://A:1", "*", "null", "https://a/b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, written string) {
		parsed, err := origin.Parse(written)
		if err != nil {
			return
		}
		if again, err := origin.Parse(parsed); again != parsed || err != nil {
			t.Errorf("%q is %q, which is %q, %v", written, parsed, again, err)
		}
		if strings.ContainsAny(parsed, " \r\n\t,;\"'<>\\") || strings.Count(parsed, "/") > 2 || strings.ToLower(parsed) != parsed {
			t.Errorf("%q is %q", written, parsed)
		}
	})
}
