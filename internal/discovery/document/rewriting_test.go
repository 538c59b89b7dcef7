package document

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
)

const gateway = "https://auth.example.org/register"

func newRewriting(t testing.TB, lists Lists) Rewriting {
	t.Helper()
	w, err := NewRewriting(gateway, lists)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestMetadata(t *testing.T) {
	t.Parallel()
	narrow := Lists{
		ScopesSupported:                   []string{"openid", "launch/patient", "patient/*.rs", "vendor:x"},
		GrantTypesSupported:               []string{"authorization_code", "client_credentials"},
		TokenEndpointAuthMethodsSupported: []string{"private_key_jwt"},
		Capabilities:                      []string{"launch-ehr", "client-public"},
	}
	for name, test := range map[string]struct {
		kind   Kind
		narrow Lists
		in     string
		want   string // empty: unchanged
		result Result // but for the body
	}{
		"replaced in place": {
			kind: ServerMetadata,
			in:   `{"issuer":"i","registration_endpoint":"http://internal/reg","z":1}`,
			want: `{"issuer":"i","registration_endpoint":"https://auth.example.org/register","z":1}`,
		},
		"added at the end": {
			kind: SMARTConfiguration,
			in:   `{"token_endpoint":"t"}`,
			want: `{"token_endpoint":"t","registration_endpoint":"https://auth.example.org/register"}`,
		},
		"added to nothing": {
			kind: SMARTConfiguration, in: ` {} `, want: `{"registration_endpoint":"https://auth.example.org/register"}`,
		},
		"not a string": {
			kind: ServerMetadata,
			in:   `{"registration_endpoint":null}`, want: `{"registration_endpoint":"https://auth.example.org/register"}`,
		},
		"already there":      {kind: ServerMetadata, in: `{"registration_endpoint": "https://auth.example.org/register"}`},
		"already there, odd": {kind: ServerMetadata, in: `{"registration\u005fendpoint":"https:\/\/auth.example.org\/register"}`},
		"name with an escape": {
			kind: ServerMetadata,
			in:   `{"registration\u005fendpoint":"x"}`, want: `{"registration_endpoint":"https://auth.example.org/register"}`,
		},
		"values keep their text": {
			kind: ServerMetadata,
			in:   `{ "n" : 1.10e+2 , "big":123456789012345678901234567890, "o":{ "b":[ 1,{"a":null} ] , "a":"\u00e9\/é"},"":"" }`,
			want: `{"n":1.10e+2,"big":123456789012345678901234567890,"o":{ "b":[ 1,{"a":null} ] , "a":"\u00e9\/é"},"":"","registration_endpoint":"https://auth.example.org/register"}`,
		},
		"alias for mutual TLS": {
			kind: ServerMetadata,
			in:   `{"registration_endpoint":"a","mtls_endpoint_aliases":{"token_endpoint":"t","registration_endpoint":"b"}}`,
			want: `{"registration_endpoint":"https://auth.example.org/register","mtls_endpoint_aliases":{"token_endpoint":"t","registration_endpoint":"https://auth.example.org/register"}}`,
		},
		"alias alone differs": {
			kind: ServerMetadata,
			in:   `{"registration_endpoint":"https://auth.example.org/register","mtls_endpoint_aliases":{"registration_endpoint":"b"},"signed_metadata":"j"}`,
			want: `{"registration_endpoint":"https://auth.example.org/register","mtls_endpoint_aliases":{"registration_endpoint":"https://auth.example.org/register"}}`, result: Result{Unsigned: true},
		},
		"no alias": {
			kind: ServerMetadata,
			in:   `{"registration_endpoint":"a","mtls_endpoint_aliases":{"token_endpoint":"t"}}`,
			want: `{"registration_endpoint":"https://auth.example.org/register","mtls_endpoint_aliases":{"token_endpoint":"t"}}`,
		},
		"aliases that are none": {
			kind: ServerMetadata,
			in:   `{"registration_endpoint":"a","mtls_endpoint_aliases":["registration_endpoint"]}`,
			want: `{"registration_endpoint":"https://auth.example.org/register","mtls_endpoint_aliases":["registration_endpoint"]}`,
		},
		"signature removed": {
			kind: ServerMetadata,
			in:   `{"signed_metadata":"a.b.c","registration_endpoint":"x","udap_versions_supported":["1"]}`,
			want: `{"registration_endpoint":"https://auth.example.org/register","udap_versions_supported":["1"]}`, result: Result{Unsigned: true},
		},
		"signature of what is true": {kind: ServerMetadata, in: `{"signed_metadata":"a.b.c","registration_endpoint":"https://auth.example.org/register"}`},
		"narrowed": {
			kind: SMARTConfiguration, narrow: narrow,
			in: `{"scopes_supported":["openid","profile","launch","launch/patient","patient/Observation.read","patient/*.rs","patient/*.cruds","user/*.rs","vendor:x"],` +
				`"grant_types_supported":["authorization_code","password"],"token_endpoint_auth_methods_supported":["client_secret_basic","private_key_jwt"],` +
				`"capabilities":["launch-ehr","launch-standalone"],"response_types_supported":["code","token"]}`,
			want: `{"scopes_supported":["openid","launch/patient","patient/Observation.read","patient/*.rs","vendor:x"],` +
				`"grant_types_supported":["authorization_code"],"token_endpoint_auth_methods_supported":["private_key_jwt"],` +
				`"capabilities":["launch-ehr"],"response_types_supported":["code","token"],"registration_endpoint":"https://auth.example.org/register"}`,
		},
		"narrowing alone is a change": {
			kind: ServerMetadata, narrow: narrow,
			in:   `{"registration_endpoint":"https://auth.example.org/register","grant_types_supported":["password","authorization_code"],"signed_metadata":"j"}`,
			want: `{"registration_endpoint":"https://auth.example.org/register","grant_types_supported":["authorization_code"]}`, result: Result{Unsigned: true},
		},
		"narrow enough": {
			kind: ServerMetadata, narrow: narrow,
			in: `{"registration_endpoint":"https://auth.example.org/register", "grant_types_supported":[ "authorization_code" ],"scopes_supported":["patient/Patient.r"]}`,
		},
		"absent in smart-configuration": {
			kind: SMARTConfiguration, narrow: narrow,
			in:   `{"registration_endpoint":"https://auth.example.org/register"}`,
			want: `{"registration_endpoint":"https://auth.example.org/register","scopes_supported":["openid","launch/patient","patient/*.rs","vendor:x"],"capabilities":["launch-ehr","client-public"]}`,
		},
		"absent in server metadata": {
			kind: ServerMetadata, narrow: narrow, in: `{"registration_endpoint":"https://auth.example.org/register"}`,
		},
		"capabilities are SMART's": {
			kind: ServerMetadata, narrow: narrow, in: `{"registration_endpoint":"https://auth.example.org/register","capabilities":["x"]}`,
		},
		"nothing in common": {
			kind: ServerMetadata, narrow: narrow,
			in:     `{"registration_endpoint":"x","grant_types_supported":["password"],"scopes_supported":["user/*.rs"]}`,
			want:   `{"registration_endpoint":"https://auth.example.org/register","grant_types_supported":[],"scopes_supported":[]}`,
			result: Result{Emptied: []string{"scopes_supported", "grant_types_supported"}},
		},
		"not arrays of strings": {
			kind: SMARTConfiguration, narrow: narrow,
			in:     `{"registration_endpoint":"x","scopes_supported":"openid","grant_types_supported":[1],"capabilities":null}`,
			want:   `{"registration_endpoint":"https://auth.example.org/register","scopes_supported":"openid","grant_types_supported":[1],"capabilities":null}`,
			result: Result{Opaque: []string{"scopes_supported", "grant_types_supported", "capabilities"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := newRewriting(t, test.narrow).Apply(test.kind, []byte(test.in))
			if err != nil {
				t.Fatal(err)
			}
			if string(got.Body) != test.want {
				t.Errorf("got\n%s\nwant\n%s", got.Body, test.want)
			}
			if got.Body = nil; !reflect.DeepEqual(got, test.result) {
				t.Errorf("got %+v, want %+v", got, test.result)
			}
		})
	}
}

func TestStatement(t *testing.T) {
	t.Parallel()
	// around puts extensions of rest.security into a statement.
	around := func(extensions string) string {
		return `{"resourceType":"CapabilityStatement","rest":[{"mode":"server","security":{"cors":true,"extension":[` + extensions + `]}}],"fhirVersion":"4.0.1"}`
	}
	oauth := func(parts string) string {
		return `{"url":"http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris","extension":[` + parts + `]}`
	}
	const (
		token = `{ "url":"token","valueUri":"https://as.example.org/token" }`
		ours  = `{"url":"register","valueUri":"https://auth.example.org/register"}`
	)
	for name, test := range map[string]struct{ in, want string }{
		"replaced":   {around(oauth(token + `,{"url":"register","valueUri":"http://internal"}`)), around(oauth(token + "," + ours))},
		"added":      {around(oauth(token)), around(oauth(token + "," + ours))},
		"added only": {around(oauth("")), around(oauth(ours))},
		"added to nothing": {
			around(`{"url":"http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"}`), around(oauth(ours)),
		},
		"already there":   {around(oauth(token + "," + ours)), ""},
		"every of them":   {around(oauth(`{"url":"register"},` + token + `,{"url":"register","valueUri":"x"}`)), around(oauth(ours + "," + token + "," + ours))},
		"of another type": {around(oauth(`{"url":"register","valueUrl":"x","_valueUrl":{"id":"1"}}`)), around(oauth(ours))},
		"of two types":    {around(oauth(`{"url":"register","valueUrl":"x","valueUri":"https://auth.example.org/register"}`)), around(oauth(ours))},
		"with an id": {
			around(oauth(`{"id":"r","url":"register","valueUri":"x","_valueUri":{"id":"1"}}`)),
			around(oauth(`{"id":"r","url":"register","valueUri":"https://auth.example.org/register","_valueUri":{"id":"1"}}`)),
		},
		"beside others":     {around(`{"url":"x","extension":[{"url":"register","valueUri":"x"}]},` + oauth("")), around(`{"url":"x","extension":[{"url":"register","valueUri":"x"}]},` + oauth(ours))},
		"without oauth":     {around(`{"url":"x"}`), ""},
		"parts not a list":  {around(`{"url":"http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris","extension":{}}`), ""},
		"no security":       {`{"resourceType":"CapabilityStatement","rest":[{"mode":"server"}]}`, ""},
		"security no list":  {`{"resourceType":"CapabilityStatement","rest":[{"security":[]},1,null]}`, ""},
		"no rest":           {`{"resourceType":"CapabilityStatement"}`, ""},
		"rest not a list":   {`{"resourceType":"CapabilityStatement","rest":{}}`, ""},
		"another resource":  {strings.Replace(around(oauth("")), "CapabilityStatement", "TerminologyCapabilities", 1), ""},
		"no resource":       {`{"registration_endpoint":"x"}`, ""},
		"oauth not in rest": {`{"resourceType":"CapabilityStatement","extension":[` + oauth("") + `]}`, ""},
		"two of rest": {
			`{"resourceType":"CapabilityStatement","rest":[ {"security":{"extension":[` + oauth("") + `]}} , {"mode": "client"}]}`,
			`{"resourceType":"CapabilityStatement","rest":[{"security":{"extension":[` + oauth(ours) + `]}},{"mode": "client"}]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// What is to be narrowed is no business of a statement's.
			got, err := newRewriting(t, Lists{ScopesSupported: []string{"openid"}}).Apply(CapabilityStatement, []byte(test.in))
			if err != nil {
				t.Fatal(err)
			}
			if string(got.Body) != test.want {
				t.Errorf("got\n%s\nwant\n%s", got.Body, test.want)
			}
		})
	}
}

// Deeper than registrations may nest, and larger.
func TestStatementOfSize(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"contained":[`, 100) + strings.Repeat(`]}`, 100)
	text := `{"resourceType":"CapabilityStatement","x":` + deep + `,"rest":[{"resource":["` + strings.Repeat("x", 3<<20) +
		`"],"security":{"extension":[{"url":"` + oauthURIs + `"}]}}]}`
	got, err := newRewriting(t, Lists{}).Apply(CapabilityStatement, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(text, `{"url":"`+oauthURIs+`"}`, `{"url":"`+oauthURIs+`","extension":[{"url":"register","valueUri":"`+gateway+`"}]}`, 1)
	if string(got.Body) != want {
		t.Error("the statement came out otherwise")
	}
}

func TestUnreadable(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nothing":             "",
		"an array":            `[{}]`,
		"a string":            `"x"`,
		"half":                `{"issuer":"x"`,
		"half a value":        `{"issuer":["x"}`,
		"something behind":    `{"issuer":"x"}{}`,
		"rubbish behind":      `{"issuer":"x"}x`,
		"a name twice":        `{"registration_endpoint":"a","registration_endpoint":"b"}`,
		"twice, once escaped": `{"registration_endpoint":"a","registration\u005fendpoint":"b"}`,
		"twice inside":        `{"a":{"b":[{"c":1,"c":2}]}}`,
		"a name that is none": `{1:2}`,
		"not UTF-8":           "{\"a\":\"\xff\"}",
		"UTF-16":              "\xfe\xff\x00{\x00}",
		"byte order mark":     "\ufeff{}",
		"HTML":                "<html>",
		"a comment":           `{"a":1} // x`,
		"a comma too many":    `{"a":1,}`,
	} {
		for _, kind := range []Kind{SMARTConfiguration, ServerMetadata, CapabilityStatement} {
			if got, err := newRewriting(t, Lists{}).Apply(kind, []byte(text)); err == nil {
				t.Errorf("%s: read as %+v", name, got)
			}
		}
	}
}

// TestRecorded takes what Keycloak has really answered: only what is to change
// changes, in the server's own text.
func TestRecorded(t *testing.T) {
	t.Parallel()
	narrow := newRewriting(t, Lists{
		ScopesSupported:     []string{"openid", "patient/*.rs", "launch/patient"},
		GrantTypesSupported: []string{"authorization_code", "refresh_token", "client_credentials"},
	})
	for path, text := range recorded(t) {
		got, err := newRewriting(t, Lists{}).Apply(At(path), text)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		const theirs = `"<base>/realms/fhir/clients-registrations/openid-connect"`
		if n := bytes.Count(text, []byte(theirs)); n != 2 {
			t.Errorf("%s names its registration endpoint %d times", path, n)
		}
		want := compact(t, bytes.ReplaceAll(text, []byte(theirs), []byte(`"`+gateway+`"`)))
		if body := compact(t, got.Body); body != want {
			t.Errorf("%s: got\n%s\nwant\n%s", path, body, want)
		}

		got, err = narrow.Apply(At(path), text)
		if err != nil {
			t.Fatal(err)
		}
		want = replaceMember(t, want, "scopes_supported", `["openid","launch/patient","patient/*.read","patient/*.rs","patient/Observation.rs"]`)
		want = replaceMember(t, want, "grant_types_supported", `["authorization_code","client_credentials","refresh_token"]`)
		if body := compact(t, got.Body); body != want {
			t.Errorf("%s, narrowed: got\n%s\nwant\n%s", path, body, want)
		}
	}
}

// recorded returns the documents that a real server has answered, by path.
func recorded(t testing.TB) map[string][]byte {
	t.Helper()
	file, err := os.Open("../../../testdata/exchanges/keycloak-26.7.5.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	documents := map[string][]byte{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var exchange struct {
			Path   string
			Status int
			Body   json.RawMessage
		}
		if err := json.Unmarshal(lines.Bytes(), &exchange); err != nil {
			t.Fatal(err)
		}
		path := strings.TrimPrefix(exchange.Path, "<base>")
		if exchange.Status == 200 && strings.Contains(path, "/.well-known/") {
			documents[path] = exchange.Body
		}
	}
	if err := lines.Err(); err != nil || len(documents) != 3 {
		t.Fatalf("%d documents: %v", len(documents), err)
	}
	return documents
}

// compact drops white space and nothing else.
func compact(t *testing.T, text []byte) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return b.String()
}

// replaceMember replaces an array of strings in compact JSON.
func replaceMember(t *testing.T, text, name, value string) string {
	t.Helper()
	before, after, found := strings.Cut(text, `"`+name+`":[`)
	_, after, closed := strings.Cut(after, "]")
	if !found || !closed {
		t.Fatalf("%s is not there", name)
	}
	return before + `"` + name + `":` + value + after
}
