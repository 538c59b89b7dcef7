package policy

import (
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// FuzzPlainText: what is passed over as plain is what no rule over names objects
// to.
func FuzzPlainText(f *testing.F) {
	for _, seed := range []string{"", "An app", "~ !", "<b>", "${x}", "$", "\u00e9", "a\u200b", "\t", "\x7f", strings.Repeat("x", 255), strings.Repeat("x", 256)} {
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
