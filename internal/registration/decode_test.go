package registration_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

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
		"duplicate, long":        {`{"` + strings.Repeat("a", 70) + `":1,"aaaaaa":1,"` + strings.Repeat("a", 70) + `":2}`, "twice", "/" + strings.Repeat("a", 70)},
		"duplicate among many":   {`{` + manyMembers(300) + `,"a299":1}`, "twice", "/a299"},
		"duplicate, deep":        {`{"jwks":{"keys":[{"d":1,"d":2}]}}`, "twice", "/jwks/keys/0/d"},
		"invalid UTF-8":          {"{\"a\":\"\xff\"}", "not valid JSON", ""},
		"invalid UTF-8 in name":  {"{\"\xff\":1}", "not valid JSON", ""},
		"lone surrogate":         {`{"a":"\ud800"}`, "not valid JSON", ""},
		"swapped surrogates":     {`{"a":"\udc00\ud800"}`, "not valid JSON", ""},
		"byte order mark":        {"\ufeff{}", "not valid JSON", ""},
		"UTF-16":                 {"{\x00}\x00", "not valid JSON", ""},
		"no comma":               {`{"a":1 "b":2}`, "not valid JSON", ""},
		"no colon":               {`{"a" 1}`, "not valid JSON", ""},
		"name that is no string": {`{1:1}`, "not valid JSON", ""},
		"unknown escape":         {`{"a":"\x41"}`, "not valid JSON", ""},
		"half a unicode escape":  {`{"a":"\u00"}`, "not valid JSON", ""},
		"sign alone":             {`{"a":-}`, "not valid JSON", ""},
		"plus sign":              {`{"a":+1}`, "not valid JSON", ""},
		"fraction of nothing":    {`{"a":.5}`, "not valid JSON", ""},
		"fraction without digit": {`{"a":1.}`, "not valid JSON", ""},
		"exponent without digit": {`{"a":1e+}`, "not valid JSON", ""},
		"literal that goes on":   {`{"a":truex}`, "not valid JSON", ""},
		"wrong end":              {`{"a":[1}`, "not valid JSON", ""},
		"cut off in an escape":   {`{"a":"\`, "ends too early", ""},
		"cut off in a literal":   {`{"a":tr`, "ends too early", ""},
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
		`{` + manyMembers(300) + `}`,
		`{"n":[0,-0,-1.50,1E5,1e-5,0.1e+07]}`,
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

// manyMembers are members with n different names.
func manyMembers(n int) string {
	members := make([]string, n)
	for i := range members {
		members[i] = fmt.Sprintf(`"a%d":%d`, i, i)
	}
	return strings.Join(members, ",")
}

// FuzzDecode: what is accepted is what jsontext finds valid, no deeper than it may
// be, and it is read as jsontext reads it; and it comes out of a second reading the
// same.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"redirect_uris":["https://a.example/cb"],"scope":"a b"}`, `{"a":{"a":[{"a":1e9}]},"b":null}`,
		`{"a":1,"a":2}`, "\ufeff{}", `{"a":"\ud800"}`, `[`, `{"a":"` + strings.Repeat("x", 300) + `"}`,
		`{"a":"\ud834\udd1e\u0061\/","\u0061":1}`, `{"é":"𝄞","b":"\"\\"}`, " { \"a\" : [ true , false ,-0.5E+1 ] } \n",
		`{` + manyMembers(70) + `}`, `{"a":` + strings.Repeat("[", 15) + strings.Repeat("]", 15) + `}`,
		"{\"a\":\"\x7f\xc3\"}", documents["header"], documents["request"],
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := registration.Decode(body)
		want, valid := slowly(body)
		if valid != (err == nil) {
			t.Fatalf("valid: %v, but Decode: %v", valid, err)
		}
		if err != nil {
			var refusal *registration.Error
			if !errors.As(err, &refusal) || refusal.Status != 400 || len(refusal.Violations) == 0 {
				t.Fatalf("got %v, want a refusal that says why", err)
			}
			return
		}
		if !reflect.DeepEqual(m, want) {
			t.Fatalf("got %s, want %s", m.Encode(), want.Encode())
		}
		again, err := registration.Decode(m.Encode())
		if err != nil {
			t.Fatalf("what was accepted is refused when written again: %v", err)
		}
		if !reflect.DeepEqual(m, again) {
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

// slowly is a document as jsontext judges and reads it, token by token.
func slowly(body []byte) (*registration.Metadata, bool) {
	value := jsontext.Value(body)
	if !value.IsValid(jsontext.AllowDuplicateNames(false), jsontext.AllowInvalidUTF8(false)) || value.Kind() != '{' {
		return nil, false
	}
	d := jsontext.NewDecoder(bytes.NewReader(body))
	v, shallow := slowValue(d)
	m, _ := v.(*registration.Metadata)
	return m, shallow
}

func slowValue(d *jsontext.Decoder) (v any, shallow bool) {
	token, err := d.ReadToken()
	if err != nil || d.StackDepth() > registration.MaxDepth {
		return nil, false
	}
	switch token.Kind() {
	case '{':
		var members []registration.Member
		for d.PeekKind() != '}' {
			name, _ := d.ReadToken()
			member := registration.Member{Name: name.String()}
			if member.Value, shallow = slowValue(d); !shallow {
				return nil, false
			}
			members = append(members, member)
		}
		_, err := d.ReadToken()
		return registration.New(members...), err == nil
	case '[':
		array := []any{}
		for d.PeekKind() != ']' {
			element, shallow := slowValue(d)
			if !shallow {
				return nil, false
			}
			array = append(array, element)
		}
		_, err := d.ReadToken()
		return array, err == nil
	case '"':
		return token.String(), true
	case '0':
		return registration.Number(token.String()), true
	case 'n':
		return nil, true
	default:
		return token.Bool(), true
	}
}

// FuzzEncode: strings are written as jsontext quotes them.
func FuzzEncode(f *testing.F) {
	for _, seed := range []string{"", "plain", "https://a.example/cb", `a"b\c`, "\x1f234567\x7f9", "é", "1234567\xff", "\u2028<>&"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		quoted, _ := jsontext.AppendQuote(nil, s)
		want := fmt.Sprintf("{%s:[%s]}", quoted, quoted)
		got := registration.New(registration.Member{Name: s, Value: []any{s}}).Encode()
		if string(got) != want {
			t.Fatalf("got %s, want %s", got, want)
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
