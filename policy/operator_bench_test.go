package policy_test

import (
	"fmt"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/policy"
)

// BenchmarkListOperators shows that what an operator costs does not depend on
// how long its list is: from scanning it changes to looking up.
func BenchmarkListOperators(b *testing.B) {
	for _, operator := range []string{"one_of", "subset_of"} {
		for _, length := range []int{10, 1000} {
			list := make([]any, length)
			for i := range list {
				list[i] = fmt.Sprintf("https://a.example/%d", i)
			}
			spec := registration.New(registration.Member{Name: operator, Value: list})
			p, err := policy.ParseMetadataPolicy("policy", registration.New(registration.Member{Name: "a", Value: spec}))
			if err != nil {
				b.Fatal(err)
			}
			last := list[9]
			m := registration.New(registration.Member{Name: "a", Value: last})
			if operator == "subset_of" {
				m.Set("a", []any{last, list[4], list[8]})
			}
			b.Run(fmt.Sprintf("%s/%d", operator, length), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					p.ApplyMember(m, "a")
				}
			})
		}
	}
}

// BenchmarkHosts shows the same for patterns of hosts and prefixes of paths, for
// a URI that is accepted and one that is refused.
func BenchmarkHosts(b *testing.B) {
	for _, operator := range []string{"hosts", "path_prefix"} {
		for _, length := range []int{10, 1000} {
			list := make([]any, length)
			for i := range list {
				list[i] = []string{"host-%d.example.org", "*.apps-%d.example.org", "**.deep-%d.example.org"}[i%3]
				if operator == "path_prefix" {
					list[i] = "/tenant-%d/app"
				}
				list[i] = fmt.Sprintf(list[i].(string), i)
			}
			spec := registration.New(registration.Member{Name: operator, Value: list})
			p, err := policy.ParseMetadataPolicy("policy", registration.New(registration.Member{Name: "client_uri", Value: spec}))
			if err != nil {
				b.Fatal(err)
			}
			for name, given := range map[string]string{
				"accepted": "https://a.b.deep-8.example.org/tenant-8/app/callback", "refused": "https://a.b.deep.example.org/tenant/app/callback",
			} {
				m := registration.New(registration.Member{Name: "client_uri", Value: given})
				b.Run(fmt.Sprintf("%s/%s/%d", operator, name, length), func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						p.ApplyMember(m, "client_uri")
					}
				})
			}
		}
	}
}

// BenchmarkMetadataPolicy applies a policy of a usual size.
func BenchmarkMetadataPolicy(b *testing.B) {
	p := compile(b, "policy", `{
		"grant_types": {"subset_of": ["authorization_code", "refresh_token"], "superset_of": ["authorization_code"]},
		"response_types": {"value": ["code"]}, "token_endpoint_auth_method": {"default": "none", "one_of": ["none", "private_key_jwt"]},
		"client_name": {"essential": true}, "contacts": {"essential": true}, "redirect_uris": {"essential": true},
		"scope": {"default": "openid", "subset_of": ["openid", "fhirUser", "launch", "launch/patient", "offline_access", "patient/*.rs", "a", "b", "c", "d"]}}`)
	m := document(b, []byte(`{"client_name": "x", "contacts": ["x"], "redirect_uris": ["https://a.example/"], "grant_types": ["authorization_code", "refresh_token"],
		"response_types": ["code"], "token_endpoint_auth_method": "none", "scope": "openid fhirUser launch launch/patient offline_access patient/*.rs a b c d"}`))
	members := p.Members()
	b.ReportAllocs()
	for b.Loop() {
		for _, member := range members {
			p.ApplyMember(m, member)
		}
	}
}
