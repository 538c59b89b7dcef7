package clients

import (
	"maps"
	"net/http"
	"strings"
	"testing"
)

// app is what an app for patients asks for: nothing that RFC 7591 does not have.
func app() map[string]any {
	return map[string]any{
		"client_name":                "My Example Client",
		"redirect_uris":              []any{"https://client.example.org/callback"},
		"grant_types":                []any{"authorization_code", "refresh_token"},
		"response_types":             []any{"code"},
		"token_endpoint_auth_method": "client_secret_basic",
		"scope":                      "launch/patient fhirUser offline_access patient/*.rs",
		"contacts":                   []any{"developers@client.example.org"},
		"client_uri":                 "https://client.example.org/",
		"logo_uri":                   "https://client.example.org/logo.png",
		"tos_uri":                    "https://client.example.org/terms",
		"policy_uri":                 "https://client.example.org/privacy",
		"software_id":                "9c1f4a1e-4c3b-4a53-9d7e-2f4f2c9f3a51",
		"software_version":           "2.1",
	}
}

func with(document map[string]any, name string, value any) map[string]any {
	document = maps.Clone(document)
	document[name] = value
	return document
}

// service is what a backend service asks for.
func service(method string) map[string]any {
	return map[string]any{
		"client_name": "My Example Service", "grant_types": []any{"client_credentials"}, "response_types": []any{},
		"token_endpoint_auth_method": method, "scope": "system/*.rs",
	}
}

func TestClients(t *testing.T) {
	requireNode(t)
	server, alone, gateway := start(t)
	node := installNode(t)
	programs := []program{
		{name: "oauth4webapi", command: []string{"node", "oauth4webapi.js"}, dir: node, secret: "client_secret_basic"},
		// It sends a secret in the body unless it is told otherwise, and the secret
		// is not known when it could be.
		{name: "openid-client", command: []string{"node", "openid-client.js"}, dir: node, secret: "client_secret_post"},
		{name: "MCP Go SDK", command: []string{buildMCP(t)}},
	}
	var measured table
	for _, p := range programs {
		t.Run(p.name, func(t *testing.T) {
			measured.add(t, p.name, p.secret != "", alone, gateway, func(t *testing.T, at place, metadata map[string]any) result {
				t.Helper()
				return p.run(t, job{Issuer: at.issuer(), Token: at.initialAccessToken(t), Metadata: metadata})
			})
			t.Run("refusal", func(t *testing.T) { refusals(t, p, gateway) })
			if p.secret != "" {
				t.Run("life", func(t *testing.T) { life(t, p, gateway) })
				t.Run("token", func(t *testing.T) { token(t, p, gateway) })
			}
		})
	}
	t.Run("kcreg.sh", func(t *testing.T) {
		measured.add(t, "kcreg.sh", false, alone, gateway, func(t *testing.T, at place, metadata map[string]any) result {
			t.Helper()
			return newKcreg(t, server, at).create(t, metadata)
		})
		t.Run("life", func(t *testing.T) { kcregLife(t, newKcreg(t, server, gateway)) })
		t.Run("refusal", func(t *testing.T) {
			r := newKcreg(t, server, gateway).create(t, with(app(), "redirect_uris", []any{"https://*.example.org/cb"}))
			if r.Refused == nil || !strings.Contains(r.Refused.Message, "redirect_uri_wildcard: ") ||
				!strings.Contains(r.Refused.Message, "[invalid_redirect_uri]") {
				t.Errorf("%s", r)
			}
		})
	})
	t.Run("browser", func(t *testing.T) { browser(t, gateway) })
	if !t.Failed() || *update {
		measured.compare(t)
	}
}

// refusals: the library hands on what the gateway says.
func refusals(t *testing.T, p program, at place) {
	t.Helper()
	r := p.run(t, job{Issuer: at.issuer(), Token: at.initialAccessToken(t), Metadata: with(app(), "redirect_uris", []any{"https://*.example.org/cb"})})
	if r.Refused == nil || r.Refused.Error != "invalid_redirect_uri" || !strings.HasPrefix(r.Refused.Description, "redirect_uri_wildcard: ") {
		t.Errorf("%s", r)
	}
	r = p.run(t, job{Issuer: at.issuer(), Token: "nonsense", Metadata: app()})
	if r.Refused == nil || !strings.Contains(r.Refused.Error+r.Refused.Message, "invalid_token") {
		t.Errorf("%s", r)
	}
}

// life: what a client registered it can read, send back changed, and delete.
func life(t *testing.T, p program, at place) {
	t.Helper()
	r := p.run(t, job{
		Issuer: at.issuer(), Token: at.initialAccessToken(t), Metadata: app(), Manage: map[string]any{"client_name": "Renamed"},
	})
	id, _ := r.Registered["client_id"].(string)
	if r.Refused != nil || id == "" {
		t.Fatalf("%s", r)
	}
	if uri := r.Registered["registration_client_uri"]; uri != at.url+"/register/"+id {
		t.Errorf("registration_client_uri is %v", uri)
	}
	if r.Read["client_id"] != id || r.Read["client_name"] != "My Example Client" {
		t.Errorf("read: %v", r.Read)
	}
	if r.Updated["client_id"] != id || r.Updated["client_name"] != "Renamed" {
		t.Errorf("updated: %v", r.Updated)
	}
	if r.Updated["registration_access_token"] == r.Registered["registration_access_token"] {
		t.Error("the registration access token is still the old one")
	}
	if r.Deleted != http.StatusNoContent {
		t.Errorf("deleted: %d", r.Deleted)
	}
	gone(t, at, id)
}

func gone(t *testing.T, at place, id string) {
	t.Helper()
	if _, found, err := at.realm.Client(t.Context(), id); found || err != nil {
		t.Errorf("client %s is still there: %v, %v", id, found, err)
	}
}

// token: the credentials are good for what was registered.
func token(t *testing.T, p program, at place) {
	t.Helper()
	r := p.run(t, job{Issuer: at.issuer(), Token: at.initialAccessToken(t), Metadata: service(p.secret), Grant: "system/*.rs"})
	if r.Refused != nil || r.Token["access_token"] == nil || r.Token["scope"] != "system/*.rs" {
		t.Errorf("%s", r)
	}
}

// kcregLife: what the tool prints it also takes back.
func kcregLife(t *testing.T, k kcreg) {
	t.Helper()
	// The commands that follow take server and realm from the tool's file.
	k.do(t, "", "config", "initial-token", "--server", k.at.url, "--realm", realmName, k.at.initialAccessToken(t))
	r := k.create(t, app())
	id, _ := r.Registered["client_id"].(string)
	if r.Refused != nil || id == "" {
		t.Fatalf("%s", r)
	}
	if read := k.do(t, "", "get", id, "-e", "oidc"); read["client_id"] != id || read["client_name"] != "My Example Client" {
		t.Errorf("get: %v", read)
	}
	if updated := k.do(t, "", "update", id, "-e", "oidc", "-s", "client_name=Renamed", "-o"); updated["client_name"] != "Renamed" {
		t.Errorf("update: %v", updated)
	}
	k.do(t, "", "delete", id)
	gone(t, k.at, id)
}
