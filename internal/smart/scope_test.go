package smart_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/smart"
)

func TestParseResource(t *testing.T) {
	t.Parallel()
	got := smart.Parse("user/Observation.cus?code=b&category=x%7cy&code=b")
	if got.Kind != smart.Resource || got.Syntax != smart.SyntaxV2 || got.Context != smart.User || got.ResourceType != "Observation" {
		t.Errorf("got %+v", got)
	}
	if want := smart.Create | smart.Update | smart.Search; got.Permissions != want {
		t.Errorf("permissions %v, want %v", got.Permissions, want)
	}
	if want := []string{"category=x|y", "code=b"}; !slices.Equal(got.Query, want) {
		t.Errorf("query %q, want %q", got.Query, want)
	}
	if want := "user/Observation.cus?category=x|y&code=b"; got.V2() != want {
		t.Errorf("V2() = %q, want %q", got.V2(), want)
	}
}

func TestParseKinds(t *testing.T) {
	t.Parallel()
	for token, want := range map[string]smart.Kind{
		"patient/*.rs":            smart.Resource,
		"launch":                  smart.Launch,
		"launch/patient":          smart.Launch,
		"launch/list?role=friend": smart.Launch,
		"launch/list?role=https://example.org/a?b": smart.Launch,
		"openid":                       smart.Identity,
		"fhirUser":                     smart.Identity,
		"profile":                      smart.Identity,
		"offline_access":               smart.Refresh,
		"online_access":                smart.Refresh,
		"__x":                          smart.Extension,
		"https://example.org/scopes/x": smart.Extension,
		"com.example+x://scopes":       smart.Extension,
		"__":                           smart.Opaque,
		"https://":                     smart.Opaque,
		"https:///scopes":              smart.Opaque,
		"://example.org":               smart.Opaque,
		"1x://example.org":             smart.Opaque,
		"email":                        smart.Opaque,
		"launcher":                     smart.Opaque,
		"/read-limited":                smart.Opaque,
		"patient":                      smart.Opaque,
		"group/Patient.rs":             smart.Opaque,
	} {
		if got := smart.Parse(token).Kind; got != want {
			t.Errorf("%s: kind %d, want %d", token, got, want)
		}
		if err := smart.Check(token); err != nil {
			t.Errorf("%s: %v", token, err)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		token string
		class error
		says  string
	}{
		{"", smart.ErrToken, "empty"},
		{"a b", smart.ErrToken, "byte 0x20 at offset 1"},
		{"a\tb", smart.ErrToken, "byte 0x09"},
		{`a"b`, smart.ErrToken, "byte 0x22"},
		{`patient\Observation.rs`, smart.ErrToken, "byte 0x5c"},
		{"patient/Beobachtungén.rs", smart.ErrToken, "byte 0xc3 at offset 19"},
		{"a\x7f", smart.ErrToken, "byte 0x7f"},
		{"Patient/Observation.rs", smart.ErrGrammar, "lower case"},
		{"*/*.rs", smart.ErrGrammar, "lower case"},
		{"/Patient.rs", smart.ErrGrammar, "lower case"},
		{"patient/observation.read", smart.ErrGrammar, "resource type"},
		{"patient/.read", smart.ErrGrammar, "resource type"},
		{"patient/Observation1.read", smart.ErrGrammar, "resource type"},
		{"patient/", smart.ErrGrammar, "resource type"},
		{"patient/Observation", smart.ErrGrammar, "no permissions"},
		{"patient/Observation.", smart.ErrGrammar, "no permissions"},
		{"patient/Observation.?code=x", smart.ErrGrammar, "no permissions"},
		{"patient/Observation.dus", smart.ErrGrammar, "letters of cruds"},
		{"patient/Observation.crudss", smart.ErrGrammar, "letters of cruds"},
		{"patient/Observation.Read", smart.ErrGrammar, "letters of cruds"},
		{"patient/Observation.**", smart.ErrGrammar, "letters of cruds"},
		{"patient/Observation.read?code=x", smart.ErrGrammar, "SMART 2"},
		{"patient/Observation.rs?", smart.ErrGrammar, "parameter=value"},
		{"patient/Observation.rs?code=x&", smart.ErrGrammar, "parameter=value"},
		{"patient/Observation.rs?code=", smart.ErrGrammar, "parameter=value"},
		{"patient/Observation.rs?_include=Observation:patient", smart.ErrGrammar, "a query selects"},
		{"patient/Observation.rs?code=x&_revinclude:iterate=Provenance:target", smart.ErrGrammar, "a query selects"},
		{"patient/Observation.rs?%5finclude%3aiterate=x&code=x", smart.ErrGrammar, "a query selects"},
		{"patient/Observation.rs?_include:recurse=*", smart.ErrGrammar, "a query selects"},
		{"patient/Observation.rs?_query=x", smart.ErrGrammar, "a query selects"},
		{"patient/Observation.rs?_contained=both", smart.ErrGrammar, "a query selects"},
		{"patient/Observation.rs?_containedType=container", smart.ErrGrammar, "a query selects"},
		{"patient/Observation.rs?_graph=x", smart.ErrGrammar, "a query selects"},
		{"patient/Observation.rs?code=%4", smart.ErrGrammar, "percent-encoding"},
		{"patient/Observation.rs?code=%4g", smart.ErrGrammar, "percent-encoding"},
		{"launch/Patient", smart.ErrGrammar, "launch/<type>"},
		{"launch/", smart.ErrGrammar, "launch/<type>"},
		{"Launch", smart.ErrGrammar, "launch/<type>"},
		{"launch?role=x", smart.ErrGrammar, "launch/<type>"},
		{"launch/list?", smart.ErrGrammar, "launch/<type>"},
		{"launch/list?role=", smart.ErrGrammar, "launch/<type>"},
		{"launch/list?rule=x", smart.ErrGrammar, "launch/<type>"},
		{"launch/list?role=a&role=b", smart.ErrGrammar, "launch/<type>"},
		{"fhiruser", smart.ErrGrammar, "this one is fhirUser"},
		{"OFFLINE_ACCESS", smart.ErrGrammar, "this one is offline_access"},
	} {
		err := smart.Check(c.token)
		if !errors.Is(err, c.class) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: got %v, want %v saying %q", c.token, err, c.class, c.says)
		}
		if got := smart.Parse(c.token); got.Kind != smart.Opaque || got.V2() != c.token {
			t.Errorf("%q: parsed as kind %d, V2() %q", c.token, got.Kind, got.V2())
		}
	}
}

