package upstream

import (
	"slices"
	"strings"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/internal/smart"
)

func dropStatement(m *registration.Metadata) bool { return m.Delete("software_statement") }

func dropUnknown(m *registration.Metadata) bool {
	before := m.Len()
	for i := 0; i < m.Len(); {
		if name := m.Members()[i].Name; !keycloakKnows[name] {
			m.Delete(name)
			continue
		}
		i++
	}
	return m.Len() < before
}

func dropEmptyResponses(m *registration.Metadata) bool {
	types, ok := m.Strings("response_types")
	return ok && len(types) == 0 && m.Delete("response_types")
}

func dropOpenID(m *registration.Metadata) bool {
	tokens := smart.Split(m.String("scope"))
	at := slices.Index(tokens, "openid")
	if at < 0 {
		return false
	}
	m.Set("scope", smart.Join(slices.Delete(tokens, at, at+1)))
	return true
}

func restoreOpenID(registered, decided *registration.Metadata) bool {
	if decided == nil {
		return false
	}
	tokens := smart.Split(decided.String("scope"))
	at := slices.Index(tokens, "openid")
	if at < 0 {
		return false
	}
	is, rest := registered.String("scope"), smart.Join(slices.Delete(tokens, at, at+1))
	if is == rest { // the usual case: then it is all that was decided, in that order
		registered.Set("scope", decided.String("scope"))
		return true
	}
	registered.Set("scope", smart.Join(smart.Split("openid "+is)))
	return true
}

func dropServiceRedirects(m *registration.Metadata) bool {
	grants, _ := m.Strings("grant_types")
	other := func(grant string) bool { return grant != "client_credentials" }
	if len(grants) == 0 || slices.ContainsFunc(grants, other) {
		return false
	}
	dropped := m.Delete("redirect_uris")
	return m.Delete("post_logout_redirect_uris") || dropped
}

// excuseCodeFlow: the service has its grant, and the code flow beside it.
func excuseCodeFlow(member string, decided, registered *registration.Metadata) bool {
	granted := map[string]string{"grant_types": "authorization_code", "response_types": "code"}[member]
	asked, _ := decided.Strings("grant_types")
	if granted == "" || !slices.Equal(asked, []string{"client_credentials"}) {
		return false
	}
	is, _ := registered.Strings(member)
	wanted, _ := decided.Strings(member)
	return slices.Contains(is, granted) && sameSet(is, append([]string{granted}, wanted...))
}

// dropCodeFlow: a service that sends back what it has read has the code flow in its
// document, for which it has no redirect URI.
func dropCodeFlow(asked, registered *registration.Metadata) bool {
	grants, _ := asked.Strings("grant_types")
	has, _ := registered.Strings("grant_types")
	repeats := len(grants) == 2 && slices.Contains(grants, "client_credentials") && slices.Contains(grants, "authorization_code") &&
		sameSet(grants, has)
	if uris, _ := registered.Get("redirect_uris"); !repeats || !empty(uris) {
		return false
	}
	if uris, _ := asked.Get("redirect_uris"); !empty(uris) {
		return false
	}
	asked.SetStrings("grant_types", []string{"client_credentials"})
	asked.SetStrings("response_types", nil)
	return true
}

func doubtGrants(decided *registration.Metadata) bool {
	told := []string{"authorization_code", "refresh_token", "client_credentials"}
	grants, _ := decided.Strings("grant_types")
	return slices.ContainsFunc(grants, func(grant string) bool { return !slices.Contains(told, grant) })
}

func completeKeyUse(m *registration.Metadata) bool {
	set := m.Object("jwks")
	lacksUse := func(key *registration.Metadata) bool { return !key.Has("use") }
	if set == nil || !slices.ContainsFunc(registration.Keys(set), lacksUse) {
		return false
	}
	set = set.Clone() // the decided document keeps its own
	for _, key := range registration.Keys(set) {
		if lacksUse(key) {
			key.Set("use", "sig")
		}
	}
	m.Set("jwks", set)
	return true
}

func dropNone(registered, _ *registration.Metadata) bool {
	if !registered.Contains("response_types", "none") {
		return false
	}
	types, _ := registered.Strings("response_types")
	registered.SetStrings("response_types", slices.DeleteFunc(types, func(t string) bool { return t == "none" }))
	return true
}

func restoreEchoes(registered, decided *registration.Metadata) bool {
	fired := false
	for _, name := range []string{"logo_uri", "policy_uri", "tos_uri"} {
		if decided == nil || !decided.Has(name) || registered.Has(name) {
			continue
		}
		v, _ := decided.Get(name)
		registered.Set(name, v)
		fired = true
	}
	return fired
}

func restoreLogoutSession(registered, decided *registration.Metadata) bool {
	const member = "backchannel_logout_session_required"
	if decided == nil || !decided.Has(member) {
		return false // what is registered is not known
	}
	said, _ := registered.Get(member)
	truth, _ := decided.Get(member)
	registered.Set(member, truth)
	return said != truth
}

func restoreSecretPost(registered, decided *registration.Metadata) bool {
	const member = "token_endpoint_auth_method"
	if decided == nil || decided.String(member) != "client_secret_post" || registered.String(member) != "client_secret_basic" {
		return false
	}
	registered.Set(member, "client_secret_post")
	return true
}

// showsCodeFlow: where a service was asked for, its grants tell.
func showsCodeFlow(reply, decided *registration.Metadata) (there, tells bool) {
	asked, _ := decided.Strings("grant_types")
	return reply.Contains("grant_types", "authorization_code"),
		slices.Equal(asked, []string{"client_credentials"}) && reply.Contains("grant_types", "client_credentials")
}

func showsSecretPost(reply, decided *registration.Metadata) (there, tells bool) {
	const member = "token_endpoint_auth_method"
	is := reply.String(member)
	return is == "client_secret_basic", decided.String(member) == "client_secret_post" && strings.HasPrefix(is, "client_secret_")
}
