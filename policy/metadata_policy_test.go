package policy_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/policy"
)

func TestImpossiblePolicies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ policy, want string }{
		{`{"a": ["value"]}`, `policy: member "a": a member's policy is an object of operators`},
		{`{"a": {"value": "x", "subsetof": ["x"]}}`, `policy: member "a": subsetof: there is no such operator (operators: value, `},
		{`{"a": {"default": null}}`, `policy: member "a": default: the value must not be or hold null`},
		{`{"a": {"value": {"k": ["x", null]}}}`, `policy: member "a": value: the value must not be or hold null`},
		{`{"a": {"add": "x"}}`, `policy: member "a": add: the operator's value is an array`},
		{`{"a": {"subset_of": null}}`, `policy: member "a": subset_of: the operator's value is an array`},
		{`{"a": {"superset_of": [true]}}`, `policy: member "a": superset_of: the array holds strings, numbers or objects`},
		{`{"a": {"subset_of": [["x"]]}}`, `policy: member "a": subset_of: the array holds strings, numbers or objects`},
		{`{"a": {"one_of": []}}`, `policy: member "a": one_of: the operator's value is an array with something in it`},
		{`{"a": {"one_of": "x"}}`, `policy: member "a": one_of: the operator's value is an array with something in it`},
		{`{"a": {"one_of": [true]}}`, `policy: member "a": one_of: the array holds strings, numbers or objects`},
		{`{"a": {"essential": "true"}}`, `policy: member "a": essential: the operator's value is true or false`},
		{`{"grant_types": {"default": "implicit"}}`, `policy: member "grant_types": default: the value does not fit: the member must be an array of strings`},
		{`{"grant_types": {"one_of": ["implicit"]}}`, `policy: member "grant_types": one_of: the value does not fit: the member must be an array of strings`},
		{`{"grant_types": {"add": [1]}}`, `policy: member "grant_types": add: the value does not fit: the member must be an array of strings`},
		{`{"client_name": {"subset_of": ["x"]}}`, `policy: member "client_name": subset_of: the value does not fit: the member must be a string`},
		{`{"client_name#de": {"value": 1}}`, `policy: member "client_name#de": value: the value does not fit: the member must be a string`},
		{`{"scope": {"one_of": ["openid"]}}`, `policy: member "scope": one_of: scope is a list, and the operator is for single values`},
		{`{"scope": {"add": "openid"}}`, `policy: member "scope": add: the operator's value is an array`},
		{`{"scope": {"subset_of": ["openid profile"]}}`, `policy: member "scope": subset_of: each element is one scope: a string without spaces`},
		{`{"scope": {"add": [""]}}`, `policy: member "scope": add: each element is one scope: a string without spaces`},
		{`{"scope": {"default": ["openid", 1]}}`, `policy: member "scope": default: each element is one scope: a string without spaces`},
		{`{"scope": {"value": true}}`, `policy: member "scope": value: scope is a string or an array of strings`},
		{`{"scope": {"value": "a b", "subset_of": ["a"]}}`, `policy: member "scope": value with subset_of: the value must be a subset of what is allowed`},
		{`{"scope": {"value": "a", "add": ["b"]}}`, `policy: member "scope": value with add: what is added must be part of the value`},

		{`{"a": {"schemes": []}}`, `schemes: the operator's value is an array of strings with something in it`},
		{`{"a": {"schemes": "https"}}`, `schemes: the operator's value is an array of strings with something in it`},
		{`{"a": {"schemes": ["https:"]}}`, `schemes: "https:" is not a scheme`},
		{`{"jwks": {"schemes": ["https"]}}`, `member "jwks": schemes: the operator needs a URI or an array of URIs, which the member cannot be`},
		{`{"require_auth_time": {"hosts": ["a.example"]}}`, `hosts: the operator needs a URI`},
		{`{"default_max_age": {"max_length": 3}}`, `max_length: the operator needs a string or an array of strings, which`},
		{`{"client_uri#de": {"max_count": 3}}`, `max_count: the operator needs an array, which`},
		{`{"client_name": {"min_count": 3}}`, `min_count: the operator needs an array, which`},
		{`{"redirect_uris": {"key_types": ["RSA"]}}`, `key_types: the operator needs a JWK Set, which`},
		{`{"jwks_uri": {"key_ids": "required"}}`, `key_ids: the operator needs a JWK Set, which`},
		{`{"a": {"hosts": ["*"]}}`, `hosts: "*" is not a host`},
		{`{"a": {"hosts": ["*."]}}`, `hosts: "*." is not a host`},
		{`{"a": {"hosts": ["***.a.example"]}}`, `is not a host`},
		{`{"a": {"hosts": ["a.*.example"]}}`, `is not a host`},
		{`{"a": {"hosts": ["a.example/x"]}}`, `is not a host`},
		{`{"a": {"hosts": ["a.example?"]}}`, `is not a host`},
		{`{"a": {"hosts": ["a.example#"]}}`, `is not a host`},
		{`{"a": {"hosts": ["https://a.example"]}}`, `is not a host`},
		{`{"a": {"hosts": ["u@a.example"]}}`, `is not a host`},
		{`{"a": {"hosts": ["a.example."]}}`, `is not a host`},
		{`{"a": {"hosts": ["a.example:"]}}`, `is not a host`},
		{`{"a": {"hosts": ["a.example:x"]}}`, `is not a host`},
		{`{"a": {"hosts": ["a_b.example"]}}`, `is not a host`},
		{`{"a": {"hosts": ["127.1"]}}`, `is not a host`},
		{`{"a": {"hosts": ["::1"]}}`, `is not a host`},
		{`{"a": {"hosts": ["a.example", ""]}}`, `is not a host`},
		{`{"a": {"hosts": ["*.127.0.0.1"]}}`, `an address has no wildcard`},
		{`{"a": {"hosts": ["**.[::1]"]}}`, `an address has no wildcard`},
		{`{"a": {"hosts": ["\uff41.example"]}}`, `is not a host`},
		{`{"a": {"ports": [0]}}`, `ports: the operator's value is an array of numbers from 1 to 65535`},
		{`{"a": {"ports": [443, 65536]}}`, `array of numbers from 1`},
		{`{"a": {"ports": ["443"]}}`, `array of numbers from 1`},
		{`{"a": {"ports": []}}`, `array of numbers from 1`},
		{`{"a": {"ports": 443}}`, `array of numbers from 1`},
		{`{"a": {"path_prefix": ["app"]}}`, `path_prefix: "app" is not a path`},
		{`{"a": {"path_prefix": ["/a/../b"]}}`, `is not a path`},
		{`{"a": {"path_prefix": ["/a%2fb"]}}`, `is not a path`},
		{`{"a": {"path_prefix": ["/a?x"]}}`, `is not a path`},
		{`{"a": {"path_prefix": ["/a#"]}}`, `is not a path`},
		{`{"a": {"loopback": "no"}}`, `loopback: the operator's value is allow or deny`},
		{`{"a": {"loopback": true}}`, `allow or deny`},
		{`{"a": {"private_use": null}}`, `private_use: the operator's value is allow or deny`},
		{`{"a": {"same_host_as": "a"}}`, `same_host_as: a is compared with itself`},
		{`{"a": {"same_host_as": "jwks"}}`, `same_host_as: "jwks" is not a member with URIs`},
		{`{"a": {"same_host_as": ""}}`, `is not a member with URIs`},
		{`{"a": {"same_host_as": []}}`, `array of strings with something in it`},
		{`{"a": {"registrable_domain_of": 1}}`, `registrable_domain_of: the operator's value is an array of strings`},
		{`{"a": {"max_count": -1}}`, `max_count: the operator's value is a whole number, 0 or more`},
		{`{"a": {"max_count": 1.0}}`, `a whole number`},
		{`{"a": {"min_count": 1e3}}`, `a whole number`},
		{`{"a": {"min_count": -0}}`, `a whole number`},
		{`{"a": {"max_length": "60"}}`, `a whole number`},
		{`{"a": {"max_length": 99999999999999999999}}`, `a whole number`},
		{`{"a": {"pattern": "("}}`, `pattern: "(" is no RE2 expression`},
		{`{"a": {"pattern": "a)|(b"}}`, `is no RE2 expression`},
		{`{"a": {"pattern": "(?=a)"}}`, `is no RE2 expression`},
		{`{"a": {"pattern": "\\Qa"}}`, `cannot be anchored`},
		{`{"a": {"pattern": 1}}`, `pattern: the operator's value is an array of strings`},
		{`{"client_secret": {"value": "x"}}`, `policy: member "client_secret": only the authorization server sets the member`},
		{`{"client_id": {"essential": true}}`, `only the authorization server sets the member`},
		{`{"jwks": {"key_types": [""]}}`, `key_types: "" is no key type`},
		{`{"jwks": {"key_types": ["RSA", "ec"]}}`, `key_types: "ec" is no key type (there are: RSA EC OKP AKP oct)`},
		{`{"jwks": {"curves": ["P-999"]}}`, `curves: "P-999" is no curve (there are: P-256 P-384 P-521 Ed25519 Ed448 X25519 X448 secp256k1)`},
		{`{"jwks": {"curves": []}}`, `curves: the operator's value is an array of strings`},
		{`{"jwks": {"min_rsa_bits": "2048"}}`, `a whole number`},
		{`{"jwks": {"key_ids": true}}`, `key_ids: the operator's value is required or optional`},
		{`{"a": {"min_count": 2, "max_count": 1}}`, `min_count with max_count: no list has so many values and so few`},

		{`{"a": {"value": ["x"], "add": ["y"]}}`, `value with add: what is added must be part of the value`},
		{`{"a": {"value": "x", "add": []}}`, `value with add: `},
		{`{"a": {"value": null, "add": []}}`, `value with add: `},
		{`{"a": {"value": null, "default": "x"}}`, `value with default: a value of null cannot have a default`},
		{`{"a": {"value": "z", "one_of": ["x"]}}`, `value with one_of: the value must be one of those allowed`},
		{`{"a": {"value": ["x"], "one_of": ["x"]}}`, `value with one_of: `},
		{`{"a": {"value": ["1"], "one_of": ["1", "2", "3", "4", "5", "6", "7", "8", "9"]}}`, `value with one_of: `},
		{`{"a": {"value": null, "one_of": ["x"]}}`, `value with one_of: `},
		{`{"a": {"value": ["x"], "subset_of": []}}`, `value with subset_of: the value must be a subset of what is allowed`},
		{`{"a": {"value": null, "subset_of": []}}`, `value with subset_of: `},
		{`{"a": {"value": ["x"], "superset_of": ["y"]}}`, `value with superset_of: the value must contain all that is required`},
		{`{"a": {"value": null, "superset_of": []}}`, `value with superset_of: `},
		{`{"a": {"value": null, "essential": true}}`, `value with essential: a value of null cannot be essential`},
		{`{"a": {"add": ["x"], "one_of": ["x"]}}`, `add with one_of: the operators cannot be combined`},
		{`{"a": {"add": ["x"], "subset_of": ["y"]}}`, `add with subset_of: what is added must be a subset of what is allowed`},
		{`{"a": {"one_of": ["x"], "subset_of": ["x"]}}`, `one_of with subset_of: the operators cannot be combined`},
		{`{"a": {"one_of": ["x"], "superset_of": ["x"]}}`, `one_of with superset_of: the operators cannot be combined`},
		{`{"a": {"subset_of": ["x"], "superset_of": ["x", "y"]}}`, `subset_of with superset_of: what is allowed must contain all that is required`},
	} {
		_, err := policy.ParseMetadataPolicy("policy", document(t, []byte(c.policy)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s:\ngot  %v\nwant %s", c.policy, err, c.want)
		}
		if fault := (*policy.PolicyError)(nil); !errors.As(err, &fault) || fault.Member == "" {
			t.Errorf("%s: the error does not tell the member", c.policy)
		}
	}
}

