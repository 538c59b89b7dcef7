package contract

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration"
)

// guarded is an app that has something to lose in many members.
func guarded(members ...any) map[string]any {
	return with(app(
		"scope", "openid patient/Observation.rs",
		"grant_types", []any{"authorization_code"},
		"response_types", []any{"code"},
		"client_uri", "https://client.example.org",
		"post_logout_redirect_uris", []any{"https://out.example.org/out"},
		"subject_type", "pairwise",
		"require_pushed_authorization_requests", true,
		"tls_client_certificate_bound_access_tokens", true,
		"dpop_bound_access_tokens", true,
		"id_token_signed_response_alg", "ES256",
		"userinfo_signed_response_alg", "ES256",
		"request_object_signing_alg", "ES256",
		"id_token_encrypted_response_alg", "RSA-OAEP",
		"id_token_encrypted_response_enc", "A256GCM",
		"backchannel_logout_uri", "https://client.example.org/backchannel",
		"backchannel_logout_session_required", true,
		"frontchannel_logout_uri", "https://client.example.org/frontchannel",
		"frontchannel_logout_session_required", true,
		"request_uris", []any{"https://client.example.org/request"},
	), members...)
}

// absent takes a member out of an update.
type absent struct{}

// wideningAttempts are updates of the guarded client, each of which would have
// more than it has. The pointer is where the violation is wanted: the member, or
// something in it.
var wideningAttempts = []struct {
	name    string
	members []any
	pointer string
}{
	{"a refresh token", []any{"grant_types", []any{"authorization_code", "refresh_token"}}, "/grant_types"},
	{"its own account", []any{"grant_types", []any{"authorization_code", "client_credentials"}}, "/grant_types"},
	{"its own account alone", []any{"grant_types", []any{"client_credentials"}, "redirect_uris", absent{}, "response_types", []any{}}, "/grant_types"},
	{"the password grant", []any{"grant_types", []any{"authorization_code", "password"}}, "/grant_types"},
	{"a grant in other letters", []any{"grant_types", []any{"Authorization_Code", "authorization_code"}}, "/grant_types"},
	{"a grant with a blank", []any{"grant_types", []any{"authorization_code", "password "}}, "/grant_types"},
	{"the implicit grant by its response type", []any{"response_types", []any{"code", "token"}}, "/response_types"},
	{"a hybrid response", []any{"response_types", []any{"code id_token"}}, "/response_types"},
	{"another host", []any{"redirect_uris", []any{"https://evil.example/callback"}}, "/redirect_uris"},
	{"another host beside", []any{"redirect_uris", []any{"https://client.example.org/callback", "https://evil.example/callback"}}, "/redirect_uris"},
	{"a host above", []any{"redirect_uris", []any{"https://example.org/callback"}}, "/redirect_uris"},
	{"a host below", []any{"redirect_uris", []any{"https://x.client.example.org/callback"}}, "/redirect_uris"},
	{"another port", []any{"redirect_uris", []any{"https://client.example.org:8443/callback"}}, "/redirect_uris"},
	{"no TLS", []any{"redirect_uris", []any{"http://client.example.org/callback"}}, "/redirect_uris"},
	{"an app of its own", []any{"redirect_uris", []any{"org.example.client:/callback"}, "application_type", "native"}, "/redirect_uris"},
	{"this machine", []any{"redirect_uris", []any{"http://127.0.0.1/callback"}, "application_type", "native"}, "/redirect_uris"},
	{"a wildcard", []any{"redirect_uris", []any{"https://client.example.org/*"}}, "/redirect_uris"},
	{"a host behind a name", []any{"redirect_uris", []any{"https://client.example.org@evil.example/callback"}}, "/redirect_uris"},
	{"a host behind a backslash", []any{"redirect_uris", []any{`https://evil.example\@client.example.org/callback`}}, "/redirect_uris"},
	{"a host that looks the same", []any{"redirect_uris", []any{"https://сlient.example.org/callback"}}, "/redirect_uris"},
	{"two URIs in one", []any{"redirect_uris", []any{"https://client.example.org/callback##https://evil.example/callback"}}, "/redirect_uris"},
	{"where users go when they leave", []any{"redirect_uris", []any{"https://out.example.org/out"}}, "/redirect_uris"},
	{"out to another host", []any{"post_logout_redirect_uris", []any{"https://evil.example/out"}}, "/post_logout_redirect_uris"},
	{"out to wherever one may come in", []any{"post_logout_redirect_uris", []any{"+"}}, "/post_logout_redirect_uris"},
	{"another scope", []any{"scope", "openid patient/Observation.rs fhirUser"}, "/scope"},
	{"all types", []any{"scope", "openid patient/*.rs"}, "/scope"},
	{"all patients", []any{"scope", "openid user/*.rs"}, "/scope"},
	{"the whole server", []any{"scope", "openid system/*.rs"}, "/scope"},
	{"to write", []any{"scope", "openid patient/Observation.cruds"}, "/scope"},
	{"for ever", []any{"scope", "openid patient/Observation.rs offline_access"}, "/scope"},
	{"the same in the old syntax, and to write", []any{"scope", "openid patient/Observation.*"}, "/scope"},
	{"a scope after a tab", []any{"scope", "openid\tsystem/*.rs"}, "/scope"},
	{"no authentication", []any{"token_endpoint_auth_method", "none"}, "/token_endpoint_auth_method"},
	{"no pushed requests", []any{"require_pushed_authorization_requests", false}, "/require_pushed_authorization_requests"},
	{"no word of pushed requests", []any{"require_pushed_authorization_requests", absent{}}, "/require_pushed_authorization_requests"},
	{"pushed requests null", []any{"require_pushed_authorization_requests", nil}, "/require_pushed_authorization_requests"},
	{"tokens for everybody", []any{"tls_client_certificate_bound_access_tokens", false}, "/tls_client_certificate_bound_access_tokens"},
	{"no word of certificates", []any{"tls_client_certificate_bound_access_tokens", absent{}}, "/tls_client_certificate_bound_access_tokens"},
	{"tokens without a key", []any{"dpop_bound_access_tokens", false}, "/dpop_bound_access_tokens"},
	{"no word of the key", []any{"dpop_bound_access_tokens", absent{}}, "/dpop_bound_access_tokens"},
	{"unsigned ID tokens", []any{"id_token_signed_response_alg", "none"}, "/id_token_signed_response_alg"},
	{"ID tokens signed with its secret", []any{"id_token_signed_response_alg", "HS256"}, "/id_token_signed_response_alg"},
	{"unsigned userinfo", []any{"userinfo_signed_response_alg", absent{}}, "/userinfo_signed_response_alg"},
	{"unsigned requests", []any{"request_object_signing_alg", absent{}}, "/request_object_signing_alg"},
	{"requests signed with its secret", []any{"request_object_signing_alg", "HS256"}, "/request_object_signing_alg"},
	{"ID tokens in the clear", []any{"id_token_encrypted_response_alg", absent{}, "id_token_encrypted_response_enc", absent{}}, "/id_token_encrypted_response_alg"},
	{"a broken encryption", []any{"id_token_encrypted_response_alg", "RSA1_5"}, "/id_token_encrypted_response_alg"},
	{"a server of others to call", []any{"backchannel_logout_uri", "https://evil.example/backchannel"}, "/backchannel_logout_uri"},
	{"a machine in the server's network", []any{"backchannel_logout_uri", "https://10.0.0.1/backchannel"}, "/backchannel_logout_uri"},
	{"a page of others in the browser", []any{"frontchannel_logout_uri", "https://evil.example/frontchannel"}, "/frontchannel_logout_uri"},
	{"no word of the session", []any{"frontchannel_logout_session_required", absent{}}, "/frontchannel_logout_session_required"},
	{"requests of others", []any{"request_uris", []any{"https://client.example.org/request", "https://evil.example/request"}}, "/request_uris"},
	{"two requests in one", []any{"request_uris", []any{"https://client.example.org/request##https://evil.example/"}}, "/request_uris"},
	{"keys of others", []any{"token_endpoint_auth_method", "private_key_jwt", "jwks_uri", "https://evil.example/jwks"}, "/jwks_uri"},
	{"a home page of others", []any{"client_uri", "https://evil.example"}, "/client_uri"},
	{"a logo of others", []any{"logo_uri", "https://evil.example/logo.png"}, "/logo_uri"},
	{"a logo of others, in German", []any{"logo_uri#de", "https://evil.example/logo.png"}, "/logo_uri#de"},
	{"terms of others", []any{"tos_uri", "https://evil.example/terms"}, "/tos_uri"},
	{"a policy of others", []any{"policy_uri", "https://evil.example/policy"}, "/policy_uri"},
	{"a policy where users leave", []any{"policy_uri", "https://out.example.org/policy"}, "/policy_uri"},
	{"a login of others", []any{"initiate_login_uri", "https://evil.example/login"}, "/initiate_login_uri"},
	{"a native app", []any{"application_type", "native"}, "/application_type"},
	{"the same subject as everybody", []any{"subject_type", "public"}, "/subject_type"},
	{"no word of the subject", []any{"subject_type", absent{}}, "/subject_type"},
	{"a sector of others", []any{"sector_identifier_uri", "https://evil.example/sector"}, "/sector_identifier_uri"},
	{"RSA PKCS 1", []any{"id_token_signed_response_alg", "RS256"}, "/id_token_signed_response_alg"},
	{"no word of a signature", []any{"id_token_signed_response_alg", absent{}}, "/id_token_signed_response_alg"},
	{"an encryption called none", []any{"id_token_encrypted_response_alg", "none"}, "/id_token_encrypted_response_alg"},
	{"a content encryption called none", []any{"id_token_encrypted_response_enc", "none"}, "/id_token_encrypted_response_enc"},
	{"keys of its own elsewhere", []any{"jwks_uri", "https://out.example.org/jwks"}, "/jwks_uri"},
	{"a call where users leave", []any{"backchannel_logout_uri", "https://out.example.org/backchannel"}, "/backchannel_logout_uri"},
	{"pushed tokens", []any{"backchannel_token_delivery_mode", "push", "backchannel_client_notification_endpoint", "https://client.example.org/push"}, "/backchannel_token_delivery_mode"},
	{"a place to push to", []any{"backchannel_client_notification_endpoint", "https://evil.example/push"}, "/backchannel_client_notification_endpoint"},
	{"everything at once", []any{
		"grant_types",
		[]any{"authorization_code", "client_credentials", "refresh_token"},
		"scope", "system/*.rs offline_access",
		"redirect_uris",
		[]any{"https://evil.example/callback"},
		"token_endpoint_auth_method", "none", "dpop_bound_access_tokens", nil,
	}, "/scope"},
	{"another client", []any{"client_id", "account"}, "/client_id"},
	{"a secret of its own", []any{"client_secret", "chosen-by-the-caller-77a2"}, "/client_secret"},
	{"a token of its own", []any{"registration_access_token", "chosen-by-the-caller-77a3"}, "/registration_access_token"},
}

