package policy_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/policy"
)

// TestHostPatterns: what names no host, or one that not everybody reads alike, is
// an error of the policy.
func TestHostPatterns(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{
		"example.org": "example.org", "*.Example.ORG": "*.example.org", "**.example.org:8443": "**.example.org:8443",
		"[0:0:0:0:0:0:0:1]:80": "[::1]:80", "b\u00fccher.example": "xn--bcher-kva.example", "xn--fa-hia.example": "xn--fa-hia.example",

		"": "", "*": "", "*.": "", "*.*.example.org": "", "a.*.example.org": "", "***.example.org": "", "*example.org": "",
		"example.org.": "", ".example.org": "", "*..example.org": "", "https://example.org": "", "example.org/x": "", "example.org?": "",
		"example.org#": "", "a@example.org": "", "example.org:": "", "example.org:0": "", "example.org:0443": "", "example.org:65536": "",
		"example.org:*": "", "a_b.example.org": "", "example%2eorg": "", "*.127.0.0.1": "", "**.0.0.1": "", "127.1": "", "0x7f.1": "",
		"[::1": "", "[::1%25lo]": "", "*.[::1]": "", "::1": "", "fa\u00df.example": "", "B\u00dcCHER.example": "", "example\u3002org": "",
		"\u212a.example": "", "ex\u00adample.org": "", "xn--a.example": "", "example.org,evil.example": "", "example.org evil.example": "",
	} {
		text, _ := json.Marshal([]string{pattern})
		p, err := policy.ParseMetadataPolicy("policy", document(t, []byte(`{"a": {"hosts": `+string(text)+`}}`)))
		if want == "" {
			if err == nil {
				t.Errorf("%q is a pattern: %s", pattern, p.Document().Encode())
			}
			continue
		}
		if err != nil || string(p.Document().Encode()) != `{"a":{"hosts":["`+want+`"]}}` {
			t.Errorf("%q: %v, %s", pattern, err, p.Document().Encode())
		}
	}
}

// TestDocumentsAroundHosts: a host that is not allowed does not come in by the
// shape of the document either.
func TestDocumentsAroundHosts(t *testing.T) {
	t.Parallel()
	p, err := policy.New(policy.Config{MetadataPolicy: document(t, []byte(
		`{"redirect_uris": {"hosts": ["*.example.org"]}, "client_uri": {"hosts": ["*.example.org"]}, "home": {"hosts": ["*.example.org"]}}`))})
	if err != nil {
		t.Fatal(err)
	}
	const good, evil = `"https://a.example.org/cb"`, `"https://evil.example/cb"`
	for members, admitted := range map[string]bool{
		`"redirect_uris": [` + good + `]`:                                                     true,
		`"redirect_uris": [` + good + `, ` + evil + `]`:                                       false,
		`"redirect_uris": [` + evil + `], "redirect_uris": [` + good + `]`:                    false,
		`"redirect_uris": [` + good + `], "redirect_uris": [` + evil + `]`:                    false,
		`"redirect_uris": [` + good + `], "redirect\u005furis": [` + evil + `]`:               false,
		`"redirect_uris": ` + evil:                                                            false,
		`"redirect_uris": ` + good:                                                            false,
		`"redirect_uris": "https://a.example.org/cb https://evil.example/cb"`:                 false,
		`"redirect_uris": ["https://a.example.org/cb https://evil.example/cb"]`:               false,
		`"redirect_uris": ["https://a.example.org/cb", ["https://evil.example/cb"]]`:          false,
		`"redirect_uris": [["https://a.example.org/cb"]]`:                                     false,
		`"redirect_uris": {"0": ` + evil + `}`:                                                false,
		`"redirect_uris": [{"uri": ` + evil + `}]`:                                            false,
		`"redirect_uris": [` + good + `, null]`:                                               false,
		`"redirect_uris": [` + good + `, 1]`:                                                  false,
		`"redirect_uris": [` + good + `, true]`:                                               false,
		`"redirect_uris": ["https://a.example.org/\ud800"]`:                                   false,
		`"redirect_uris": ["https://a.example.org/\ufffd"]`:                                   false,
		"\"redirect_uris\": [\"https://a.example.org/\xff\"]":                                 false,
		"\"redirect_uris\": [\"https://a.example.org\xc0\xae\"]":                              false,
		`"redirect_uris": ["https://a.example.org/\u0000@evil.example"]`:                      false,
		`"redirect_uris": ["https:\/\/a.example.org\/cb"]`:                                    true, // slashes as some write them in JSON
		`"redirect_uris": ["https:\/\/evil.example\\@a.example.org\/cb"]`:                     false,
		`"redirect_uris": [` + good + `], "client_uri": ` + good:                              true,
		`"redirect_uris": [` + good + `], "client_uri#de": ` + evil:                           false,
		`"redirect_uris": [` + good + `], "client_uri": ` + good + `, "client_uri#": ` + evil: false,
		`"redirect_uris": [` + good + `], "client_uri#de#x": ` + evil:                         false,
		`"redirect_uris": [` + good + `], "client_uri\u0023de": ` + evil:                      false,
		`"redirect_uris": [` + good + `], "client_uri": [` + good + `]`:                       false,
		`"redirect_uris": [` + good + `], "client_uri#de": [` + good + `, ` + evil + `]`:      false,
		`"redirect_uris": [` + good + `], "client_uri": {"#": ` + evil + `}`:                  false,
		`"redirect_uris": [` + good + `], "home": ` + good:                                    true,
		`"redirect_uris": [` + good + `], "home": [` + good + `, ` + evil + `]`:               false,
		`"redirect_uris": [` + good + `], "home": [[` + evil + `]]`:                           false,
		`"redirect_uris": [` + good + `], "home": {"uri": ` + evil + `}`:                      false,
	} {
		m, err := registration.Decode([]byte(`{"client_name": "x", ` + members + `}`))
		if err != nil {
			if admitted {
				t.Errorf("%s: %v", members, err)
			}
			continue
		}
		if d := p.Decide(policy.Request{Operation: policy.Create, Metadata: m}); d.Admitted() != admitted {
			t.Errorf("%s: %s", members, summary(nil, d.Violations))
		}
	}
}