func TestUnknownOperators(t *testing.T) {
	t.Parallel()
	text := []byte(`{"a": {"regexp": "^x$", "default": "y"}, "b": {"regexp": "^x$"}}`)
	if _, err := policy.ParseMetadataPolicy("policy", document(t, text)); err == nil {
		t.Error("without the option an unknown operator is an error")
	}
	p := compile(t, "federation", string(text), policy.IgnoreUnknownOperators("one_of"))
	if got := string(p.Document().Encode()); got != `{"a":{"default":"y"}}` {
		t.Errorf("got %s", got)
	}
	for _, text := range []string{string(text), `{}`} {
		_, err := policy.ParseMetadataPolicy("federation", document(t, []byte(text)), policy.IgnoreUnknownOperators("regexp"))
		if err == nil || err.Error() != "federation: regexp: the operator is critical and does not exist here" {
			t.Errorf("%s: got %v", text, err)
		}
	}
}

func TestNilPolicySaysNothing(t *testing.T) {
	t.Parallel()
	var none *policy.MetadataPolicy
	m := document(t, []byte(`{"a": 1}`))
	if c, v := none.ApplyMember(m, "a"); len(c)+len(v)+len(none.Members())+none.Document().Len() != 0 || none.Sets("a") {
		t.Error("nil said something")
	}
	some := compile(t, "policy", `{"a": {"value": 2}}`)
	for _, pair := range [][2]*policy.MetadataPolicy{{none, some}, {some, none}} {
		if merged, err := pair[0].Merge(pair[1]); err != nil || merged != some {
			t.Errorf("got %v, %v", merged, err)
		}
	}
	if empty, err := policy.ParseMetadataPolicy("policy", nil); err != nil || len(empty.Members()) != 0 {
		t.Errorf("got %v, %v", empty, err)
	}
}

