package probe

import (
	"net/http"
	"slices"
	"strings"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// provocation is a document that brings out one quirk of a server's, and how to
// tell. The names are the dialect's where it has an entry.
type provocation struct {
	quirk    string
	entry    string // of the dialect, where it is not called like the quirk
	document string // of documents
	header   http.Header
	has      func(straightOnce) bool
	seen     string // what the quirk is, in a few words
	handled  string // how the gateway deals with it without the dialect; "" if it does not
}

func keepsCodeFlow(once straightOnce) bool {
	return listed(once.got, "grant_types", "authorization_code") || listed(once.read, "grant_types", "authorization_code")
}

func refused(once straightOnce) bool { return !once.got.made() }

// provocations is the table.
var provocations = []provocation{
	{quirk: "unknown_members", document: "tagged", has: refused, seen: "an unknown member is refused"},
	{quirk: "software_statement", entry: "unknown_members", document: "statement", has: refused, seen: "software_statement is refused"},
	{quirk: "openid_scope", document: "openid", has: refused, seen: "openid as a scope is refused"},
	{quirk: "jwk_use", document: "key", has: refused, seen: "a key without use is refused"},
	{
		quirk: "response_type_none", document: "rich", seen: "none is added to code",
		has: func(o straightOnce) bool { return listed(o.got, "response_types", "none") },
	},
	{
		quirk: "missing_echoes", document: "rich", seen: "logo_uri, policy_uri or tos_uri is not returned",
		has: func(o straightOnce) bool {
			return o.got.made() && (o.got.text("logo_uri") == "" || o.got.text("policy_uri") == "" || o.got.text("tos_uri") == "")
		},
	},
	{
		quirk: "client_secret_post_echo", document: "rich", seen: "client_secret_post is returned as another",
		has: func(o straightOnce) bool {
			return o.got.made() && o.got.text("token_endpoint_auth_method") != "client_secret_post"
		},
	},
	{
		quirk: "logout_session_echo", document: "rich", seen: "backchannel_logout_session_required is returned as another",
		has: func(o straightOnce) bool {
			if !o.got.made() {
				return false
			}
			value, _ := o.got.document.Get("backchannel_logout_session_required")
			return value != true
		},
	},
	{quirk: "service_redirects", document: "service", has: keepsCodeFlow, seen: "client_credentials alone keeps the code flow and redirect URIs"},
	{quirk: "service_code_flow", document: "service", has: keepsCodeFlow, seen: "client_credentials alone keeps the code flow"},
	{
		quirk: "grants_echo", document: "password", seen: "the answer does not name the grant password, which is registered",
		has: func(o straightOnce) bool {
			return listed(o.read, "grant_types", "password") && !listed(o.got, "grant_types", "password")
		},
	},
	{
		quirk: "password_by_default", document: "plain", seen: "the answer to a registration does not tell all of its grants",
		has: func(o straightOnce) bool {
			told, _ := o.got.strings("grant_types")
			has, read := o.read.strings("grant_types")
			return read && len(told) != len(has)
		},
		handled: "the gateway always names them",
	},
	{
		quirk: "scope_by_default", document: "plain", seen: "who names no scope is given all optional ones",
		has:     func(o straightOnce) bool { return len(strings.Fields(o.got.text("scope"))) > 0 },
		handled: "the gateway always names them",
	},
	{
		quirk: "origin_forbidden", document: "origin", header: http.Header{"Origin": {"https://app.example.net"}}, has: refused,
		seen: "a request with Origin is refused", handled: "the gateway sends none on",
	},
	{
		quirk: "empty_bearer", document: "bearer", header: http.Header{"Authorization": {"Bearer "}},
		has:  func(o straightOnce) bool { return o.got.status >= http.StatusInternalServerError },
		seen: "an empty token is an error of the server's", handled: "the gateway refuses it itself",
	},
	{
		quirk: "internal_error", document: "long", seen: "a long client_name is an error of the server's",
		has:     func(o straightOnce) bool { return o.got.status >= http.StatusInternalServerError },
		handled: "the gateway refuses it itself",
	},
}

// documents are what is registered around the gateway, each once.
var documents = map[string]func(name string) *registration.Metadata{
	"plain":     web,
	"origin":    web,
	"bearer":    web,
	"tagged":    with("client_name#de", "Probe"),
	"statement": with("software_statement", "e30.e30.e30"),
	"openid":    with("scope", "openid"),
	"long":      func(name string) *registration.Metadata { return web(name + " " + strings.Repeat("x", 300)) },
	"rich": func(name string) *registration.Metadata {
		m := web(name)
		m.SetStrings("grant_types", []string{"authorization_code"})
		m.SetStrings("response_types", []string{"code"})
		m.SetStrings("contacts", []string{"probe@client.example.org"})
		m.Set("token_endpoint_auth_method", "client_secret_post")
		m.Set("backchannel_logout_session_required", true)
		m.Set("logo_uri", "https://client.example.org/logo.png")
		m.Set("policy_uri", "https://client.example.org/policy")
		m.Set("tos_uri", "https://client.example.org/terms")
		return m
	},
	"key": func(name string) *registration.Metadata {
		m := web(name)
		m.Set("token_endpoint_auth_method", "private_key_jwt")
		m.Set("jwks", registration.New(registration.Member{Name: "keys", Value: []any{publicKey()}}))
		return m
	},
	"password": func(name string) *registration.Metadata {
		m := web(name)
		m.SetStrings("grant_types", []string{"authorization_code", "password"})
		return m
	},
	"service": func(name string) *registration.Metadata {
		m := web(name)
		m.SetStrings("grant_types", []string{"client_credentials"})
		return m
	},
}

// web is the least that makes a client.
func web(name string) *registration.Metadata {
	m := registration.New(registration.Member{Name: "client_name", Value: name})
	m.SetStrings("redirect_uris", []string{redirectURI})
	return m
}

func with(member, value string) func(string) *registration.Metadata {
	return func(name string) *registration.Metadata {
		m := web(name)
		m.Set(member, value)
		return m
	}
}

// publicKey is RFC 7515 appendix A.3's, without use.
func publicKey() *registration.Metadata {
	return registration.New(
		registration.Member{Name: "kty", Value: "EC"}, registration.Member{Name: "crv", Value: "P-256"},
		registration.Member{Name: "kid", Value: "1"}, registration.Member{Name: "alg", Value: "ES256"},
		registration.Member{Name: "x", Value: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"},
		registration.Member{Name: "y", Value: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
	)
}

func listed(a answer, member, value string) bool {
	values, _ := a.strings(member)
	return slices.Contains(values, value)
}
