package policy

import (
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

func TestDeceptiveNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"A\u0301pp \u00fcber \u5065\u5eb7":     false,
		"\u1828\u1821\u1837":                   false, // Mongolian
		"\u0628\u0631\u0646\u0627\u0645\u0647": false, // Persian
		"\u2764 Health \U0001f469":             false,
		"\u2764\ufe0f \u2195\ufe0f":            false, // emoji
		"\u2764\ufe0f\ufe0f":                   true,
		"\ufe0fApp":                            true,
		"A\ufe0fpp":                            true,
		"1+\ufe0f1":                            true,
		"\u2764\ufe0e":                         true,
		"\u2800\ufe0f":                         true,
		"A\u200cpp":                            true, // a joiner, as Persian has them
		"A\u200dpp":                            true,
		"A\u202epp":                            true,
		"A\u034fpp":                            true,
		"A\u115fpp":                            true,
		"A\u1160pp":                            true,
		"A\u17b4pp":                            true,
		"A\u180bpp":                            true,
		"A\u180epp":                            true,
		"A\u2065pp":                            true,
		"A\u3164pp":                            true,
		"A\uffa0pp":                            true,
		"A\ufff0pp":                            true,
		"A\uffffpp":                            true,
		"A\ufdd0pp":                            true,
		"A\ue000pp":                            true,
		"A\U000e0041pp":                        true,
		"A\U000e0100pp":                        true,
		"A\U000e0fffpp":                        true,
		"A\U0001d159pp":                        true,
		"A\U00013441pp":                        true,
		"A\u007fpp":                            true,
	} {
		if got := hasDeceptive(name); got != want {
			t.Errorf("%+q: %t", name, got)
		}
		if plainText(name) {
			t.Errorf("%+q is passed over", name)
		}
	}
}

// FuzzPlainText: what is passed over as plain is what no rule over names objects
// to.
func FuzzPlainText(f *testing.F) {
	for _, seed := range []string{"", "An app", "~ !", "<b>", "${x}", "$", "\u00e9", "a\u200b", "\u2764\ufe0f", "\t", "\x7f", strings.Repeat("x", 255), strings.Repeat("x", 256)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !plainText(s) {
			return
		}
		d := finalDocument{Metadata: registration.New(), names: []registration.Member{{Name: "client_name", Value: s}}}
		for _, rule := range textRules {
			if vs := rule.check(&d); len(vs) > 0 {
				t.Errorf("%q: %s: %s", s, rule.name, vs[0].Detail)
			}
		}
	})
}