func testWidening(t *testing.T, g *gateway) {
	c := g.newClient(t, plain, g.initialAccessToken(t, 1), guarded())
	before := g.whole(t, c)
	read := c.do(t, http.MethodGet, nil)
	for _, attempt := range wideningAttempts {
		t.Run(attempt.name, func(t *testing.T) {
			document := with(guarded("client_id", c.id), attempt.members...)
			for name, value := range document {
				if value == (absent{}) {
					delete(document, name)
				}
			}
			a := c.do(t, http.MethodPut, document)
			if a.status != http.StatusBadRequest {
				t.Fatalf("%d %s", a.status, a.raw)
			}
			if !slices.ContainsFunc(a.violations(), func(v map[string]any) bool {
				at := fmt.Sprint(v["pointer"])
				return at == attempt.pointer || strings.HasPrefix(at, attempt.pointer+"/")
			}) {
				t.Errorf("violations %v, want one at %s", a.violations(), attempt.pointer)
			}
			for _, x := range a.upstream {
				if x.method == http.MethodPut {
					t.Error("the update reached the server")
				}
			}
		})
	}
	for name, spell := range respelled {
		t.Run(name, func(t *testing.T) {
			document, err := json.Marshal(guarded("client_id", c.id))
			if err != nil {
				t.Fatal(err)
			}
			c.do(t, http.MethodPut, spell(string(document))).refused(t, http.StatusBadRequest, "invalid_client_metadata")
		})
	}
	if after := g.whole(t, c); !reflect.DeepEqual(after, before) {
		t.Errorf("the server holds\n%+v, before\n%+v", after, before)
	}
	if after := c.do(t, http.MethodGet, nil); !sameScopes(after.body, read.body) {
		t.Errorf("after all of it\n%v\nbefore\n%v", after.body, read.body)
	}
	// What nobody knows is no refusal, and changes nothing either.
	for _, members := range unheard {
		a := c.update(t, with(guarded("client_id", c.id), members...))
		if after := g.whole(t, c); !reflect.DeepEqual(after, before) {
			t.Errorf("%v: the server holds\n%+v, before\n%+v", members, after, before)
		}
		// A read of Keycloak does not tell whether logouts name the session.
		const untold = "backchannel_logout_session_required"
		if !sameScopes(without(a.body, "registration_access_token", untold), without(read.body, "registration_access_token", untold)) {
			t.Errorf("%v: answered\n%v\nbefore\n%v", members, a.body, read.body)
		}
	}
	// It is the attempts that were refused, and not everything.
	c.update(t, guarded("client_id", c.id, "client_name", "Renamed"))
}

