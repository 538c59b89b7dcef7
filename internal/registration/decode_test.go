package registration_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body    string
		says    string
		pointer string
	}{
		"nothing":                {"", "empty", ""},
		"white space":            {" \n\t", "empty", ""},
		"null":                   {"null", "not a JSON object", ""},
		"array":                  {"[]", "not a JSON object", ""},
		"string":                 {`"x"`, "not a JSON object", ""},
		"number":                 {"1", "not a JSON object", ""},
		"trailing object":        {`{} {}`, "behind the JSON object", ""},
		"trailing letter":        {`{}x`, "behind the JSON object", ""},
		"duplicate":              {`{"a":1,"a":2}`, "twice", "/a"},
		"duplicate, escaped":     {`{"a":1,"\u0061":2}`, "twice", "/a"},
		"duplicate, deep":        {`{"jwks":{"keys":[{"d":1,"d":2}]}}`, "twice", "/jwks/keys/0/d"},
		"invalid UTF-8":          {"{\"a\":\"\xff\"}", "not valid JSON", ""},
		"invalid UTF-8 in name":  {"{\"\xff\":1}", "not valid JSON", ""},
		"lone surrogate":         {`{"a":"\ud800"}`, "not valid JSON", ""},
		"swapped surrogates":     {`{"a":"\udc00\ud800"}`, "not valid JSON", ""},
		"byte order mark":        {"\ufeff{}", "not valid JSON", ""},
		"UTF-16":                 {"{\x00}\x00", "not valid JSON", ""},
		"comment":                {`{/**/}`, "not valid JSON", ""},
		"leading zero":           {`{"a":01}`, "not valid JSON", ""},
		"NaN":                    {`{"a":NaN}`, "not valid JSON", ""},
		"trailing comma":         {`{"a":1,}`, "not valid JSON", ""},
		"raw control character":  {"{\"a\":\"\n\"}", "not valid JSON", ""},
		"cut off":                {`{"a":`, "ends too early", ""},
		"cut off in a string":    {`{"a":"b`, "ends too early", ""},
		"17 deep":                {`{"a":` + strings.Repeat("[", 16) + strings.Repeat("]", 16) + `}`, "too deep", ""},
		"deep as an attack":      {strings.Repeat(`{"a":`, 100_000), "too deep", ""},
		"wide and then too deep": {`{"b":[1,2],"a":` + strings.Repeat(`{"a":`, 16) + `1` + strings.Repeat("}", 17), "too deep", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := registration.Decode([]byte(test.body))
			var refusal *registration.Error
			if !errors.As(err, &refusal) {
				t.Fatalf("got %v, %v; want a refusal", m, err)
			}
			if refusal.Status != 400 || refusal.Code != registration.InvalidClientMetadata {
				t.Errorf("got %d %s, want 400 invalid_client_metadata", refusal.Status, refusal.Code)
			}
			if !strings.Contains(refusal.Description, test.says) {
				t.Errorf("got %q, want something with %q", refusal.Description, test.says)
			}
			if len(refusal.Violations) != 1 || refusal.Violations[0].Pointer != test.pointer {
				t.Errorf("got %+v, want one violation at %q", refusal.Violations, test.pointer)
			}
		})
	}
}

func TestDecodeKeepsEverything(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{}`,
		`{"b":1,"a":"x","Redirect_URIs":["https://evil.example"]}`,
		`{"n":12345678901234567890.123456789,"t":true,"f":false,"z":null,"o":{"z":[],"y":{}}}`,
		`{"s":"\u0000é𝄞\"\\"}`,
		`{"a":` + strings.Repeat("[", 15) + strings.Repeat("]", 15) + `}`,
	} {
		m, err := registration.Decode([]byte(body))
		if err != nil {
			t.Errorf("%s: %v", body, err)
			continue
		}
		if got := string(m.Encode()); got != body {
			t.Errorf("got %s, want %s", got, body)
		}
	}
}

// FuzzDecode: whatever is accepted comes out of a second reading the same, and
// names are unique at every depth.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"redirect_uris":["https://a.example/cb"],"scope":"a b"}`, `{"a":{"a":[{"a":1e9}]},"b":null}`,
		`{"a":1,"a":2}`, "\ufeff{}", `{"a":"\ud800"}`, `[`, `{"a":"` + strings.Repeat("x", 300) + `"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := registration.Decode(body)
		if err != nil {
			var refusal *registration.Error
			if !errors.As(err, &refusal) || refusal.Status != 400 || len(refusal.Violations) == 0 {
				t.Fatalf("got %v, want a refusal that says why", err)
			}
			return
		}
		again, err := registration.Decode(m.Encode())
		if err != nil {
			t.Fatalf("what was accepted is refused when written again: %v", err)
		}
		if !registration.Equal(m, again) || len(m.Members()) != len(again.Members()) {
			t.Fatalf("got %s, want %s", again.Encode(), m.Encode())
		}
		if got, want := generic(t, m.Encode()), generic(t, body); !reflect.DeepEqual(got, want) {
			t.Fatalf("encoding/json reads %v, we read %v", want, got)
		}
		registration.Prepare(registration.Create, m)
		registration.CheckTypes(m)
		if _, err := registration.Decode(m.Encode()); err != nil {
			t.Fatalf("prepared: %v", err)
		}
	})
}

// generic is what encoding/json makes of it.
func generic(t *testing.T, body []byte) map[string]any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var document map[string]any
	if err := d.Decode(&document); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return document
}

func BenchmarkDecode(b *testing.B) {
	body := []byte(`{"redirect_uris":["https://client.example.org/callback"],"client_name":"My Example Client","logo_uri":"https://client.example.org/logo.png","token_endpoint_auth_method":"client_secret_basic","contacts":["ve7jtb@example.org"]}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := registration.Decode(body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	m, err := registration.Decode([]byte(`{"redirect_uris":["https://client.example.org/callback"],"client_name":"My Example Client","logo_uri":"https://client.example.org/logo.png","token_endpoint_auth_method":"client_secret_basic","contacts":["ve7jtb@example.org"]}`))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		_ = m.Encode()
	}
}