// FuzzHosts: whatever "hosts" lets through leads, by another parser than ours, to
// one of the hosts. The operator alone takes an internationalized host too, if it
// is the same one by both of the mappings that are in use; the whole policy does
// not.
func FuzzHosts(f *testing.F) {
	for _, c := range operatorCases(f) {
		if c.Operator != "hosts" {
			continue
		}
		for _, given := range c.given() {
			var uri string
			if json.Unmarshal(given, &uri) == nil {
				f.Add(uri)
			}
		}
	}
	const operators = `{"redirect_uris": {"hosts": ["*.example.org"], "schemes": ["https"]}}`
	alone := compile(f, "policy", operators)
	whole, err := policy.New(policy.Config{MetadataPolicy: document(f, []byte(operators))})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		if !utf8.ValidString(uri) { // which no document holds
			return
		}
		m := document(t, []byte(`{"client_name": "x"}`))
		m.SetStrings("redirect_uris", []string{uri})
		if _, violations := apply(alone, m.Clone()); len(violations) > 0 {
			if whole.Decide(policy.Request{Operation: policy.Create, Metadata: m}).Admitted() {
				t.Errorf("%q is refused by its operators and admitted", uri)
			}
			return
		}
		u, err := url.Parse(uri)
		if err != nil {
			t.Fatalf("%q: %v", uri, err)
		}
		host := u.Hostname()
		if whole.Decide(policy.Request{Operation: policy.Create, Metadata: m}).Admitted() {
			checkOneBelow(t, uri, host)
		}
		checkOneBelow(t, uri, mapped(t, host))
		if u.Scheme != "https" || u.User != nil || u.Opaque != "" || u.Port() != "" && u.Port() != "443" || strings.HasSuffix(u.Host, ":") {
			t.Errorf("%q is %+v", uri, u)
		}
	})
}

// checkOneBelow looks for one label of ASCII letters, digits and hyphens before
// .example.org.
func checkOneBelow(t *testing.T, uri, host string) {
	t.Helper()
	label, ok := strings.CutSuffix(strings.ToLower(host), ".example.org")
	if !ok || label == "" || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		t.Errorf("%q leads to %q", uri, host)
	}
}

// mapped returns an internationalized host as browsers would ask for it, and as
// software of IDNA2003 does.
func mapped(t *testing.T, host string) string {
	t.Helper()
	browsers, err := idna.New(idna.MapForLookup(), idna.BidiRule(), idna.CheckHyphens(false)).ToASCII(host)
	if err != nil {
		t.Fatalf("%q: %v", host, err)
	}
	older, err := idna.New(idna.MapForLookup(), idna.Transitional(true), idna.CheckHyphens(false)).ToASCII(host)
	if err != nil || older != browsers {
		t.Errorf("%q is %q to some and %q to others: %v", host, browsers, older, err)
	}
	return browsers
}
