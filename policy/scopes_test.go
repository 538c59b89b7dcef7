package policy_test

import "testing"

// TestPermits: which scope a client that is registered may have, by all that the
// policy says about scopes.
func TestPermits(t *testing.T) {
	t.Parallel()
	const (
		app     = web + `,"grant_types":["authorization_code"]`
		limited = `"metadata_policy":{"scope":{"subset_of":["openid","launch/patient"]}}`
	)
	for name, test := range map[string]struct {
		policy, registered, token string
		want                      bool
	}{
		"by default":                            {``, app, "openid", true},
		"not by default":                        {``, app, "offline_access", false},
		"allowed":                               {`"scopes":{"allow":["openid"]}`, app, "openid", true},
		"not among those allowed":               {`"scopes":{"allow":["launch/patient"]}`, app, "openid", false},
		"denied":                                {`"scopes":{"allow":["openid"],"deny":["openid"]}`, app, "openid", false},
		"of no use to it":                       {`"scopes":{"allow":["openid","system/*.rs"]}`, backend, "openid", false},
		"in subset_of":                          {limited, app, "openid", true},
		"not in subset_of":                      {limited, app, "fhirUser", false},
		"not in subset_of, and allowed":         {limited + `,"scopes":{"allow":["openid","fhirUser"]}`, app, "fhirUser", false},
		"in subset_of, and not allowed":         {limited + `,"scopes":{"allow":["fhirUser"]}`, app, "openid", false},
		"another operator says nothing of that": {`"metadata_policy":{"scope":{"default":"launch/patient"}}`, app, "openid", true},
		"not in a profile's subset_of":          {`"profiles":[{"name":"only",` + limited + `}]`, app, "fhirUser", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := parsed(t, "{"+test.policy+"}").Permits(metadata(t, `{"client_id":"c1",`+test.registered+`}`), test.token); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
