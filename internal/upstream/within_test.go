package upstream

import "testing"

func TestWithin(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		member, decided, registered string
		want                        bool
	}{
		"a scope less":             {"scope", `{"scope":"a b"}`, `{"scope":"a"}`, true},
		"no scope":                 {"scope", `{"scope":"a b"}`, `{}`, true},
		"a scope more":             {"scope", `{"scope":"a b"}`, `{"scope":"a c"}`, false},
		"a scope that is none":     {"scope", `{"scope":"a b"}`, `{"scope":["a"]}`, false},
		"a redirect URI less":      {"redirect_uris", `{"redirect_uris":["a","b"]}`, `{"redirect_uris":["b"]}`, true},
		"no redirect URI":          {"redirect_uris", `{"redirect_uris":["a","b"]}`, `{}`, true},
		"another redirect URI":     {"redirect_uris", `{"redirect_uris":["https://a.example/1"]}`, `{"redirect_uris":["https://a.example/2"]}`, false},
		"no list":                  {"redirect_uris", `{"redirect_uris":["a"]}`, `{"redirect_uris":"a"}`, false},
		"grants that are defaults": {"grant_types", `{"grant_types":["authorization_code","refresh_token"]}`, `{}`, true},
		"grants that are not":      {"grant_types", `{"grant_types":["client_credentials"]}`, `{}`, false},
		"no keys":                  {"jwks", `{"jwks":{"keys":[]}}`, `{}`, true},
		"other keys":               {"jwks", `{}`, `{"jwks":{"keys":[{"kty":"EC"}]}}`, false},
		"another address of keys":  {"jwks_uri", `{"jwks_uri":"https://a.example/1"}`, `{"jwks_uri":"https://a.example/2"}`, false},
		"a protection more":        {"dpop_bound_access_tokens", `{}`, `{"dpop_bound_access_tokens":true}`, true},
		"a protection less":        {"dpop_bound_access_tokens", `{"dpop_bound_access_tokens":true}`, `{}`, false},
		"another method":           {"token_endpoint_auth_method", `{"token_endpoint_auth_method":"private_key_jwt"}`, `{"token_endpoint_auth_method":"none"}`, false},
		"the same":                 {"client_name", `{"client_name":"A"}`, `{"client_name":"A"}`, true},
		"subjects":                 {"subject_type", `{"subject_type":"pairwise"}`, `{"subject_type":"public"}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Within(test.member, document(t, test.decided), document(t, test.registered)); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
