package policy

import (
	"slices"
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// metadataOpen are the vectors on which the standards leave the verdict open:
// the rule that refuses them by default, or why they are accepted.
var metadataOpen = map[string]struct{ rule, why string }{
	"http://client.example.org/l.png":      {rule: "page_uri_https"},
	"":                                     {why: "registration.Prepare removes empty members"},
	"https://rebind.attacker.example/jwks": {why: "what a name resolves to is not in the document, and changes"},
	"https://client.example.org/redirect-to-169": {why: "whether an answer redirects is known to who fetches it"},
}

func uriDocument(name, value string) *registration.Metadata {
	if strings.HasSuffix(name, "_uris") {
		return registration.New(registration.Member{Name: name, Value: []any{value}})
	}
	return registration.New(registration.Member{Name: name, Value: value})
}

func TestMetadataURIVectors(t *testing.T) {
	t.Parallel()
	var file struct {
		Vectors []struct{ Field, Value, Verdict, Reason string }
	}
	readVectors(t, "metadata_uris.json", &file)
	if len(file.Vectors) == 0 {
		t.Fatal("no vectors")
	}
	seen := 0
	for _, v := range file.Vectors {
		m := uriDocument(v.Field, v.Value)
		registration.Prepare(registration.Create, m)
		vs := judgeURIs(m)
		switch v.Verdict {
		case "accept":
			if len(vs) > 0 {
				t.Errorf("%s %q: %v", v.Field, v.Value, ruleNames(vs))
			}
		case "reject":
			if len(vs) == 0 {
				t.Errorf("%s %q (%s): accepted", v.Field, v.Value, v.Reason)
			}
			for _, violation := range vs {
				if violation.Code != registration.InvalidClientMetadata || violation.Pointer != "/"+v.Field || violation.Given != any(v.Value) {
					t.Errorf("%+v", violation)
				}
			}
		case "policy":
			seen++
			open, listed := metadataOpen[v.Value]
			switch {
			case !listed:
				t.Errorf("%s %q: not listed here", v.Field, v.Value)
			case open.why != "" && len(vs) > 0:
				t.Errorf("%s %q: %v, although %s", v.Field, v.Value, ruleNames(vs), open.why)
			case open.rule != "":
				if !slices.Equal(ruleNames(vs), []string{open.rule}) {
					t.Errorf("%s %q: %v, want %s alone", v.Field, v.Value, ruleNames(vs), open.rule)
				}
				if vs := judgeURIs(m, open.rule); len(vs) > 0 {
					t.Errorf("%s %q with %s off: %v", v.Field, v.Value, open.rule, ruleNames(vs))
				}
			}
		}
	}
	if seen != len(metadataOpen) {
		t.Errorf("%d vectors are open, %d are listed here", seen, len(metadataOpen))
	}
}

// TestURIRules is about what the vectors leave out: exactly these rules refuse.
func TestURIRules(t *testing.T) {
	t.Parallel()
	const home = "https://client.example.org/"
	for _, test := range []struct {
		name, value string
		rules       string
	}{
		{"client_uri", "https://client.example.org", ""},
		{"client_uri", home + "a/../b#top", ""},
		{"client_uri", "https://intranet/app", ""},
		{"client_uri", "//client.example.org/", "uri_absolute"},
		{"client_uri", "com.example.app:/home", "page_uri_scheme"},
		{"client_uri", "https://user@client.example.org/", "uri_userinfo"},
		{"client_uri", home + "\x07", "uri_characters"},
		{"client_uri", home + "%00", "uri_encoded_control"},
		{"client_uri", "https://client%2eexample.org/", "uri_host"},
		{"client_uri", "https://0x7f000001/", "uri_numeric_host"},
		{"client_uri", "https://client.example.org:99999/", "uri_port"},
		{"client_uri", home + strings.Repeat("a", 255-len(home)), ""},
		{"client_uri", home + strings.Repeat("a", 256-len(home)), "client_uri_length"},
		{"client_uri#de", "javascript:alert(1)", "uri_forbidden_scheme page_uri_scheme"},
		{"tos_uri#fr-CH", "http://client.example.org/", "page_uri_https"},
		{"tos_uri", home + strings.Repeat("a", maxURI-len(home)), ""},
		{"tos_uri", home + strings.Repeat("a", maxURI+1-len(home)), "uri_length"},
		{"logo_uri", "https://169.254.169.254/latest", "fetched_uri_special_address"},
		{"logo_uri", "https://cdn.local/l.png", "fetched_uri_internal_name"},

		{"jwks_uri", "https://client.example.org:8443/jwks", ""},
		{"jwks_uri", "https://client.example.org:443/jwks", ""},
		{"jwks_uri", "https://client.example.org:80/jwks", "endpoint_uri_port"},
		{"jwks_uri", home + "a/..%2fb", "endpoint_uri_dot_segments"},
		{"jwks_uri", home + "*", "endpoint_uri_wildcard"},
		{"jwks_uri", home + "#", "endpoint_uri_fragment"},
		{"jwks_uri", "https://localhost./", "fetched_uri_internal_name"},
		{"jwks_uri", "https://metadata.goog/", "fetched_uri_internal_name"},
		{"jwks_uri", "https://10.0.0.1.nip.io/", "fetched_uri_internal_name"},
		{"jwks_uri", "https://mylocal/", "fetched_uri_internal_name"},
		{"jwks_uri", "https://kubernetes.default.svc/", "fetched_uri_internal_name"},
		{"jwks_uri", "https://vault.service.consul/", "fetched_uri_internal_name"},
		{"jwks_uri", "https://instance-data.ec2/", "fetched_uri_internal_name"},
		{"jwks_uri", "https://app.test/", "fetched_uri_internal_name"},
		{"jwks_uri", "https://app.invalid/", "fetched_uri_internal_name"},
		{"jwks_uri", "https://abc.onion/", "fetched_uri_internal_name"},
		{"jwks_uri", "https://app.alt/", "fetched_uri_internal_name"},
		{"jwks_uri", "https://fritz.box/", "fetched_uri_internal_name"},
		{"jwks_uri", "https://app.localhost.direct/", "fetched_uri_internal_name"},
		{"jwks_uri", "https://10-0-0-1.traefik.me/", "fetched_uri_internal_name"},
		{"jwks_uri", "https://make-1.2.3.4-rebind-169.254-169.254-rr.1u.ms/", "fetched_uri_internal_name"},
		{"logo_uri", "https://7f000001.c0a80001.rbndr.us/", "fetched_uri_internal_name"},
		{"client_uri", "https://app.test/", ""},
		{"jwks_uri", "https://app.example/", ""},
		{"jwks_uri", "https://test.example.us/", ""},
		{"jwks_uri", "https://xfritz.box/", ""},
		{"jwks_uri", "https://svc.example.org/", ""},
		{"jwks_uri", "https://mylocal.example.org/", ""},
		{"jwks_uri", "https://8.8.8.8/", ""},
		{"initiate_login_uri", home + "launch", ""},
		{"backchannel_logout_uri", "com.example.app:/x", "endpoint_uri_https"},
		{"request_uris", home + "r.jwt#GkurKxf5T0Y", ""}, // a hash of the object: OpenID Connect Core section 6.2
		{"request_uris", "http://client.example.org/r", "endpoint_uri_https"},

		{"launch_url", "http://localhost/anything goes", ""},
		{"launch_url", "VBScript:x", "uri_forbidden_scheme"},
		{"info_uris", " java\nscript:x", "uri_forbidden_scheme"},
		{"jwks_uri#de", "data:,x", "uri_forbidden_scheme"},
		{"client_name", "javascript: the good parts", ""},
	} {
		m := uriDocument(test.name, test.value)
		if got := ruleNames(judgeURIs(m)); !slices.Equal(got, strings.Fields(test.rules)) {
			t.Errorf("%s %.80q: %v, want [%s]", test.name, test.value, got, test.rules)
		}
	}
}

// TestURIRulesAreReachable: a name that "off" takes has to be a name of
// something, and of one thing.
func TestURIRulesAreReachable(t *testing.T) {
	t.Parallel()
	names := BuiltInRules()
	slices.Sort(names)
	if len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("a name occurs twice: %v", names)
	}
}

// TestWrongTypesArePassedOver: they are refused before, by their type.
func TestWrongTypesArePassedOver(t *testing.T) {
	t.Parallel()
	m := registration.New(
		registration.Member{Name: "redirect_uris", Value: []any{nil, true, registration.Number("1"), []any{"x"}}},
		registration.Member{Name: "client_uri", Value: registration.New()},
		registration.Member{Name: "jwks_uri", Value: nil},
	)
	if vs := judgeURIs(m); len(vs) > 0 {
		t.Errorf("%+v", vs)
	}
}

func BenchmarkURIRules(b *testing.B) {
	m := redirectDocument("web", "https://client.example.org/callback", "https://client.example.org/callback?tenant=42")
	for _, name := range []string{"client_uri", "logo_uri", "jwks_uri"} {
		m.Set(name, "https://client.example.org/some/"+name)
	}
	grants := []string{"authorization_code"}
	rules := slices.Concat(redirectRules, uriRules)
	b.ReportAllocs()
	for b.Loop() {
		d := &finalDocument{Metadata: m, grants: grants}
		d.takeApart()
		for _, r := range rules {
			if vs := r.check(d); vs != nil {
				b.Fatal(vs)
			}
		}
	}
}
