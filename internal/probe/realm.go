package probe

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// ofRealm are the checks of what the server does with a registered client and no
// registration can ask for.
var ofRealm = []check{
	{"realm/pkce", pkce},
	{"realm/consent", setting("consentRequired", true, "users are asked what the app may have", "users are not asked for consent")},
	{"realm/full_scope", setting("fullScopeAllowed", false, "tokens have no roles beyond their scopes", "every token of the app may have all roles of its user")},
}

const setRealm = "set it in the realm: docs/keycloak.md, \"What the registration API cannot set\""

// challenge is RFC 7636 appendix B's.
const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

// pkce begins a code flow as the registered client: with a code challenge, which
// must work so that the others tell anything, without one, and with a plain one
// (which SMART App Launch 2.2 forbids). Nobody signs in.
func pkce(s *session, ctx context.Context) finding {
	if s.client == nil {
		return unknown(noClient)
	}
	uris, _ := s.asked.Strings("redirect_uris")
	if grantTypes, _ := s.answered.document.Strings("grant_types"); len(uris) == 0 || !slices.Contains(grantTypes, "authorization_code") {
		return unknown("the client has no code flow")
	}
	path := s.authorizationPath(ctx)
	if path == "" {
		return unknown("no authorization endpoint is advertised at the public host")
	}
	begin := func(more url.Values) string {
		query := url.Values{
			"client_id": {s.client.id}, "redirect_uri": uris[:1], "response_type": {"code"}, "state": {s.label},
			"scope": {firstScope(s.answered.text("scope"))},
		}
		maps.Copy(query, more)
		return s.begun(s.caller.do(ctx, s.public, call{method: http.MethodGet, path: path, query: query.Encode()}))
	}
	s256 := begin(url.Values{"code_challenge": {challenge}, "code_challenge_method": {"S256"}})
	without := begin(nil)
	plain := begin(url.Values{"code_challenge": {challenge}, "code_challenge_method": {"plain"}})
	seen := fmt.Sprintf("with S256: %s; without: %s; plain: %s", s256, without, plain)
	switch {
	case s256 != started:
		return unknown(seen)
	case without == started || plain == started:
		return warn(seen, "have PKCE with S256 enforced; "+setRealm)
	}
	return pass(seen)
}

const started = "goes on to sign in"

// begun says what an authorization endpoint makes of a request: a page or a
// redirect to one of the server's own, or a redirect that takes an error back.
func (s *session) begun(a answer) string {
	location, err := url.Parse(a.header.Get("Location"))
	switch {
	case a.err != nil || err != nil:
		return a.String()
	case a.status/100 == 3 && location.Query().Get("error") != "":
		return location.Query().Get("error")
	case a.status/100 == 3, a.status == http.StatusOK && strings.Contains(string(a.body), "<form"):
		return started
	}
	return fmt.Sprint(a.status)
}

// firstScope is one scope to begin with: openid where the client has it.
func firstScope(scope string) string {
	tokens := strings.Fields(scope)
	if len(tokens) == 0 || slices.Contains(tokens, "openid") {
		return "openid"
	}
	return tokens[0]
}

// setting looks at a setting of the client in Keycloak's own words, which no
// registration names.
func setting(name string, want bool, good, bad string) func(*session, context.Context) finding {
	return func(s *session, ctx context.Context) finding {
		switch {
		case s.client == nil:
			return unknown(noClient)
		case s.realm() == "":
			return finding{} // not Keycloak's words
		case s.inside == nil:
			return unknown("the server cannot be asked from here")
		}
		settings, a := s.settings(ctx)
		value, there := settings[name]
		switch {
		case !there:
			return unknown("the server does not tell: " + a.String())
		case value == want:
			return pass(fmt.Sprintf("%s is %t: %s", name, want, good))
		}
		return warn(fmt.Sprintf("%s is %v: %s", name, value, bad), setRealm)
	}
}

// settings are the client's, from the admin API if there is a token for it, or
// else from the provider "default", which shows them to the client's own token.
func (s *session) settings(ctx context.Context) (map[string]any, answer) {
	if s.administers() {
		return s.adminClient(ctx, s.client.id)
	}
	a := s.caller.do(ctx, *s.inside, call{
		method: http.MethodGet, path: s.provider("default") + "/" + url.PathEscape(s.client.id), token: s.client.token,
	})
	if a.status != http.StatusOK {
		return nil, a
	}
	s.renew(s.client, a)
	var settings map[string]any
	_ = json.Unmarshal(a.body, &settings) // what cannot be read has no settings
	return settings, a
}
