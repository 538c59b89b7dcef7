package document

import (
	"errors"
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/smart"
)

func TestLists(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		lists Lists
		err   string // empty: none
	}{
		"none":                {Lists{}, ""},
		"a vendor's scope":    {Lists{ScopesSupported: []string{"system/Patient.$export"}}, ""},
		"no scope":            {Lists{ScopesSupported: []string{`a"b`}}, `scopes_supported: scope "a\"b"`},
		"two scopes in one":   {Lists{ScopesSupported: []string{"openid fhirUser"}}, "scopes_supported: scope"},
		"an empty list":       {Lists{Capabilities: []string{}}, "capabilities: a list to narrow to has values"},
		"an empty grant type": {Lists{GrantTypesSupported: []string{"authorization_code", ""}}, "grant_types_supported: a list"},
		"an empty method":     {Lists{TokenEndpointAuthMethodsSupported: []string{""}}, "token_endpoint_auth_methods_supported: a list"},
	} {
		_, err := NewRewriting("https://auth.example.org/register", test.lists)
		if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s: %v, want %q", name, err, test.err)
		}
	}
	if _, err := NewRewriting("", Lists{ScopesSupported: []string{""}}); !errors.Is(err, smart.ErrToken) {
		t.Errorf("an empty scope: %v", err)
	}
}