func TestMembersAndSets(t *testing.T) {
	t.Parallel()
	p := compile(t, "policy", `{"h": {}, "g": {"essential": false}, "f": {"essential": true}, "e": {"subset_of": ["x"], "superset_of": ["x"]},
		"d": {"value": null}, "c": {"default": "x"}, "b": {"add": []}, "a": {"value": "x"}}`)
	if got := fmt.Sprint(p.Members()); got != "[a b c d e f g]" {
		t.Errorf("got %s", got)
	}
	for member, want := range map[string]bool{
		"a": true, "b": false, "c": true, "d": false, "e": false, "f": true, "g": false, "h": false, "i": false,
	} {
		if p.Sets(member) != want {
			t.Errorf("%s: got %v", member, !want)
		}
	}
}

func TestDocumentIsCanonical(t *testing.T) {
	t.Parallel()
	p := compile(t, "policy", `{"scope": {"superset_of": ["a", "a"], "default": ["b", "a", "b"]}, "a": {"essential": false, "one_of": ["y", "x", "y"]}}`)
	want := `{"a":{"one_of":["y","x"],"essential":false},"scope":{"default":"b a","superset_of":["a"]}}`
	if got := string(p.Document().Encode()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	again, err := policy.ParseMetadataPolicy("policy", p.Document())
	if err != nil || !reflect.DeepEqual(p, again) {
		t.Errorf("parsed again: %v", err)
	}
}

// TestPolicyIsImmutable changes all that a policy was made of and has handed out.
func TestPolicyIsImmutable(t *testing.T) {
	t.Parallel()
	source := document(t, []byte(`{"a": {"value": {"k": ["x"]}}, "b": {"default": ["x"]}, "c": {"add": [{"k": "x"}]}}`))
	p, err := policy.ParseMetadataPolicy("policy", source)
	if err != nil {
		t.Fatal(err)
	}
	before := string(p.Document().Encode())
	m := &policy.Metadata{}
	apply(p, m)
	for _, doc := range []*policy.Metadata{source, m, p.Document()} {
		overwrite(doc)
	}
	if got := string(p.Document().Encode()); got != before {
		t.Errorf("got %s, was %s", got, before)
	}
}

func overwrite(v any) {
	switch v := v.(type) {
	case []any:
		for i := range v {
			overwrite(v[i])
			v[i] = "overwritten"
		}
	case *policy.Metadata:
		for _, member := range v.Members() {
			overwrite(member.Value)
			v.Set(member.Name, "overwritten")
		}
	}
}

// TestChangesKeepWhatWas: a change records a value that later operators replace.
func TestChangesKeepWhatWas(t *testing.T) {
	t.Parallel()
	given := make([]any, 1, 8) // room in which a careless append would write
	given[0] = "z"
	m := registration.New(registration.Member{Name: "a", Value: given})
	changes, _ := apply(compile(t, "policy", `{"a": {"add": ["x"], "subset_of": ["x"]}}`), m)
	if got := summary(changes, nil); got != `add a ["z"]>["z","x"]; subset_of a ["z","x"]>["x"]` {
		t.Errorf("got %s", got)
	}
	if given[:2][1] != nil {
		t.Error("wrote into the caller's array")
	}
}
