package policy_test

import (
	"slices"
	"testing"
	"time"

	"github.com/caddy-smart/smartregistration/policy"
)

// TestPermits: which scope a client that is registered may have, by all that the
// policy says about scopes.
func TestPermits(t *testing.T) {
	t.Parallel()
	const (
		app     = web + `,"grant_types":["authorization_code"]`
		limited = `"metadata_policy":{"scope":{"subset_of":["openid","launch/patient"]}}`
	)
	// told has a profile that an update is only judged by where the other one's rule
	// does not hold.
	told := func(rule string) string {
		return `"profiles":[{"name":"gold","match":{"token":{"kind":["jwt"]}},"scopes":{"allow":["offline_access"]}},
			{"name":"patient","rules":[{"name":"a_rule","expression":"` + rule + `","message":"no"}]}]`
	}
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
		"by a profile that rules on the time":   {told("now > timestamp('2020-01-01T00:00:00Z')"), app, "offline_access", false},
		"by a profile that rules on the IP":     {told("request.remote_ip.startsWith('192.0.2.')"), app, "offline_access", false},
		"by another, since a rule forbids":      {told("request.remote_ip.startsWith('198.51.100.')"), app, "offline_access", true},
		"not in a profile's subset_of":          {`"profiles":[{"name":"only",` + limited + `}]`, app, "fhirUser", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := parsed(t, "{"+test.policy+"}").Permits(policy.Request{
				Registered: metadata(t, `{"client_id":"c1",`+test.registered+`}`), Now: time.Now(), RemoteIP: "192.0.2.7",
			}, test.token); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// TestDoubtfulScopes: what looks like a SMART scope and is none is named once, with
// what is wrong with it. A server's own words that look otherwise are not.
func TestDoubtfulScopes(t *testing.T) {
	t.Parallel()
	config, err := policy.Parse([]byte(`{"scopes":{"default":["openid"],"allow":["openid","OpenID","patient/*.rs","patient/*.sr","orders.read"],
		"deny":["Patient/Device.rs"]},"profiles":[{"name":"patient","preset":"public","scopes":{"preset":"us_core_patient",
		"allow":["patient/*.sr","user/Observations.rs"]}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.New(config)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"OpenID: not a SMART scope: scopes are case-sensitive, this one is openid",
		"Patient/Device.rs: not a SMART scope: before the slash stands patient, user or system, in lower case",
		"patient/*.sr: not a SMART scope: permissions are read, write, * or letters of cruds, each once and in that order",
		"user/Observations.rs: FHIR R4, R4B and R5 have no such resource type",
	}
	if got := p.DoubtfulScopes(); !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}
