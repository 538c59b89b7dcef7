package probe

import (
	"context"
	"net/http"
	"slices"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// refusal is what no client may be registered with.
type refusal struct {
	name   string
	member string
	value  string   // is added to the member, an array of strings
	rules  []string // which of these let it through when they are relaxed
	danger string
}

var toRefuse = []refusal{
	{
		"policy/wildcard_redirect", "redirect_uris", "https://*.example.org/callback",
		[]string{"redirect_uri_wildcard", "redirect_uri_host"},
		"whoever gets any address below that domain gets authorization codes",
	},
	{
		"policy/http_redirect", "redirect_uris", "http://client.example.org/callback",
		[]string{"redirect_uri_https"},
		"authorization codes travel without TLS",
	},
	{
		"policy/password_grant", "grant_types", "password",
		[]string{"password"},
		"an app may ask users for their passwords (RFC 9700 section 2.4)",
	},
}

func refusals() []check {
	checks := make([]check, len(toRefuse))
	for i, r := range toRefuse {
		checks[i] = check{r.name, r.run}
	}
	return checks
}

// run asks for it through the gateway. What is dropped and not refused is refused
// all the same.
func (r refusal) run(s *session, ctx context.Context) finding {
	m := s.app()
	values, _ := m.Strings(r.member)
	m.SetStrings(r.member, append(values, r.value))
	a, made := s.ask(ctx, m, nil)
	switch {
	case made == nil && a.status == http.StatusBadRequest:
		return pass(a.String())
	case made == nil:
		return unknown(a.String())
	case !grants(a.document, r.member, r.value):
		return pass("it is left out of the registration")
	case s.relaxed(r.rules...):
		return warn("registered, since the configuration allows it", r.danger)
	}
	return failed("registered: "+a.String(), r.danger)
}

func grants(m *registration.Metadata, member, value string) bool {
	values, _ := m.Strings(member)
	return slices.Contains(values, value)
}
