package sandbox

import (
	"errors"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestParseMetadata(t *testing.T) {
	t.Parallel()
	unknown := func(name string, line, column string) string {
		return `Invalid json representation for OIDCClientRepresentation. Unrecognized field "` + name + `" at line ` + line + ` column ` + column + `.`
	}
	for _, tt := range []struct {
		name, body string
		want       metadata
		err        string
	}{
		{
			"kinds", `{"client_name":"a","redirect_uris":["b"],"require_auth_time":true,"default_max_age":1}`,
			metadata{"client_name": "a", "redirect_uris": []string{"b"}, "require_auth_time": true, "default_max_age": "1"},
			"",
		},
		{
			"scalars are lenient", `{"client_name":5,"require_auth_time":"true","redirect_uris":[1,false]}`,
			metadata{"client_name": "5", "require_auth_time": true, "redirect_uris": []string{"1", "false"}},
			"",
		},
		{"null is absent", `{"client_name":null,"redirect_uris":null}`, metadata{}, ""},
		{"last one wins, a null too", `{"client_name":"a","scope":"x","client_name":null,"scope":"y"}`, metadata{"scope": "y"}, ""},
		{"trailing data", `{} ]`, metadata{}, ""},
		{"byte order mark", "\ufeff{}", metadata{}, ""},
		{"escaped name", `{"client\u005fname":"a"}`, metadata{"client_name": "a"}, ""},

		{"empty", "", nil, errInternal.Error()},
		{"blank", " \n", nil, errInternal.Error()},
		{"null", " null ", nil, errInternal.Error()},
		{"array", "[]", nil, errMemberType.Error()},
		{"string", `"a"`, nil, errMemberType.Error()},
		{"garbage", "@", nil, errSyntax.Error()},
		{"open", `{"client_name":"a"`, nil, errSyntax.Error()},
		{"no value", `{"client_name":}`, nil, errSyntax.Error()},
		{"no name", `{1:2}`, nil, errSyntax.Error()},
		{"not UTF-8", "{\"client_name\":\"\xff\"}", nil, errSyntax.Error()},
		{"object for string", `{"client_name":{}}`, nil, errMemberType.Error()},
		{"object in list", `{"redirect_uris":[{}]}`, nil, errMemberType.Error()},
		{"object for list", `{"redirect_uris":{}}`, nil, errMemberType.Error()},
		{"number for flag", `{"require_auth_time":"yes"}`, nil, errMemberType.Error()},
		{"list for keys", `{"jwks":[]}`, nil, errMemberType.Error()},
		{"key is no object", `{"jwks":{"keys":["a"]}}`, nil, errMemberType.Error()},

		{"unknown string", `{"x":"y"}`, nil, unknown("x", "1", "7")},
		{"unknown number", `{"x": 12}`, nil, unknown("x", "1", "9")},
		{"unknown object", `{"x": {"a":1}}`, nil, unknown("x", "1", "8")},
		{"unknown on a later line", "{\n  \"client_name\": \"a\",\n  \"x\" : true\n}", nil, unknown("x", "3", "13")},
		{"unknown before the type error", `{"x":1,"client_name":[]}`, nil, unknown("x", "1", "7")},
		{"type error before unknown", `{"client_name":[],"x":1}`, nil, errMemberType.Error()},
		{"unknown and cut off", `{"x":1`, nil, errSyntax.Error()},
		{"unknown and nothing", `{"x":`, nil, unknown("x", "1", "6")},
	} {
		got, err := parseMetadata([]byte(tt.body))
		if tt.err != "" {
			if err == nil || err.Error() != tt.err {
				t.Errorf("%s: error %v, want %s", tt.name, err, tt.err)
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %v %v, want %v", tt.name, got, err, tt.want)
		}
	}
}

func TestContentType(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]error{
		"application/json":                nil,
		"Application/JSON; charset=utf-8": nil,
		"application/*":                   nil,
		"*/*":                             nil,
		"":                                errInternal,
		"text/plain":                      errContentType,
		"application/jwt":                 errContentType,
		"json":                            errContentType,
		"a b":                             errContentType,
	} {
		r := httptest.NewRequest("POST", "/", nil)
		r.Header["Content-Type"] = []string{value}
		if err := checkContentType(r); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", value, err, want)
		}
	}
}

