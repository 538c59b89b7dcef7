package policy

import (
	"encoding/json"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// redirectRelaxed are the vectors on which the standards leave the verdict open:
// refused by default, and accepted with these rules off. More than one rule
// where the URI departs from RFC 8252 in more than one respect.
var redirectRelaxed = map[string][]string{
	"https://client.example.org":                                          {"redirect_uri_path"},
	"HTTPS://Client.Example.ORG/callback":                                 {"redirect_uri_normalised"},
	"http://localhost:8080/oauth_redirect":                                {"redirect_uri_localhost"},
	"https://localhost/cb":                                                {"redirect_uri_localhost"},
	"com.example.app://oauth2redirect":                                    {"redirect_uri_authority_in_private_use"},
	"exampleapp://oauth_redirect":                                         {"redirect_uri_authority_in_private_use", "redirect_uri_private_use_dot"},
	"x-argonaut-app://cb":                                                 {"redirect_uri_authority_in_private_use", "redirect_uri_private_use_dot"},
	"urn:ietf:wg:oauth:2.0:oob":                                           {"redirect_uri_oob"},
	"http://127.0.0.2/cb":                                                 {"redirect_uri_loopback_range"},
	"https://client.example.org/cb%0d%0aSet-Cookie:x":                     {"redirect_uri_encoded_control"},
	"https://client.example.org/%252e%252e/cb":                            {"redirect_uri_double_encoding"},
	"https://client.example.org./cb":                                      {"redirect_uri_trailing_dot"},
	"https://client.example.org/cb?error=x":                               {"redirect_uri_query_parameters"},
	"https://client.example.org/cb?iss=x":                                 {"redirect_uri_query_parameters"},
	"https://client.example.org/cb?access_token=x":                        {"redirect_uri_query_parameters"},
	"https://client.example.org/cb?response=x":                            {"redirect_uri_query_parameters"},
	"https://client.example.org/cb?redirect_to=https://attacker.example/": {"redirect_uri_open_redirector"},
}

// redirectElsewhere are the vectors that these rules cannot judge, and why.
var redirectElsewhere = map[string]string{
	"https://auth.gateway.example/realms/x/protocol/openid-connect/auth": "which origin is the authorization server's is configuration, which rules over a document do not know",
}

type redirectVectors struct {
	ListRules []struct{ Case, Result string } `json:"list_rules"`
	Vectors   []struct{ URI, Web, Native, Reason string }
}

func readVectors(t testing.TB, name string, into any) {
	t.Helper()
	b, err := os.ReadFile("../testdata/vectors/" + name)
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// judgeURIs returns what the rules over URIs say of a document.
func judgeURIs(m *registration.Metadata, off ...string) []registration.Violation {
	d := &finalDocument{
		Metadata: m, grants: stringsOf(m, "grant_types"),
		native: m.String("application_type") == "native",
	}
	return slices.DeleteFunc(judge(d, BuiltIn{Off: off}.rules()), func(v registration.Violation) bool {
		named := func(r builtInRule) bool { return r.name == v.Rule }
		return !slices.ContainsFunc(redirectRules, named) && !slices.ContainsFunc(uriRules, named)
	})
}

func redirectDocument(applicationType string, uris ...string) *registration.Metadata {
	m := registration.New(
		registration.Member{Name: "grant_types", Value: []any{"authorization_code"}},
		registration.Member{Name: "application_type", Value: applicationType},
	)
	m.SetStrings("redirect_uris", uris)
	return m
}

func ruleNames(vs []registration.Violation) []string {
	names := make([]string, len(vs))
	for i, v := range vs {
		names[i] = v.Rule
	}
	return names
}

func TestRedirectVectors(t *testing.T) {
	t.Parallel()
	var file redirectVectors
	readVectors(t, "redirect_uris.json", &file)
	if len(file.Vectors) == 0 {
		t.Fatal("no vectors")
	}
	relaxed := map[string]bool{}
	for _, v := range file.Vectors {
		if redirectElsewhere[v.URI] != "" {
			continue
		}
		for applicationType, verdict := range map[string]string{"web": v.Web, "native": v.Native} {
			m := redirectDocument(applicationType, v.URI)
			vs := judgeURIs(m)
			if got, want := len(vs) == 0, verdict == "accept"; got != want {
				t.Errorf("%s %q (%s, %s): %v", applicationType, v.URI, verdict, v.Reason, ruleNames(vs))
			}
			for _, violation := range vs {
				if violation.Code != registration.InvalidRedirectURI || violation.Pointer != "/redirect_uris/0" || violation.Given != any(v.URI) {
					t.Errorf("%q: %+v", v.URI, violation)
				}
				if v.URI != "+" && v.URI != "" && strings.Contains(violation.Detail, v.URI) {
					t.Errorf("%q is repeated in %q", v.URI, violation.Detail)
				}
			}
			off := redirectRelaxed[v.URI]
			switch verdict {
			case "policy":
				relaxed[v.URI] = true
				if len(off) == 0 {
					t.Errorf("%s %q: no rule carries it", applicationType, v.URI)
				}
				for _, one := range off { // and none of them is off in vain
					if !slices.Contains(ruleNames(vs), one) {
						t.Errorf("%s %q: is not refused by %s", applicationType, v.URI, one)
					}
				}
				if vs := judgeURIs(m, off...); len(vs) > 0 {
					t.Errorf("%s %q with %v off: %v", applicationType, v.URI, off, ruleNames(vs))
				}
			case "reject":
				if vs := judgeURIs(m, off...); len(vs) == 0 {
					t.Errorf("%s %q with %v off: accepted", applicationType, v.URI, off)
				}
			}
		}
	}
	if len(relaxed) != len(redirectRelaxed) {
		t.Errorf("%d vectors are open, %d are listed here", len(relaxed), len(redirectRelaxed))
	}
}

func TestRedirectListRules(t *testing.T) {
	t.Parallel()
	const one, other = "https://a.example.org/cb", "https://b.example.org/cb"
	many := make([]string, maxRedirectURIs+1)
	for i := range many {
		many[i] = one + strconv.Itoa(i)
	}
	without := redirectDocument("web")
	without.Delete("redirect_uris")
	implicit := redirectDocument("web")
	implicit.SetStrings("grant_types", []string{"implicit"})
	backend := redirectDocument("web", one)
	backend.SetStrings("grant_types", []string{"client_credentials"})
	backendWithout := backend.Clone()
	backendWithout.Delete("redirect_uris")
	pairwise := redirectDocument("web", one, other)
	pairwise.Set("subject_type", "pairwise")
	sector := pairwise.Clone()
	sector.Set("sector_identifier_uri", "https://a.example.org/sector.json")
	pairwiseOneHost := redirectDocument("native", one, one+"2", "com.example.app:/cb")
	pairwiseOneHost.Set("subject_type", "pairwise")
	manyLogout := redirectDocument("web", one)
	manyLogout.SetStrings("post_logout_redirect_uris", many)

	type violation struct {
		rule, pointer string
		code          registration.Code
	}
	required := violation{"redirect_uris_required", "/redirect_uris", registration.InvalidRedirectURI}
	// What the vectors' list rules say of types is registration.CheckTypes' part.
	for name, test := range map[string]struct {
		document *registration.Metadata
		want     []violation
	}{
		"missing":                     {without, []violation{required}},
		"missing, implicit":           {implicit, []violation{required}},
		"empty array":                 {redirectDocument("web"), []violation{required}},
		"missing, not needed":         {backendWithout, nil},
		"there, not needed":           {backend, nil},
		"duplicates":                  {redirectDocument("web", one, one), nil},
		"pairwise, several hosts":     {pairwise, []violation{{"sector_identifier_uri_required", "/sector_identifier_uri", registration.InvalidClientMetadata}}},
		"pairwise with a sector":      {sector, nil},
		"pairwise, one host":          {pairwiseOneHost, nil},
		"as many as allowed":          {redirectDocument("web", many[1:]...), nil},
		"too many":                    {redirectDocument("web", many...), []violation{{"redirect_uris_count", "/redirect_uris", registration.InvalidRedirectURI}}},
		"too many to log out to":      {manyLogout, []violation{{"redirect_uris_count", "/post_logout_redirect_uris", registration.InvalidClientMetadata}}},
		"the second of two is at two": {redirectDocument("web", one, one+"#"), []violation{{"redirect_uri_fragment", "/redirect_uris/1", registration.InvalidRedirectURI}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []violation
			for _, v := range judgeURIs(test.document) {
				got = append(got, violation{v.Rule, v.Pointer, v.Code})
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// TestRedirectRules is about what the vectors leave out. The rule is empty
// where a URI is fine, and else the one that has to be among those that refuse.
func TestRedirectRules(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ applicationType, uri, rule string }{
		{"web", "https://client.example.org:8443/cb", ""},
		{"web", "https://8.8.8.8/cb", ""},
		{"web", "https://[2606:4700::1111]/cb", ""},
		{"web", "https://client.example.org/cb?a=1&b=urn:x:y", ""},
		{"web", "https://client.example.org/a..b/...", ""},
		{"web", "https://client.example.org/100%25", ""},
		{"web", "https://client.example.org/cb?", ""},
		{"web", "https://client.example.org/" + strings.Repeat("a", 255-27), ""},
		{"web", "https://client.example.org/" + strings.Repeat("a", 256-27), "redirect_uri_length"},
		{"web", "https:client.example.org/cb", "redirect_uri_absolute"},
		{"web", "https:/client.example.org/cb", "redirect_uri_absolute"},
		{"web", "https://:443/cb", "redirect_uri_absolute"},
		{"web", "https://client.example.org/a\tb", "redirect_uri_characters"},
		{"web", "https://client.example.org/a\x00b", "redirect_uri_characters"},
		{"web", "https://client.example.org/%zz", "redirect_uri_characters"},
		{"web", "https://client.example.org/%2", "redirect_uri_characters"},
		{"web", "https://client.example.org/a[]", "redirect_uri_characters"},
		{"web", "https://client.example.org/{id}", "redirect_uri_characters"},
		{"web", "https://b\u00fccher.example/cb", "redirect_uri_characters"},
		{"web", "https://client.example.org/cb?x=%00", "redirect_uri_encoded_control"},
		{"web", "https://client.example.org/cb?x=%7F", "redirect_uri_encoded_control"},
		{"web", "https://client.example.org/%25%30%64", "redirect_uri_double_encoding"},
		{"web", "https://client.example.org/a/./b", "redirect_uri_dot_segments"},
		{"web", "https://client.example.org/a/..", "redirect_uri_dot_segments"},
		{"web", "https://client.example.org/a/.%2E/b", "redirect_uri_dot_segments"},
		{"web", "https://client.example.org/a%2f..%2fb", "redirect_uri_dot_segments"},
		{"web", "https://client.example.org/a%5c..%5cb", "redirect_uri_dot_segments"},
		{"web", "https://client.example.org/a/..%3bx/b", "redirect_uri_dot_segments"},
		{"web", "https://@client.example.org/cb", "redirect_uri_userinfo"},
		{"web", "https://user:pw@client.example.org/cb", "redirect_uri_userinfo"},
		{"web", "https://client.example.org:/cb", "redirect_uri_port"},
		{"web", "https://client.example.org:0/cb", "redirect_uri_port"},
		{"web", "https://client.example.org:0443/cb", "redirect_uri_port"},
		{"web", "https://client.example.org:65536/cb", "redirect_uri_port"},
		{"web", "https://client.example.org:+443/cb", "redirect_uri_port"},
		{"web", "https://client.example.org:80:443/cb", "redirect_uri_port"},
		{"web", "https://client_1.example.org/cb", "redirect_uri_host"},
		{"web", "https://client..example.org/cb", "redirect_uri_host"},
		{"web", "https://-client.example.org/cb", "redirect_uri_host"},
		{"web", "https://xn--a.example/cb", "redirect_uri_host"},
		{"web", "https://[fe80::1%25eth0]/cb", "redirect_uri_host"},
		{"web", "https://[2606:4700::1111/cb", "redirect_uri_host"},
		{"web", "https://[2606:4700::1111]x/cb", "redirect_uri_host"},
		{"web", "https://[8.8.8.8]/cb", "redirect_uri_host"},
		{"web", "https://2606:4700::1111/cb", "redirect_uri_port"},
		{"web", "https://134744072/cb", "redirect_uri_numeric_host"},
		{"web", "https://0x8080808/cb", "redirect_uri_numeric_host"},
		{"web", "https://0x/cb", "redirect_uri_numeric_host"},
		{"web", "https://8.8.2056/cb", "redirect_uri_numeric_host"},
		{"web", "https://010.8.8.8/cb", "redirect_uri_numeric_host"},
		{"web", "https://8.8.8.8.8/cb", "redirect_uri_numeric_host"},
		{"web", "https://client.example.08/cb", "redirect_uri_numeric_host"},
		{"web", "https://[2606:4700:0::1111]/cb", "redirect_uri_normalised"},
		{"web", "https://10.0.0.1/cb", "redirect_uri_special_address"},
		{"web", "https://10.0.0.1./cb", "redirect_uri_special_address"},
		{"web", "https://192.168.1.1/cb", "redirect_uri_special_address"},
		{"web", "https://169.254.169.254/cb", "redirect_uri_special_address"},
		{"web", "https://[::ffff:8.8.8.8]/cb", "redirect_uri_special_address"},
		{"web", "https://[2002:a00:1::]/cb", "redirect_uri_special_address"},
		{"web", "https://app.localhost/cb", "redirect_uri_localhost"},
		{"web", "https://localhost./cb", "redirect_uri_localhost"},
		{"web", "https://notlocalhost/cb", ""},
		{"web", "https://app.test/cb", ""},
		{"web", "https://app.fritz.box/cb", ""},
		{"native", "https://app.onion/cb", ""},
		{"web", "https://client.example.org/cb?%63ode=x", "redirect_uri_query_parameters"},
		{"web", "https://client.example.org/cb?a=1;code=x", "redirect_uri_query_parameters"},
		{"web", "https://client.example.org/cb?state", "redirect_uri_query_parameters"},
		{"web", "https://client.example.org/cb?+code=1", "redirect_uri_query_parameters"},
		{"web", "https://client.example.org/cb?code%20=1", "redirect_uri_query_parameters"},
		{"web", "https://client.example.org/cb?code%5b%5d=1", "redirect_uri_query_parameters"},
		{"web", "https://client.example.org/cb?code%5bx%5d=1", "redirect_uri_query_parameters"},
		{"web", "https://client.example.org/cb?%5bcode%5d=1", "redirect_uri_query_parameters"},
		{"web", "https://client.example.org/cb?error.uri=1", "redirect_uri_query_parameters"},
		{"web", "https://client.example.org/cb?CODE=x&error_code=1", ""},
		{"web", "https://client.example.org/cb?a%5bcode%5d=1&my+code=1&co.de=1&%5b%5d=1&=code", ""},
		{"web", "https://client.example.org/cb?to=%68ttps%3a//attacker.example", "redirect_uri_open_redirector"},
		{"web", "https://client.example.org/cb?to=//attacker.example", "redirect_uri_open_redirector"},
		{"web", "https://client.example.org/cb?to=%5c%5cattacker.example", "redirect_uri_open_redirector"},
		{"web", "https://client.example.org/cb?to=javascript:alert(1)", "redirect_uri_open_redirector"},
		{"web", "https://client.example.org/cb?next=%20https://attacker.example", "redirect_uri_open_redirector"},
		{"web", "https://client.example.org/cb?next=+//attacker.example", "redirect_uri_open_redirector"},
		{"web", "https://client.example.org/cb?next=%20//attacker.example", "redirect_uri_open_redirector"},
		{"web", "https://client.example.org/cb?next=%01https:attacker.example", "redirect_uri_open_redirector"},
		{"web", "https://client.example.org/cb?next=/%09/attacker.example", "redirect_uri_open_redirector"},
		{"web", "https://client.example.org/cb?next=ht%0atps:attacker.example", "redirect_uri_open_redirector"},
		{"web", "https://client.example.org/cb?https://attacker.example", "redirect_uri_open_redirector"},
		{"web", "https://client.example.org/cb?//attacker.example/?a=b", "redirect_uri_open_redirector"},
		{"web", "https://client.example.org/cb?a;+%5cattacker.example&/%5cattacker.example", "redirect_uri_open_redirector"},
		{"web", "https://client.example.org/cb?next=/home&app=a&/home&urn:x:y&at=12:30&of=+a//b", ""},
		{"web", "https://client.example.org?a=b", "redirect_uri_path"},
		{"web", "com.example.app:/cb", "redirect_uri_https"},
		{"web", "java\tscript:alert(1)", "uri_forbidden_scheme"},
		{"web", " javascript:alert(1)", "uri_forbidden_scheme"},

		{"native", "http://127.0.0.1:0/cb", "redirect_uri_port"},
		{"native", "http://127.0.0.1:51004/", ""},
		{"native", "http://127.0.0.1./cb", "redirect_uri_http_loopback"},
		{"native", "http://127.1/cb", "redirect_uri_http_loopback"},
		{"native", "http://[0:0:0:0:0:0:0:1]/cb", "redirect_uri_http_loopback"},
		{"native", "http://[::ffff:127.0.0.1]/cb", "redirect_uri_http_loopback"},
		{"native", "http://127.0.0.1.nip.io/cb", "redirect_uri_http_loopback"},
		{"native", "http://app.localhost/cb", "redirect_uri_http_loopback"},
		{"native", "http://127.0.0.1@attacker.example/cb", "redirect_uri_http_loopback"},
		{"native", "https://127.0.0.1/cb", "redirect_uri_special_address"},
		{"native", "https://localhost/cb", "redirect_uri_https_loopback"},
		{"native", "com.Example.app:/cb", "redirect_uri_normalised"},
		{"native", "com.example.app:///cb", "redirect_uri_authority_in_private_use"},
		{"native", "com.example.app:", "redirect_uri_private_use_path"},
		{"native", "com.example.app:/a/../b", "redirect_uri_dot_segments"},
		{"native", "com.example.app:/cb?code=1", "redirect_uri_query_parameters"},
		{"native", "example.:/cb", "redirect_uri_private_use_dot"},
		{"native", "com..example:/cb", "redirect_uri_private_use_dot"},
		{"native", "url:https://attacker.example/cb", "uri_forbidden_scheme"},
		{"native", "urn:ietf:wg:oauth:2.0:oob:auto", "redirect_uri_oob"},
		{"native", "urn:ietf:wg:oauth:2.0:other", "redirect_uri_private_use_path"},
	} {
		names := ruleNames(judgeURIs(redirectDocument(test.applicationType, test.uri)))
		if test.rule == "" && len(names) > 0 || test.rule != "" && !slices.Contains(names, test.rule) {
			t.Errorf("%s %q: %v, want %q", test.applicationType, test.uri, names, test.rule)
		}
	}
}

// TestPrivateUseRulesStandBehindForbiddenSchemes: no rule alone keeps script
// out.
func TestPrivateUseRulesStandBehindForbiddenSchemes(t *testing.T) {
	t.Parallel()
	for _, applicationType := range []string{"web", "native"} {
		m := redirectDocument(applicationType, "javascript:alert(1)")
		for _, name := range BuiltInRules() {
			if len(judgeURIs(m, name)) == 0 {
				t.Errorf("%s: accepted with %s off", applicationType, name)
			}
		}
	}
}

func TestPostLogoutRedirectURIs(t *testing.T) {
	t.Parallel()
	m := redirectDocument("native", "com.example.app:/cb")
	m.SetStrings("post_logout_redirect_uris", []string{"com.example.app:/bye", "+", "https://client.example.org/*"})
	var pointers []string
	for _, v := range judgeURIs(m) {
		pointers = append(pointers, v.Pointer)
		if v.Code != registration.InvalidClientMetadata {
			t.Errorf("code %s", v.Code)
		}
	}
	slices.Sort(pointers)
	if got := slices.Compact(pointers); !slices.Equal(got, []string{"/post_logout_redirect_uris/1", "/post_logout_redirect_uris/2"}) {
		t.Errorf("violations at %v", got)
	}
}

// FuzzRedirectURI: what is accepted of a web application is read by net/url
// just as these rules read it.
func FuzzRedirectURI(f *testing.F) {
	var file redirectVectors
	readVectors(f, "redirect_uris.json", &file)
	for _, v := range file.Vectors {
		f.Add(v.URI)
	}
	f.Fuzz(func(t *testing.T, s string) {
		_, _ = nativeOnly(s), origin(s)
		_ = judgeURIs(redirectDocument("native", s))
		if len(judgeURIs(redirectDocument("web", s))) > 0 {
			return
		}
		u, err := url.Parse(s)
		switch {
		case err != nil:
			t.Errorf("%q: %v", s, err)
		case u.Scheme != "https", u.Hostname() == "", u.User != nil, u.Opaque != "", u.Path == "",
			u.Fragment != "", strings.Contains(s, "#"):
			t.Errorf("%q is %+v", s, u)
		case u.String() != s:
			t.Errorf("%q is written again as %q", s, u)
		case slices.Contains(strings.Split(u.Path, "/"), "."), slices.Contains(strings.Split(u.Path, "/"), ".."):
			t.Errorf("%q has dot segments: %q", s, u.Path)
		}
		if mine := splitURI(s); mine.host != u.Host[:len(mine.host)] || mine.path != u.EscapedPath() || mine.query != u.RawQuery {
			t.Errorf("%q is %+v here and %+v there", s, mine, u)
		}
	})
}
