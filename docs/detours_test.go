package docs_test

import (
	"fmt"
	"strings"
)

// detour is a request that tries to reach the server's own registration API.
// {realm} in it stands for the realm's path, {api} for the segment above the
// providers, {host} for the site's name.
type detour struct {
	target      string
	header      string // more header lines
	contentType string
	body        string // {client} stands for the client that would be made
}

const (
	// escalating is what Keycloak's own format can ask for, with the same token.
	escalating = `{"clientId": "{client}", "serviceAccountsEnabled": true, "fullScopeAllowed": true}`
	standard   = `{"client_name": "{client}", "redirect_uris": ["https://evil.example.org/cb"]}`
	saml       = `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{client}">` +
		`<SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">` +
		`<AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://evil.example.org/" index="1"/>` +
		`</SPSSODescriptor></EntityDescriptor>`
)

// detours returns all of them. The first is the plain address.
func detours() []detour {
	all := []detour{
		{target: "{realm}/{api}/default"},
		{target: "{realm}/{api}/openid-connect", body: standard},
		{target: "{realm}/{api}/saml2-entity-descriptor", contentType: "application/xml", body: saml},
	}
	for _, target := range direct {
		all = append(all, detour{target: target})
	}
	for _, open := range []string{"{realm}/protocol", "{realm}/login-actions", "{realm}/.well-known", "/resources", "/register"} {
		above := "" // from the open path to the realm's
		if open == "/resources" || open == "/register" {
			above = "realms/fhir/"
		}
		for _, climb := range climbs {
			all = append(all, detour{target: open + strings.ReplaceAll(climb, "{up}", above)})
		}
	}
	for _, header := range headers {
		all = append(all, detour{target: "{realm}/protocol/openid-connect/token", header: header})
	}
	for i := range all {
		if all[i].contentType == "" {
			all[i].contentType = "application/json"
		}
		if all[i].body == "" {
			all[i].body = escalating
		}
	}
	return all
}

// direct targets name the API in a way that a matcher may not recognise.
var direct = []string{
	"{realm}/{api}/default/", "{realm}/{api}/default//", "{realm}/{api}/default?x={realm}/protocol/", "{realm}/{api}/default?/../../protocol/",
	// Path parameters.
	"{realm}/{api}/default;x", "{realm}/{api}/default;jsessionid=1", "{realm}/{api};x/default", "{realm};x/{api}/default",
	"/realms;x={realm}/protocol/;{realm}/{api}/default", "/;x{realm}/{api}/default", "{realm}/;x/{api}/default", "{realm}/{api}/default;/protocol/",
	// Slashes.
	"/{realm}/{api}/default", "//{realm}/{api}/default", "{realm}//{api}/default", "{realm}/{api}//default", "{realm}/%2f{api}/default",
	"{realm}%2f{api}/default", "{realm}%2F{api}%2Fdefault", "{realm}/{api}%2fdefault", "/%2f{realm}/{api}/default",
	`{realm}\{api}\default`, `{realm}/{api}\default`, "{realm}%5c{api}%5cdefault", "{realm}/{api}%5Cdefault", `\{realm}/{api}/default`,
	// Letters.
	"{realm}/Clients-Registrations/default", "{realm}/CLIENTS-REGISTRATIONS/DEFAULT", "{realm}/{api}/Default", "/REALMS/fhir/{api}/default",
	"{realm}/%63lients-registrations/default", "{realm}/clients%2dregistrations/default", "{realm}/{api}/%64efault",
	"/%72ealms/fhir/{api}/default", "{realm}/%2563lients-registrations/default", "{realm}/cl\u0131ents-registrations/default",
	// Ends.
	"{realm}/{api}/default%00", "{realm}/{api}/default%20", "{realm}/{api}/default%09", "{realm}/{api}/default.", "{realm}/{api}/default.json",
	"{realm}/{api}/default#", "{realm}/{api}/default%23", "{realm}/{api}/default%3f",
	// Dot segments.
	"/./{realm}/{api}/default", "{realm}/./{api}/default", "{realm}/x/../{api}/default", "{realm}/%2e/{api}/default", "{realm}/x/%2e%2e/{api}/default",
	"{realm}/.;/{api}/default", "{realm}/x/..;/{api}/default", "{realm}/x/%2e%2e;/{api}/default",
	// For a matcher that resolves dot segments, which a server leaves alone.
	"{realm}/{api}/default/../../protocol/openid-connect/token", "{realm}/{api}/default/%2e%2e/%2e%2e/protocol/openid-connect/token",
	"{realm}/{api}/default/..%2f..%2fprotocol/openid-connect/token", "{realm}/{api}/default;/../../protocol/openid-connect/token",
	"{realm}/{api}/default%3f/../../protocol/openid-connect/token", "{realm}/{api}/default%23/../../protocol/openid-connect/token",
	"{realm}/{api}/default#/../../protocol/openid-connect/token", "{realm}/{api}/default;/%2e%2e/%2e%2e/protocol/openid-connect/token",
	"{realm}/{api}/default%3b/%2e%2e/%2e%2e/protocol/openid-connect/token", "{realm}/{api}/default%00/../../protocol/openid-connect/token",
	"{realm}/{api}/default?/%2e%2e/%2e%2e/protocol/openid-connect/token", "{realm}/{api}/default/..;/..;/protocol/openid-connect/token",
	"{realm}/{api}/default/%2e%2e/%2e%2e/%2e%2e/%2e%2e/resources/x", "{realm}/{api}/default//../../../protocol/x",
	// Whole URIs.
	"http://{host}{realm}/{api}/default", "http://other.example.org{realm}/{api}/default", "HTTP://{host}/{realm}/{api}/default",
	"http://{host}{realm}/protocol/../{api}/default", "http://{host}{realm}/protocol/..;/{api}/default", "https://{host}{realm}/{api}/default",
	"http://{host}:80{realm}/{api}/default", "http://{host}@other.example.org{realm}/{api}/default", "http:{realm}/{api}/default",
	"http://{host};{realm}/{api}/default", "http://{host}%2f{realm}/{api}/default", "http://{host}?{realm}/{api}/default", "http:///{realm}/{api}/default",
	// No path at all.
	"realms/fhir/{api}/default", "*", "?{realm}/{api}/default", ".{realm}/{api}/default",
}

