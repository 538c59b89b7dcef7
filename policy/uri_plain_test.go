package policy

import (
	"slices"
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

func TestPlainURI(t *testing.T) {
	t.Parallel()
	const name = "an-example.app1.example.org"
	for uri, want := range map[string]bool{
		"https://app.example.org/":                         true,
		"https://" + name + "/call-back_1/x.y~z/":          true,
		"https://app.example.io/callback":                  true,
		"https://a.b/" + strings.Repeat("x", 243):          true,
		"https://a.b/" + strings.Repeat("x", 244):          false,
		"https://" + strings.Repeat("a", 63) + ".example/": true,
		"https://" + strings.Repeat("a", 64) + ".example/": false,
		"https://app.example.org":                          false,
		"http://app.example.org/":                          false,
		"HTTPS://app.example.org/":                         false,
		"https:/app.example.org/":                          false,
		"https://App.example.org/":                         false,
		"https://app.example.org./":                        false,
		"https://app..example.org/":                        false,
		"https://.example.org/":                            false,
		"https://example/":                                 false,
		"https:///":                                        false,
		"https://localhost/":                               false,
		"https://app.localhost/":                           false,
		"https://10.0.0.1.nip.io/":                         false,
		"https://app.corp/":                                false,
		"https://127.0.0.1/":                               false,
		"https://127.1/":                                   false,
		"https://app.0x7f/":                                false,
		"https://[::1]/":                                   false,
		"https://xn--bcher-kva.example/":                   false,
		"https://axn--b.example/":                          false,
		"https://-app.example.org/":                        false,
		"https://app-.example.org/":                        false,
		"https://app.example.org-/":                        false,
		"https://app_1.example.org/":                       false,
		"https://b\u00fccher.example/":                     false,
		"https://app.example.org:443/":                     false,
		"https://me@app.example.org/":                      false,
		"https://app.example.org\\@evil.example/":          false,
		"https://app.example.org/?a=b":                     false,
		"https://app.example.org/#":                        false,
		"https://app.example.org/*":                        false,
		"https://app.example.org/a/../b":                   false,
		"https://app.example.org/.well-known/x":            false,
		"https://app.example.org/%2e":                      false,
		"https://app.example.org/a;b":                      false,
		"https://app.example.org/ ":                        false,
		"https://app.example.org/\u00e9":                   false,
		"https://app.example.org/[":                        false,
		" https://app.example.org/":                        false,
	} {
		if got := plainHost(uri) != ""; got != want {
			t.Errorf("%q: %t", uri, got)
		}
	}
}

// FuzzPlainURI: what is passed over as plain is what no rule over URIs objects to,
// in whatever member, and what reads as the host that stands there.
func FuzzPlainURI(f *testing.F) {
	for _, seed := range []string{
		"https://app.example.org/callback", "https://a-b.c1.example/a.b/_~-", "https://1.2.3.com/", "https://a.0x/", "https://a.b.local/",
		"https://xn--a.example/", "https://a.example/..", "https://a.example/a%2f", "https://a.example:443/", "https://me.metadata.goog/",
		"https://a.test/", "https://fritz.box/", "https://a.b.rbndr.us/",
	} {
		f.Add(seed)
	}
	uses := []uriUse{useRedirect, useClient, usePage, useLogo, useEndpoint, useRequest, useUnknown}
	rules := slices.Concat(redirectRules, uriRules)
	f.Fuzz(func(t *testing.T, s string) {
		u := splitAnyURI(s)
		if u.plain = plainHost(s) != ""; splitURI(s) != u {
			t.Errorf("%q: %+v, %+v", s, splitURI(s), u)
		}
		if !u.plain {
			return
		}
		for _, native := range []bool{false, true} {
			d := finalDocument{Metadata: registration.New(), native: native}
			for _, use := range uses {
				d.uses |= use
				d.uris = append(d.uris, memberURI{splitURI(s), "m", -1, use})
			}
			for _, rule := range rules {
				if vs := rule.check(&d); len(vs) > 0 {
					t.Errorf("%q, native %t: %s: %s", s, native, rule.name, vs[0].Detail)
				}
			}
		}
		u = withALabels(u)
		for _, check := range slices.Concat(hostChecks[:], pathChecks[:]) {
			if fault := check(nil, &u); fault != "" {
				t.Errorf("%q: %s", s, fault)
			}
		}
		if read, fault := readHost(splitURI(s)); fault != "" || read != u {
			t.Errorf("%q: %+v, %+v, %s", s, read, u, fault)
		}
	})
}
