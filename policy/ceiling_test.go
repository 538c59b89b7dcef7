package policy_test

import (
	"slices"
	"testing"

	"github.com/caddy-smart/smartregistration/policy"
)

// TestCeiling: what no client can ever have is not in it, and what some can is.
func TestCeiling(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		policy                  string
		scopes, grants, methods []string
	}{
		"nothing written": {
			`{}`,
			[]string{"launch/patient", "openid", "fhirUser", "patient/*.rs"},
			[]string{"client_credentials", "authorization_code", "refresh_token"},
			[]string{"none", "client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth"},
		},
		"one list for all": {
			`{"scopes":{"allow":["openid","system/*.rs","clinic"],"deny":["clinic"]},"metadata_policy":{"grant_types":{"subset_of":["authorization_code"]},"token_endpoint_auth_method":{"one_of":["none","private_key_jwt"]}},"profiles":[{"name":"patient"}]}`,
			[]string{"openid"},
			[]string{"authorization_code"},
			[]string{"none", "private_key_jwt"},
		},
		"a value": {
			`{"metadata_policy":{"grant_types":{"value":["client_credentials"]},"token_endpoint_auth_method":{"value":"private_key_jwt"}},"scopes":{"allow":["system/*.rs","openid"]}}`,
			[]string{"system/*.rs"},
			[]string{"client_credentials"},
			[]string{"private_key_jwt"},
		},
		"profiles add up": {
			`{"profiles":[{"name":"backend","preset":"backend_services","scopes":{"preset":"us_core_backend"}},{"name":"patient","preset":"public","scopes":{"preset":"minimal"}}]}`,
			[]string{"system/*.rs", "launch", "launch/patient", "openid", "fhirUser"},
			[]string{"client_credentials", "authorization_code", "refresh_token"},
			[]string{"private_key_jwt", "none"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := parsed(t, test.policy).Ceiling()
			for _, list := range []struct {
				what      string
				got, want []string
			}{{"scopes", c.Scopes, test.scopes}, {"grant types", c.GrantTypes, test.grants}, {"methods", c.AuthMethods, test.methods}} {
				got, want := slices.Sorted(slices.Values(list.got)), slices.Sorted(slices.Values(list.want))
				if !slices.Equal(got, want) {
					t.Errorf("%s: got %v, want %v", list.what, got, want)
				}
			}
		})
	}
}

// TestCeilingHolds: a decision never goes beyond it.
func TestCeilingHolds(t *testing.T) {
	t.Parallel()
	p := parsed(t, `{"scopes":{"preset":"us_core_patient"},"profiles":[{"name":"patient","preset":"public"}]}`)
	c := p.Ceiling()
	d := p.Decide(policy.Request{Metadata: metadata(t, `{`+web+`,"token_endpoint_auth_method":"none","grant_types":["authorization_code","refresh_token"]}`)})
	if !d.Admitted() {
		t.Fatal(broken(d))
	}
	grants, _ := d.Metadata.Strings("grant_types")
	for _, grant := range grants {
		if !slices.Contains(c.GrantTypes, grant) {
			t.Errorf("%s is beyond %v", grant, c.GrantTypes)
		}
	}
	if !slices.Contains(c.AuthMethods, "none") || len(c.AuthMethods) != 1 {
		t.Errorf("methods: %v", c.AuthMethods)
	}
}