// testWideningKeys: a service with keys has something else to lose.
func testWideningKeys(t *testing.T, g *gateway) {
	document := backend(t, g, "scope", "system/*.rs")
	c := g.newClient(t, wide, g.initialAccessToken(t, 1), document)
	before := g.whole(t, c)
	for _, attempt := range []struct {
		name    string
		members []any
		pointer string
	}{
		{"a secret", []any{"token_endpoint_auth_method", "client_secret_basic"}, "/token_endpoint_auth_method"},
		{"a secret that is not sent", []any{"token_endpoint_auth_method", "client_secret_jwt"}, "/token_endpoint_auth_method"},
		{"no authentication", []any{"token_endpoint_auth_method", "none"}, "/token_endpoint_auth_method"},
		{"null", []any{"token_endpoint_auth_method", nil}, "/token_endpoint_auth_method"},
		{"empty", []any{"token_endpoint_auth_method", ""}, "/token_endpoint_auth_method"},
		{"no word of it", []any{"token_endpoint_auth_method", absent{}}, "/token_endpoint_auth_method"},
		{"no word of grants", []any{"grant_types", absent{}}, "/grant_types"},
		{"grants null", []any{"grant_types", nil}, "/grant_types"},
		{"no grants", []any{"grant_types", []any{}}, "/grant_types"},
		{"a user", []any{"grant_types", []any{"client_credentials", "authorization_code"}, "redirect_uris", []any{"https://client.example.org/callback"}}, "/grant_types"},
		{"a first redirect URI", []any{"redirect_uris", []any{"https://client.example.org/callback"}}, "/redirect_uris"},
		{"keys elsewhere", []any{"jwks", absent{}, "jwks_uri", "https://client.example.org/jwks"}, "/jwks_uri"},
		{"to write", []any{"scope", "system/*.cruds"}, "/scope"},
		{"a secret where there is none", []any{"client_secret", "chosen-by-the-caller-77a4"}, "/client_secret"},
	} {
		t.Run(attempt.name, func(t *testing.T) {
			attempted := with(document, append([]any{"client_id", c.id}, attempt.members...)...)
			for name, value := range attempted {
				if value == (absent{}) {
					delete(attempted, name)
				}
			}
			a := g.do(t, call{method: http.MethodPut, path: c.uri, token: c.token, body: attempted})
			a.refused(t, http.StatusBadRequest, a.text("error"))
			if attempt.pointer == "/grant_types" && g.has("service_code_flow") {
				return // the grant is there already, so what is refused is what comes with it
			}
			if !slices.ContainsFunc(a.violations(), func(v map[string]any) bool {
				at := fmt.Sprint(v["pointer"])
				return at == attempt.pointer || strings.HasPrefix(at, attempt.pointer+"/")
			}) {
				t.Errorf("%d %s, want a violation at %s", a.status, a.raw, attempt.pointer)
			}
		})
	}
	if after := g.whole(t, c); !reflect.DeepEqual(after, before) {
		t.Errorf("the server holds\n%+v, before\n%+v", after, before)
	}
	// Keys are replaced by who has them.
	c.update(t, with(document, "client_id", c.id, "jwks", map[string]any{"keys": []any{without(newKey(t, g), "d")}}))
}

