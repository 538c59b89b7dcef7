package policy_test

import (
	"slices"
	"testing"

	"github.com/caddy-smart/smartregistration/policy"
)

func TestRefusedValues(t *testing.T) {
	t.Parallel()
	const operators = `{
		"grant_types": {"default": ["authorization_code"], "subset_of": ["authorization_code", "authorisation_code", "password"]},
		"response_types": {"subset_of": ["code", "cod", "code id_token"]},
		"token_endpoint_auth_method": {"one_of": ["none", "private_key_jwts"], "pattern": ".*"},
		"application_type": {"value": "mobile"},
		"subject_type": {"default": "pair_wise"},
		"client_name": {"one_of": ["password"]}}`
	for name, test := range map[string]struct {
		builtIn policy.BuiltIn
		want    []string
	}{
		"all rules apply": {policy.BuiltIn{}, []string{
			"application_type: mobile", "grant_types: authorisation_code", "grant_types: password", "response_types: cod",
			"subject_type: pair_wise", "token_endpoint_auth_method: private_key_jwts",
		}},
		"some are relaxed": {
			policy.BuiltIn{AllowGrants: []string{"password"}, Off: []string{"token_endpoint_auth_method", "application_type", "subject_type"}},
			[]string{"grant_types: authorisation_code", "response_types: cod"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPolicy(t, operators, policy.Scopes{}, test.builtIn)
			if got := p.RefusedValues(); !slices.Equal(got, test.want) {
				t.Errorf("got %q\nwant %q", got, test.want)
			}
		})
	}
	for _, preset := range policy.Presets() {
		p, err := policy.New(policy.Config{Profiles: []policy.Profile{{Name: "a", Preset: preset}}})
		if err != nil {
			t.Fatal(err)
		}
		if got := p.RefusedValues(); len(got) > 0 {
			t.Errorf("%s: %q", preset, got)
		}
	}
}
