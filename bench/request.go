package main

import (
	"fmt"
	"strings"
	"time"
)

const (
	host            = "auth.example.org"
	registrationAPI = "/realms/fhir/clients-registrations/openid-connect"
	realmIssuer     = "http://" + host + "/realms/fhir"
)

// app is a document as a client library sends it: no scope, so that the defaults
// are given, and the grants that the recorded reply has.
func app(authMethod string) string {
	return fmt.Sprintf(`{"redirect_uris":["https://app.example.org/cb"],"client_name":"App",`+
		`"grant_types":["authorization_code","refresh_token"],"token_endpoint_auth_method":%q,`+
		`"logo_uri":"https://app.example.org/logo.png","contacts":["developers@app.example.org"]}`, authMethod)
}

// appWithScope is the same app, which says what scopes it wants.
func appWithScope(scope string) string {
	return strings.TrimSuffix(app("client_secret_basic"), "}") + fmt.Sprintf(`,"scope":%q}`, scope)
}

// post is a request as it goes over the wire.
func post(path, token, body string) []byte {
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: bench\r\nAccept: application/json\r\n"+
		"Content-Type: application/json\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", path, host, token, len(body), body)
}

// get is a read of a client's registration.
func get(path, token string) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: bench\r\nAccept: application/json\r\n"+
		"Authorization: Bearer %s\r\n\r\n", path, host, token)
}

// portalClaims are those of a portal's initial access token.
func portalClaims() string {
	now := time.Now().Unix()
	return fmt.Sprintf(
		`{"iss":%q,"aud":%q,"sub":"developer-4711","jti":"3f0c5f1e-9a57-4f0a-9f5e-0f3c1c6f0a11","iat":%d,"exp":%d,"typ":"InitialAccessToken"}`,
		issuer, audience, now, now+24*60*60)
}

// keycloakToken has the form of one of Keycloak's own tokens. Who cannot verify
// it, as the gateway, cannot tell; and the recorded server does not look.
func keycloakToken(typ string) string {
	return hs256("the realm's", fmt.Sprintf(
		`{"exp":0,"iat":%d,"jti":"7f7dd9bb-2d65-4f1c-9a54-0c4b7a0f6f0e","iss":%q,"aud":%q,"typ":%q}`,
		time.Now().Unix(), realmIssuer, realmIssuer, typ))
}