// respelled are spellings of an update in which one reader sees what another does
// not.
var respelled = map[string]func(document string) string{
	"a scope twice, the wide one first": func(d string) string { return strings.Replace(d, "{", `{"scope":"system/*.rs",`, 1) },
	"a scope twice, the wide one last":  func(d string) string { return strings.TrimSuffix(d, "}") + `,"scope":"system/*.rs"}` },
	"a scope twice, once escaped":       func(d string) string { return strings.TrimSuffix(d, "}") + `,"\u0073cope":"system/*.rs"}` },
	"an escaped name": func(d string) string {
		return strings.Replace(d, `"scope":"openid patient/Observation.rs"`, `"\u0073cope":"system/*.rs"`, 1)
	},
	"an escaped value":               func(d string) string { return strings.Replace(d, "patient/Observation.rs", `\u0073ystem\/*.rs`, 1) },
	"a document behind the document": func(d string) string { return d + d },
	"an array of scopes": func(d string) string {
		return strings.Replace(d, `"scope":"openid patient/Observation.rs"`, `"scope":["system/*.rs"]`, 1)
	},
	"a protection in words": func(d string) string {
		return strings.Replace(d, `"dpop_bound_access_tokens":true`, `"dpop_bound_access_tokens":"false"`, 1)
	},
	"a protection as a number": func(d string) string {
		return strings.Replace(d, `"dpop_bound_access_tokens":true`, `"dpop_bound_access_tokens":0`, 1)
	},
}

