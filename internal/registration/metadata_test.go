package registration_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

func decode(t *testing.T, body string) *registration.Metadata {
	t.Helper()
	m, err := registration.Decode([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestPrepare(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		op      registration.Operation
		body    string
		want    string
		changed []string // member:rule
	}{
		"nothing to do":                 {registration.Create, `{"client_name":"A","response_types":[]}`, `{"client_name":"A","response_types":[]}`, nil},
		"empty strings":                 {registration.Create, `{"logo_uri":"","client_name":"A","scope":""}`, `{"client_name":"A"}`, []string{"logo_uri:empty", "scope:empty"}},
		"null":                          {registration.Create, `{"client_name":null}`, `{}`, []string{"client_name:empty"}},
		"arrays of empty strings":       {registration.Create, `{"contacts":[""],"redirect_uris":["",""]}`, `{}`, []string{"contacts:empty", "redirect_uris:empty"}},
		"empty strings among others":    {registration.Create, `{"contacts":["a@b.example",""]}`, `{"contacts":["a@b.example"]}`, []string{"contacts:empty"}},
		"of what nobody knows":          {registration.Create, `{"api_key":["","s3cret"],"x":""}`, `{"api_key":["s3cret"]}`, []string{"api_key:empty", "x:empty"}},
		"false and zero are not empty":  {registration.Create, `{"require_auth_time":false,"default_max_age":0}`, `{"require_auth_time":false,"default_max_age":0}`, nil},
		"what only the server sets":     {registration.Create, `{"client_id":"x","client_secret":"y","registration_access_token":"z","client_name":"A"}`, `{"client_name":"A"}`, []string{"client_id:server_set", "client_secret:server_set", "registration_access_token:server_set"}},
		"a statement is not read":       {registration.Update, `{"software_statement":"a.b.c","client_name":"A"}`, `{"client_name":"A"}`, []string{"software_statement:software_statement"}},
		"an update has its own opinion": {registration.Update, `{"client_id":"x","client_secret":"y"}`, `{"client_id":"x","client_secret":"y"}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := decode(t, test.body)
			var changed []string
			for _, c := range registration.Prepare(test.op, m) {
				changed = append(changed, c.Member+":"+c.Rule)
				if (c.Rule == "server_set" || registration.KindOf(c.Member) == 0) && (c.Before != nil || c.After != nil) {
					t.Errorf("the change of %s has a value, which may be a secret", c.Member)
				}
			}
			if got := string(m.Encode()); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if !reflect.DeepEqual(changed, test.changed) {
				t.Errorf("got changes %v, want %v", changed, test.changed)
			}
		})
	}
}

func TestCheckTypes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body string
		want []string // pointer:code
	}{
		"all right":           {`{"redirect_uris":["a"],"client_name":"A","require_auth_time":true,"default_max_age":1,"jwks":{"keys":[{}]},"anything":[1]}`, nil},
		"scope as array":      {`{"scope":["openid"]}`, []string{"/scope:invalid_client_metadata"}},
		"contacts as string":  {`{"contacts":"a@b.example"}`, []string{"/contacts:invalid_client_metadata"}},
		"number for string":   {`{"client_name":1,"client_uri":2}`, []string{"/client_name:invalid_client_metadata", "/client_uri:invalid_client_metadata"}},
		"redirects as string": {`{"redirect_uris":"https://a.example"}`, []string{"/redirect_uris:invalid_client_metadata"}},
		"redirect not string": {`{"redirect_uris":[1]}`, []string{"/redirect_uris:invalid_redirect_uri"}},
		"jwks as string":      {`{"jwks":"{}"}`, []string{"/jwks:invalid_client_metadata"}},
		"jwks without keys":   {`{"jwks":{}}`, []string{"/jwks:invalid_client_metadata"}},
		"a key that is none":  {`{"jwks":{"keys":["k"]}}`, []string{"/jwks:invalid_client_metadata"}},
		"bool as string":      {`{"dpop_bound_access_tokens":"true"}`, []string{"/dpop_bound_access_tokens:invalid_client_metadata"}},
		"language tag":        {`{"client_name#de":1}`, []string{"/client_name#de:invalid_client_metadata"}},
		"tag where none goes": {`{"redirect_uris#de":1}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, v := range registration.CheckTypes(decode(t, test.body)) {
				got = append(got, fmt.Sprintf("%s:%s", v.Pointer, v.Code))
			}
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestCheckReadOnly(t *testing.T) {
	t.Parallel()
	known := `{"client_id":"c1","client_secret":"s","registration_client_uri":"https://g/register/c1","registration_access_token":"t","client_secret_expires_at":0}`
	for name, test := range map[string]struct {
		body, left string
		broken     []string
	}{
		"what was read":          {known[:len(known)-1] + `,"client_name":"A"}`, `{"client_id":"c1","client_name":"A"}`, nil},
		"client_id alone":        {`{"client_id":"c1"}`, `{"client_id":"c1"}`, nil},
		"no client_id":           {`{}`, `{}`, []string{"/client_id"}},
		"another client_id":      {`{"client_id":"c2"}`, `{"client_id":"c2"}`, []string{"/client_id"}},
		"client_id no string":    {`{"client_id":1}`, `{"client_id":1}`, []string{"/client_id"}},
		"a secret of its own":    {`{"client_id":"c1","client_secret":"mine"}`, `{"client_id":"c1"}`, []string{"/client_secret"}},
		"another token":          {`{"client_id":"c1","registration_access_token":"u"}`, `{"client_id":"c1"}`, []string{"/registration_access_token"}},
		"another address":        {`{"client_id":"c1","registration_client_uri":"https://evil/"}`, `{"client_id":"c1"}`, []string{"/registration_client_uri"}},
		"another expiry":         {`{"client_id":"c1","client_secret_expires_at":9}`, `{"client_id":"c1"}`, []string{"/client_secret_expires_at"}},
		"unknown to the gateway": {`{"client_id":"c1","client_id_issued_at":9}`, `{"client_id":"c1"}`, nil},
		"empty is absent":        {`{"client_id":"c1","client_secret":""}`, `{"client_id":"c1"}`, nil},
		"strict: what was read": {
			known, `{"client_id":"c1"}`,
			[]string{"/client_secret_expires_at", "/registration_client_uri", "/registration_access_token"},
		},
		"strict: the secret that it has": {`{"client_id":"c1","client_secret":"s"}`, `{"client_id":"c1"}`, nil},
		"strict: another secret":         {`{"client_id":"c1","client_secret":"x"}`, `{"client_id":"c1"}`, []string{"/client_secret"}},
		"strict: unknown to the gateway": {`{"client_id":"c1","client_id_issued_at":9}`, `{"client_id":"c1"}`, []string{"/client_id_issued_at"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := decode(t, test.body)
			var broken []string
			for _, v := range registration.CheckReadOnly(asked, decode(t, known), strings.HasPrefix(name, "strict")) {
				broken = append(broken, v.Pointer)
				if v.Given != nil {
					t.Errorf("%s: the violation repeats the value", v.Pointer)
				}
				if mend := strings.Contains(v.Detail, "send the current one"); mend != (v.Pointer == "/client_secret") {
					t.Errorf("%s: %s", v.Pointer, v.Detail)
				}
			}
			if got := string(asked.Encode()); got != test.left {
				t.Errorf("left %s, want %s", got, test.left)
			}
			if !reflect.DeepEqual(broken, test.broken) {
				t.Errorf("got %v, want %v", broken, test.broken)
			}
		})
	}
}

func TestEqual(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{`{"x":{"a":1,"b":[true]}}`, `{"x":{"b":[true],"a":1}}`, true},
		{`{"x":["a","b"]}`, `{"x":["b","a"]}`, false},
		{`{"x":1}`, `{"x":"1"}`, false},
		{`{"x":null}`, `{}`, false},
		{`{"x":[]}`, `{"x":[null]}`, false},
	} {
		if got := registration.Equal(decode(t, test.a), decode(t, test.b)); got != test.want {
			t.Errorf("Equal(%s, %s) is %v", test.a, test.b, got)
		}
	}
}

func TestContains(t *testing.T) {
	t.Parallel()
	m := decode(t, `{"grant_types":["authorization_code","x"],"mixed":["x",1],"text":"x","none":[]}`)
	for _, name := range []string{"grant_types", "mixed", "text", "none", "absent"} {
		values, _ := m.Strings(name)
		if got, want := m.Contains(name, "x"), slices.Contains(values, "x"); got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

func TestCloneSharesNothing(t *testing.T) {
	t.Parallel()
	m := decode(t, `{"jwks":{"keys":[{"kty":"EC"}]},"contacts":["a"]}`)
	c := m.Clone()
	registration.Keys(c.Object("jwks"))[0].Set("use", "sig")
	c.Set("contacts", "x")
	if got := string(m.Encode()); got != `{"jwks":{"keys":[{"kty":"EC"}]},"contacts":["a"]}` {
		t.Errorf("the original became %s", got)
	}
}

func TestPrivatePart(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"kty":"EC","x":"1","y":"2"}`: "",
		`{"kty":"EC","d":"1"}`:         "d",
		`{"kty":"RSA","n":"1","p":""}`: "p",
		`{"kty":"oct","k":"1"}`:        "k",
		`{"kty":"RSA","oth":[]}`:       "oth",
	} {
		if got := registration.PrivatePart(decode(t, body)); got != want {
			t.Errorf("%s: got %q, want %q", body, got, want)
		}
	}
}

func TestRSABits(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]int{
		`{"n":"AQ"}`:     1,
		`{"n":"AAAB"}`:   1, // leading zeros are not part of the number
		`{"n":"gAAA"}`:   24,
		`{"n":""}`:       -1,
		`{"n":"=="}`:     -1,
		`{"n":"AQ\nAB"}`: -1,
		`{"kty":"EC"}`:   -1,
	} {
		if got, readable := registration.RSABits(decode(t, body)); readable != (want >= 0) || (readable && got != want) {
			t.Errorf("%s: got %d, %v, want %d", body, got, readable, want)
		}
	}
}
