package contract

import (
	"net/http"
	"testing"
)

// pages is a server that tells, to nobody but an administrator, which logo, policy
// and terms a client has.
type pages interface {
	pages(t *testing.T, clientID string) []string
}

// testLeftOut: an update replaces the registration (RFC 7592 section 2.2), so a
// client from which it leaves everything out is one that never had more.
func testLeftOut(t *testing.T, g *gateway) {
	bare := without(app(), "client_name")
	whole := app(
		"client_uri", "https://client.example.org/", "logo_uri", "https://client.example.org/logo.png",
		"policy_uri", "https://client.example.org/policy", "tos_uri", "https://client.example.org/terms",
		"jwks", map[string]any{"keys": []any{without(newKey(t, g), "d")}},
		"post_logout_redirect_uris", []any{"https://client.example.org/out"})
	if g.has("kept_by_update") {
		whole = with(whole,
			"default_acr_values", []any{"1"}, "request_uris", []any{"https://client.example.org/request"},
			"subject_type", "pairwise", "id_token_signed_response_alg", "ES256",
			"id_token_encrypted_response_alg", "RSA-OAEP", "id_token_encrypted_response_enc", "A256GCM",
			"userinfo_signed_response_alg", "ES256", "userinfo_encrypted_response_alg", "RSA-OAEP",
			"userinfo_encrypted_response_enc", "A256GCM", "request_object_signing_alg", "ES256",
			"require_pushed_authorization_requests", true, "dpop_bound_access_tokens", true,
			"tls_client_certificate_bound_access_tokens", true, "tls_client_auth_subject_dn", "CN=app",
			"backchannel_logout_uri", "https://client.example.org/back", "frontchannel_logout_uri", "https://client.example.org/front",
			"backchannel_token_delivery_mode", "ping",
			"backchannel_client_notification_endpoint", "https://client.example.org/ping",
			"backchannel_authentication_request_signing_alg", "ES256")
	}
	own := []string{
		"client_id", "client_secret", "client_id_issued_at", "registration_client_uri", "registration_access_token",
	}

	t.Run("everything", func(t *testing.T) {
		never := g.register(t, unbound, portalToken(t), bare)
		c := g.newClient(t, unbound, portalToken(t), whole)
		updated := c.update(t, with(bare, "client_id", c.id))
		read := c.do(t, http.MethodGet, nil)
		for what, a := range map[string]*answer{"updated": updated, "read then": read} {
			if !sameScopes(without(a.body, own...), without(never.body, own...)) {
				t.Errorf("%s\n%v\na client that never had more\n%v", what, a.body, never.body)
			}
		}
		if server, tells := g.server.(pages); tells {
			if left := server.pages(t, c.id); len(left) > 0 {
				t.Errorf("the server still has %q", left)
			}
		}
		back := c.update(t, with(whole, "client_id", c.id))
		if !sameScopes(without(back.body, own...), without(c.answer.body, own...)) {
			t.Errorf("updated back\n%v\nregistered\n%v", back.body, c.answer.body)
		}
	})

	t.Run("keys for an address of keys, and back", func(t *testing.T) {
		c := g.newClient(t, unbound, portalToken(t), whole)
		a := c.update(t, with(without(whole, "jwks"), "client_id", c.id, "jwks_uri", "https://client.example.org/jwks"))
		if _, there := a.body["jwks"]; there || a.text("jwks_uri") == "" {
			t.Errorf("an address in place of keys: %s", a.raw)
		}
		a = c.update(t, with(whole, "client_id", c.id))
		if _, there := a.body["jwks"]; !there || a.text("jwks_uri") != "" {
			t.Errorf("keys in place of an address: %s", a.raw)
		}
	})

	t.Run("redirect URIs of an app that becomes a service", func(t *testing.T) {
		service := backend(t, g, "scope", "system/*.rs")
		both := with(service,
			"grant_types", []any{"authorization_code", "client_credentials"}, "response_types", []any{"code"},
			"redirect_uris", []any{"https://client.example.org/callback"})
		c := g.newClient(t, wide, g.initialAccessToken(t, 1), both)
		c.update(t, with(service, "client_id", c.id))
		if has := g.stored(t, c.do(t, http.MethodGet, nil)).RedirectURIs; len(has) > 0 {
			t.Errorf("the service has the redirect URIs %q", has)
		}
	})

	t.Run("no post-logout redirect URIs", func(t *testing.T) {
		document := app("post_logout_redirect_uris", []any{})
		c := g.newClient(t, plain, g.initialAccessToken(t, 1), document)
		c.update(t, with(document, "client_id", c.id))
	})
}