// unheard are members that no server is sent: other spellings, and the names of
// Keycloak's own representation of a client.
var unheard = [][]any{
	{"Scope", "system/*.rs", "GRANT_TYPES", []any{"client_credentials"}, "redirect_uris ", []any{"https://evil.example/"}},
	{"redirectUris", []any{"https://evil.example/"}, "publicClient", true, "fullScopeAllowed", true, "serviceAccountsEnabled", true},
	{"attributes", map[string]any{"dpop.bound.access.tokens": "false"}, "defaultClientScopes", []any{"system/*.rs"}, "consentRequired", false},
	{"software_statement", "eyJhbGciOiJub25lIn0.eyJzY29wZSI6InN5c3RlbS8qLnJzIn0."},
}

// whole is everything that the server says that it holds of a client; what is a set
// to it is in order.
func (g *gateway) whole(t *testing.T, c *client) any {
	t.Helper()
	switch s := g.server.(type) {
	case *keycloakServer:
		held, found, err := s.realm.Client(t.Context(), c.id)
		if err != nil || !found {
			t.Fatalf("client %s: %v, %v", c.id, found, err)
		}
		return inOrder(held)
	case *sandboxServer:
		return inOrder(without(s.call(t, g.seenAs, http.MethodGet, registrationAPI+"/"+c.id, c.token, "", ""), "registration_access_token"))
	}
	r, _ := g.server.stored(t, g.seenAs, c.id, c.token)
	return r
}

