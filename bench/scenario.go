package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"
)

// What the Caddyfile and the requests have to agree on.
const (
	issuer   = "https://portal.example.org"
	audience = "https://auth.example.org/register"
	secret   = "a secret of the portal's, of 32 bytes or more"

	registrationAPI = "/realms/fhir/clients-registrations/openid-connect"
)

// scenario is one kind of request to one of the sites.
type scenario struct {
	name    string
	meaning string
	site    string
	status  int    // the only right answer
	proof   string // and what its body has in it
	request []byte
}

// The names are keys in the results: others read them there.
const (
	bare         = "bare"
	accept       = "accept"
	refuseToken  = "refuse_token"
	refusePolicy = "refuse_policy"
	respond      = "respond"
)

// gateway is the site that three scenarios go to; the others have their own.
const gateway = "gateway"

// scenarios are measured in this order, in each round. The first is what the
// others are compared with.
func scenarios() []scenario {
	portal := initialAccessToken(secret)
	return []scenario{
		{
			name: bare, meaning: "`reverse_proxy` alone: every request goes through",
			site: bare, status: 201, proof: `"client_id"`,
			request: post(registrationAPI, portal, app("client_secret_basic")),
		},
		{
			name: accept, meaning: "the gateway lets a registration through",
			site: gateway, status: 201, proof: `"scope":"launch/patient openid patient/*.rs"`,
			request: post("/register", portal, app("client_secret_basic")),
		},
		{
			name: refuseToken, meaning: "the gateway refuses a token with a wrong signature",
			site: gateway, status: 401, proof: `"invalid_token"`,
			request: post("/register", initialAccessToken("another"), app("client_secret_basic")),
		},
		{
			name: refusePolicy, meaning: "the gateway refuses what the policy does not allow",
			site: gateway, status: 400, proof: `"/token_endpoint_auth_method"`,
			request: post("/register", portal, app("none")),
		},
		{
			name: respond, meaning: "Caddy's own `respond 400`: the most that a refusal can reach",
			site: respond, status: 400,
			request: post("/register", portal, app("client_secret_basic")),
		},
	}
}

// app is a document as a client library sends it: no scope, so that the defaults
// are given, and the grants that the recorded reply has.
func app(authMethod string) string {
	return fmt.Sprintf(`{"redirect_uris":["https://app.example.org/cb"],"client_name":"App",`+
		`"grant_types":["authorization_code","refresh_token"],"token_endpoint_auth_method":%q,`+
		`"logo_uri":"https://app.example.org/logo.png","contacts":["developers@app.example.org"]}`, authMethod)
}

// post is a request as it goes over the wire.
func post(path, token, body string) []byte {
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: auth.example.org\r\nUser-Agent: bench\r\nAccept: application/json\r\n"+
		"Content-Type: application/json\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", path, token, len(body), body)
}

// initialAccessToken is a portal's, HS256.
func initialAccessToken(key string) string {
	now := time.Now().Unix()
	signed := encode(`{"alg":"HS256","typ":"JWT"}`) + "." + encode(fmt.Sprintf(
		`{"iss":%q,"aud":%q,"sub":"developer-4711","jti":"3f0c5f1e-9a57-4f0a-9f5e-0f3c1c6f0a11","iat":%d,"exp":%d,"typ":"InitialAccessToken"}`,
		issuer, audience, now, now+24*60*60))
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(signed))
	return signed + "." + encode(string(mac.Sum(nil)))
}

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
