package upstream

import (
	"slices"
	"testing"
)

func TestMismatches(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		decided, registered string
		want                []string
	}{
		"the same":             {`{"scope":"a b","grant_types":["x"]}`, `{"grant_types":["x"],"scope":"a b"}`, nil},
		"another order":        {`{"scope":"a b","redirect_uris":["x","y"],"grant_types":["x","y"]}`, `{"scope":"b a","redirect_uris":["y","x"],"grant_types":["y","x"]}`, nil},
		"once and twice":       {`{"redirect_uris":["x","x"]}`, `{"redirect_uris":["x"]}`, nil},
		"less":                 {`{"scope":"a b","redirect_uris":["x","y"]}`, `{"scope":"a","redirect_uris":["y"]}`, []string{"scope", "redirect_uris"}},
		"more":                 {`{"scope":"a","grant_types":["x"]}`, `{"scope":"a b","grant_types":["x","y"]}`, []string{"scope", "grant_types"}},
		"an order that counts": {`{"default_acr_values":["x","y"]}`, `{"default_acr_values":["y","x"]}`, []string{"default_acr_values"}},
		"not there":            {`{"client_name":"A","dpop_bound_access_tokens":true}`, `{}`, []string{"client_name", "dpop_bound_access_tokens"}},
		"nothing, and not there": {
			`{"client_name":"","dpop_bound_access_tokens":false,"redirect_uris":[]}`, `{}`, nil,
		},
		"another type":      {`{"scope":"a"}`, `{"scope":["a"]}`, []string{"scope"}},
		"only the server's": {`{"client_id":"a"}`, `{"client_id":"b","client_secret":"s"}`, nil},
		"a key with a use": {
			`{"jwks":{"keys":[{"kty":"EC","crv":"P-256","x":"a","y":"b"}]}}`,
			`{"jwks":{"keys":[{"kty":"EC","crv":"P-256","x":"a","y":"b","use":"sig"}]}}`, nil,
		},
		"another key": {
			`{"jwks":{"keys":[{"kty":"EC","crv":"P-256","x":"a","y":"b"}]}}`,
			`{"jwks":{"keys":[{"kty":"EC","crv":"P-256","x":"a","y":"c"}]}}`,
			[]string{"jwks"},
		},
		"a key by another name": {
			`{"jwks":{"keys":[{"kty":"EC","kid":"1","x":"a","y":"b"}]}}`, `{"jwks":{"keys":[{"kty":"EC","kid":"2","x":"a","y":"b"}]}}`, []string{"jwks"},
		},
		"a key more": {
			`{"jwks":{"keys":[{"kty":"EC","x":"a"}]}}`, `{"jwks":{"keys":[{"kty":"EC","x":"a"},{"kty":"EC","x":"b"}]}}`, []string{"jwks"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			decided := document(t, test.decided)
			got, excused := generic.Mismatches(decided, decided, document(t, test.registered))
			if !slices.Equal(got, test.want) || len(excused) > 0 {
				t.Errorf("got %v, excused by %v, want %v", got, excused, test.want)
			}
		})
	}
	// What a server does not return, or was not sent, says nothing.
	decided := document(t, `{"contacts":["a"],"logo_uri":"https://a.example/","redirect_uris":["https://a.example/"],"client_name":"A"}`)
	if got, _ := keycloak.Mismatches(decided, document(t, `{"contacts":["a"],"logo_uri":"https://a.example/","client_name":"A"}`), document(t, `{}`)); !slices.Equal(got, []string{"client_name"}) {
		t.Errorf("got %v", got)
	}
}

func TestAdditions(t *testing.T) {
	t.Parallel()
	for registered, want := range map[string]bool{
		`{"redirect_uris":["a"],"post_logout_redirect_uris":["a"],"subject_type":"public","request_uris":[],"dpop_bound_access_tokens":false,"client_id":"x"}`: false,
		`{"redirect_uris":["a"],"post_logout_redirect_uris":["b"]}`: true,
		`{"redirect_uris":["a"],"jwks_uri":"https://a.example/"}`:   true,
		`{"redirect_uris":["a"],"subject_type":"pairwise"}`:         true,
	} {
		if got := generic.Additions(document(t, `{"redirect_uris":["a"]}`), document(t, registered)); got != want {
			t.Errorf("%s: %v", registered, got)
		}
	}
}

func TestTraces(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body, location, id, token string
	}{
		"nothing":           {"", "", "", ""},
		"half a document":   {`{"client_id": "c1","registration_access_token":"t.1.x","scope":"a`, "", "c1", "t.1.x"},
		"a token cut off":   {`{"client_id":"c1","registration_access_token":"t.1`, "", "c1", ""},
		"an id cut off":     {`{"client_id":"c1`, "https://kc/realms/r/reg/c2", "c2", ""},
		"the address":       {"garbage", "https://kc/realms/r/reg/c2", "c2", ""},
		"another address":   {"garbage", "https://kc/realms/other/reg/c2/x", "", ""},
		"below the address": {"garbage", "https://kc/realms/r/reg/c2/x", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reply := &Reply{Body: test.body, Header: map[string][]string{"Location": {test.location}}}
			found := Traces(reply, "/realms/r/reg")
			if found.String("client_id") != test.id || found.String("registration_access_token") != test.token {
				t.Errorf("found %s", found.Encode())
			}
		})
	}
	if found := Traces(nil, "/x"); found.Len() != 0 {
		t.Errorf("found %s in nothing", found.Encode())
	}
}