// inOrder sorts the arrays of strings in a value.
func inOrder(v any) any {
	switch v := v.(type) {
	case map[string]any:
		sorted := make(map[string]any, len(v))
		for name, value := range v {
			sorted[name] = inOrder(value)
		}
		return sorted
	case []any:
		sorted := slices.Clone(v)
		slices.SortFunc(sorted, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		return sorted
	}
	return v
}

// testVouched: a widening that somebody vouches for, or that nobody minds.
func testVouched(t *testing.T, g *gateway) {
	more := []any{"scope", "openid patient/Observation.rs fhirUser"}
	newClient := func(t *testing.T, path string) *client {
		t.Helper()
		return g.newClient(t, path, portalToken(t), app("scope", "openid patient/Observation.rs"))
	}
	send := func(t *testing.T, c *client, headers http.Header) *answer {
		t.Helper()
		return g.do(t, call{method: http.MethodPut, path: c.uri, token: c.token, header: headers, body: app(append(more, "client_id", c.id)...)})
	}
	const name = smartregistration.InitialAccessTokenHeader

	t.Run("allow", func(t *testing.T) {
		if a := send(t, newClient(t, unbound), nil); a.status != http.StatusOK || !strings.Contains(a.text("scope"), "fhirUser") {
			t.Errorf("%d %s", a.status, a.raw)
		}
	})
	t.Run("nobody vouches", func(t *testing.T) {
		send(t, newClient(t, vouched), nil).refused(t, http.StatusBadRequest, "invalid_client_metadata", "widening")
	})
	t.Run("the portal vouches", func(t *testing.T) {
		a := send(t, newClient(t, vouched), http.Header{name: {portalToken(t)}})
		if a.status != http.StatusOK || !strings.Contains(a.text("scope"), "fhirUser") {
			t.Errorf("%d %s", a.status, a.raw)
		}
	})
	t.Run("where nobody is asked", func(t *testing.T) {
		send(t, newClient(t, portal), http.Header{name: {portalToken(t)}}).refused(t, http.StatusBadRequest, "invalid_client_metadata", "widening")
	})
	for reason, token := range map[string]string{
		"an expired token":   sign(t, portalSecret, map[string]any{"alg": "HS256"}, with(portalClaims(), "exp", 1000000000)),
		"a forged token":     sign(t, "not the portal's, but as long as one", map[string]any{"alg": "HS256"}, portalClaims()),
		"no token at all":    "x",
		"the server's token": g.initialAccessToken(t, 1),
	} {
		t.Run(reason, func(t *testing.T) {
			send(t, newClient(t, vouched), http.Header{name: {token}}).refused(t, http.StatusUnauthorized, "invalid_token")
		})
	}
	t.Run("an empty token", func(t *testing.T) {
		send(t, newClient(t, vouched), http.Header{name: {""}}).refused(t, http.StatusBadRequest, "invalid_request")
	})
	t.Run("two tokens", func(t *testing.T) {
		send(t, newClient(t, vouched), http.Header{name: {portalToken(t), portalToken(t)}}).refused(t, http.StatusBadRequest, "invalid_request")
	})
	t.Run("read-only members, strictly", func(t *testing.T) {
		c := newClient(t, vouched)
		read := c.do(t, http.MethodGet, nil)
		c.do(t, http.MethodPut, read.body).refused(t, http.StatusBadRequest, "invalid_client_metadata", "read_only")
		c.update(t, without(read.body, "registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"))
	})
}