func TestV1(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		token, want string
		exact       bool
	}{
		{"patient/*.rs", "patient/*.read", true},
		{"user/Patient.cud", "user/Patient.write", true},
		{"system/*.cruds", "system/*.*", true},
		{"system/*.*", "system/*.*", true},
		{"patient/*.cu", "", false},
		{"patient/*.r", "", false},
		{"patient/*.rs?code=x", "", false},
		{"launch/patient", "launch/patient", true},
		{"email", "email", true},
	} {
		if got, exact := smart.Parse(c.token).V1(); got != c.want || exact != c.exact {
			t.Errorf("%s: got %q, %v", c.token, got, exact)
		}
	}
}

func TestAllPermissionSubsets(t *testing.T) {
	t.Parallel()
	for p := smart.Permissions(1); p < 32; p++ {
		token := "patient/*." + p.String()
		if got := smart.Parse(token); got.Kind != smart.Resource || got.Permissions != p || got.V2() != token {
			t.Errorf("%s: got %+v", token, got)
		}
	}
}

func TestSplitAndJoin(t *testing.T) {
	t.Parallel()
	got := smart.Split("  openid patient/*.rs  openid launch\tx ")
	if want := []string{"openid", "patient/*.rs", "launch\tx"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := smart.Join(got[:2]); got != "openid patient/*.rs" {
		t.Errorf("got %q", got)
	}
	if got := smart.Split(" "); len(got) != 0 {
		t.Errorf("got %q of a blank scope", got)
	}
}
