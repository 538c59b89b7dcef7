package document

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
)

// FuzzApply: no text is too odd, and whatever comes out is JSON that means what
// came in, but for the members that are to be changed.
func FuzzApply(f *testing.F) {
	for _, text := range recorded(f) {
		f.Add(uint8(ServerMetadata), text)
	}
	for _, text := range []string{
		`{}`, `{"a":1e400,"b":-0,"c":"\ud83d\ude00","registration_endpoint":[{}]}`,
		`{"scopes_supported":["openid","patient/*.cruds?x=y"],"grant_types_supported":[""],"capabilities":{},"signed_metadata":0}`,
		`{"mtls_endpoint_aliases":{"registration_endpoint":1,"x":{}}}`,
		`{"resourceType":"CapabilityStatement","rest":[{"security":{"extension":[{"url":"` + oauthURIs + `","extension":[{"url":"register","valueUrl":"x"},{"url":"token"}]}]}}]}`,
		`{"resourceType":"CapabilityStatement","rest":[[],{"security":{"extension":[{"url":"` + oauthURIs + `"}]}}]}`,
		`{"a":1,"a":2}`, `[`, "{\"\xff\":1}",
	} {
		for kind := SMARTConfiguration; kind <= CapabilityStatement; kind++ {
			f.Add(uint8(kind), []byte(text))
		}
	}
	w := newRewriting(f, Lists{
		ScopesSupported: []string{"openid", "patient/*.rs"}, GrantTypesSupported: []string{"authorization_code"},
		TokenEndpointAuthMethodsSupported: []string{"none"}, Capabilities: []string{"launch-ehr"},
	})
	f.Fuzz(func(t *testing.T, k uint8, text []byte) {
		kind := Kind(k%3) + SMARTConfiguration
		before := bytes.Clone(text)
		done, err := w.Apply(kind, text)
		if !bytes.Equal(before, text) {
			t.Fatalf("the text was changed from %q to %q", before, text)
		}
		if err != nil || done.Body == nil {
			return
		}
		in, out := meaning(t, text), meaning(t, done.Body)
		again, err := w.Apply(kind, done.Body)
		if err != nil || again.Body != nil {
			t.Fatalf("once more: %v\n%s\n%s", err, done.Body, again.Body)
		}
		if kind == CapabilityStatement {
			in, out = withoutRegister(t, in).(map[string]any), withoutRegister(t, out).(map[string]any)
		} else {
			if out["registration_endpoint"] != gateway {
				t.Fatalf("it names %v", out["registration_endpoint"])
			}
			for _, name := range []string{
				"registration_endpoint", "signed_metadata", "scopes_supported", "grant_types_supported",
				"token_endpoint_auth_methods_supported", "capabilities",
			} {
				delete(in, name)
				delete(out, name)
			}
			for _, m := range []map[string]any{in, out} {
				if aliases, ok := m["mtls_endpoint_aliases"].(map[string]any); ok {
					delete(aliases, "registration_endpoint")
				}
			}
		}
		if !reflect.DeepEqual(in, out) {
			t.Fatalf("it means something else\n%s\n%s", text, done.Body)
		}
	})
}

// meaning reads JSON with another reader, numbers as they are written.
func meaning(t *testing.T, text []byte) map[string]any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return m
}

// withoutRegister drops parts named register, and the lists that held no other:
// they may have been added.
func withoutRegister(t *testing.T, value any) any {
	t.Helper()
	switch v := value.(type) {
	case map[string]any:
		if v["url"] == oauthURIs {
			kept := []any{}
			parts, isArray := v["extension"].([]any)
			for _, part := range parts {
				if m, ok := part.(map[string]any); !ok || m["url"] != "register" {
					kept = append(kept, part)
				}
			}
			if _, there := v["extension"]; isArray || !there {
				v["extension"] = kept
			}
		}
		for name := range v {
			v[name] = withoutRegister(t, v[name])
		}
	case []any:
		for i := range v {
			v[i] = withoutRegister(t, v[i])
		}
	}
	return value
}