// climbs leave a path that is open. {up} is the rest of the way down to the realm.
var climbs = []string{
	"/../{up}{api}/default", "/%2e%2e/{up}{api}/default", "/.%2e/{up}{api}/default", "/%2E./{up}{api}/default",
	"/..%2f{up}{api}/default", "/%2e%2e%2f{up}{api}/default", "/%2e%2e%2f{up}{api}%2fdefault", "/..%2f/{up}{api}/default",
	"/..;/{up}{api}/default", "/..;x=y/{up}{api}/default", "/%2e%2e;/{up}{api}/default", "/..%3b/{up}{api}/default", "/;/../{up}{api}/default",
	"/%252e%252e/{up}{api}/default", "/..%252f{up}{api}/default", "/%25252e%25252e/{up}{api}/default",
	`/..\{up}{api}\default`, "/..%5c{up}{api}%5cdefault", "/%2e%2e%5c{up}{api}/default", `\..\{up}{api}\default`,
	"/x/../../{up}{api}/default", "/x/..;/..;/{up}{api}/default", "//../{up}{api}/default", "//..;/{up}{api}/default", "/./../{up}{api}/default",
	"/../../realms/fhir/{api}/default", "/..%2f..%2frealms%2ffhir/{api}/default", "/x%2f..%2f..%2f{up}{api}%2fdefault",
	"/..%00/{up}{api}/default", "/..%09/{up}{api}/default", "/..%20/{up}{api}/default", "/.../{up}{api}/default",
	"/%c0%ae%c0%ae/{up}{api}/default", "/\uff0e\uff0e/{up}{api}/default", "/%u002e%u002e/{up}{api}/default",
	";/../{up}{api}/default", ";jsessionid=1/../{up}{api}/default", "/..;jsessionid=1/{up}{api}/default;jsessionid=1",
	"/?/../{up}{api}/default", "/#/../{up}{api}/default",
}

// headers are ones that some servers take an address from, or that take the
// connection to where no matcher sees the requests.
var headers = []string{
	"X-Original-URL: {realm}/{api}/default",
	"X-Rewrite-URL: {realm}/{api}/default",
	"X-Forwarded-Uri: {realm}/{api}/default",
	"X-Forwarded-Path: {realm}/{api}/default",
	"X-Forwarded-Prefix: {realm}/{api}/default",
	"X-Forwarded-Prefix: {realm}/{api}/default?",
	"X-Forwarded-Prefix: {realm}/{api}/default;",
	"X-Forwarded-Prefix: {realm}/{api}/default#",
	"X-Forwarded-Host: {host}{realm}/{api}/default?",
	"X-Forwarded-Proto: http://{host}{realm}/{api}/default?",
	"Forwarded: host=\"{host}{realm}/{api}/default?\"",
	"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
	"Connection: Upgrade\r\nConnection: HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
	"Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
}

// request is the detour as bytes: Go's client would tidy the target up.
func (d detour) request(g gateway, token, client string) string {
	fill := strings.NewReplacer("{realm}", realm, "{api}", "clients-registrations", "{host}", g.host, "{client}", client)
	header := fill.Replace(d.header)
	if header != "" {
		header += "\r\n"
	}
	if !strings.Contains(header, "Connection:") {
		header += "Connection: close\r\n"
	}
	body := fill.Replace(d.body)
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n%s\r\n%s",
		fill.Replace(d.target), g.host, token, d.contentType, len(body), header, body)
}

// name of the detour in a report.
func (d detour) name() string {
	return strings.TrimSpace(d.target + " " + strings.ReplaceAll(d.header, "\r\n", ", "))
}