func TestHashOrder(t *testing.T) {
	t.Parallel()
	// The second is a surrogate pair to Java.
	for in, want := range map[string]uint32{"client": 0xaf12f3cb, "\U0001F600": 0x1b0d63} {
		if got := javaHash(in); got != want {
			t.Errorf("hash of %q is %#x, want %#x", in, got, want)
		}
	}
	// Seen from the server, in this order whatever the order of the request.
	want := []string{"https://a.example.org/", "https://b.example.org/"}
	if got := hashOrder([]string{want[1], want[0], want[1]}); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := hashOrder(nil); got == nil || len(got) != 0 {
		t.Errorf("nothing in order is %#v, want an empty list", got)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ body, code, description string }{
		{`{"redirect_uris":["","a","*","+","urn:x","http://[::1]/","https://ä.example.org/ü","file:///x","%41"]}`, "", ""},
		{`{"redirect_uris":["https://"]}`, "invalid_redirect_uri", "A redirect URI is not a valid URI"},
		{`{"redirect_uris":["app:"]}`, "invalid_redirect_uri", "A redirect URI is not a valid URI"},
		{`{"redirect_uris":[":x"]}`, "invalid_redirect_uri", "A redirect URI is not a valid URI"},
		{`{"redirect_uris":["1a:x"]}`, "invalid_redirect_uri", "A redirect URI is not a valid URI"},
		{`{"redirect_uris":["https://a/{id}"]}`, "invalid_redirect_uri", "A redirect URI is not a valid URI"},
		{`{"redirect_uris":["https://a/%4"]}`, "invalid_redirect_uri", "A redirect URI is not a valid URI"},
		{`{"redirect_uris":["https://a/%zz"]}`, "invalid_redirect_uri", "A redirect URI is not a valid URI"},
		{`{"redirect_uris":["https://a/\u2028"]}`, "invalid_redirect_uri", "A redirect URI is not a valid URI"},
		{`{"redirect_uris":["https://a/#b#c"]}`, "invalid_redirect_uri", "A redirect URI is not a valid URI"},
		{`{"redirect_uris":["https://a/#"]}`, "invalid_redirect_uri", "A redirect URI must not contain an URL fragment"},
		{`{"client_uri":"app.example.org"}`, "invalid_client_metadata", "Base URL is not a valid URL"},
		{`{"client_uri":"/app"}`, "", ""},
		{`{"policy_uri":"/app"}`, "invalid_client_metadata", "Policy URL is not a valid URL"},
		{`{"tos_uri":"data:,x"}`, "invalid_client_metadata", "Terms of service URL uses an illegal scheme"},
		{`{"logo_uri":"data:,x"}`, "", ""},
		{`{"logo_uri":"a b"}`, "invalid_client_metadata", "Logo URL is not a valid URL"},
		{`{"backchannel_logout_uri":"x"}`, "invalid_client_metadata", "Backchannel logout URL is not a valid URL"},
		{`{"client_uri":"x","redirect_uris":["a#b"]}`, "invalid_redirect_uri", "Base URL is not a valid URL; A redirect URI must not contain an URL fragment"},
	} {
		asked, err := parseMetadata([]byte(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		c, err := newClient(asked)
		if err != nil {
			t.Fatal(err)
		}
		err = c.validate()
		var refused *wireError
		switch {
		case tt.code == "" && err != nil:
			t.Errorf("%s: %v", tt.body, err)
		case tt.code != "" && (!errors.As(err, &refused) || refused.Code != tt.code || refused.Description != tt.description):
			t.Errorf("%s: %v, want %s: %s", tt.body, err, tt.code, tt.description)
		}
	}
}

func TestFits(t *testing.T) {
	t.Parallel()
	c := &client{asked: metadata{"client_name": strings.Repeat("ä", 255)}}
	if !c.fits() {
		t.Error("255 characters are too many, counted as bytes")
	}
	c.redirectURIs = []string{"https://a.example.org/", strings.Repeat("x", 256)}
	if c.fits() {
		t.Error("256 characters fit")
	}
}
