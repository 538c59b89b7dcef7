package main

import "slices"

// scenario is one kind of request to one of the sites.
type scenario struct {
	name    string
	meaning string
	site    string
	against string // the scenario that it is compared with; none: others are with it
	status  int    // the only right answer
	proof   string // and what its body has in it
	request []byte
}

// The names are keys in the results: others read them there.
const (
	bare         = "bare"
	accept       = "accept"
	passthrough  = "passthrough"
	es256        = "es256"
	es256Many    = "es256_many"
	rs256        = "rs256"
	refuseToken  = "refuse_token"
	refusePolicy = "refuse_policy"
	refuseScope  = "refuse_scope"
	respond      = "respond"
	bareRead     = "bare_read"
	read         = "read"

	refuseTokenSampled  = "refuse_token_sampled"
	refusePolicySampled = "refuse_policy_sampled"

	peerNginx         = "nginx"
	peerHAProxy       = "haproxy"
	peerHAProxyRefuse = "haproxy_refuse"
)

// The sites that several scenarios go to; the others have their own.
const (
	gateway = "gateway"
	sampled = "sampled"
)

// scenarios are measured in this order, in each round, each beside the one that
// it is compared with.
func scenarios(k keys) ([]scenario, error) {
	portal := hs256(secret, portalClaims())
	ecdsaSigned, err := k.es256(portalClaims())
	if err != nil {
		return nil, err
	}
	rsaSigned, err := k.rs256(portalClaims())
	if err != nil {
		return nil, err
	}
	body := app("client_secret_basic")
	registered := func(name, meaning, site, against, token string) scenario {
		return scenario{
			name: name, meaning: meaning, site: site, against: against, status: 201,
			proof: `"scope":"launch/patient openid patient/*.rs"`, request: post("/register", token, body),
		}
	}
	refused := func(name, meaning, site string, status int, proof, token, body string) scenario {
		return scenario{
			name: name, meaning: meaning, site: site, against: bare, status: status, proof: proof,
			request: post("/register", token, body),
		}
	}
	const (
		badToken  = "the gateway refuses a token with a wrong signature"
		badClient = "the gateway refuses what the policy does not allow"
		bounded   = ", and its log is bounded by Caddy's `sampling`"
		method    = `"/token_endpoint_auth_method"`
	)
	forged := hs256("another", portalClaims())
	ours := []scenario{
		{
			name: bare, meaning: "`reverse_proxy` alone: every request goes through",
			site: bare, status: 201, proof: `"client_id"`, request: post(registrationAPI, portal, body),
		},
		registered(accept, "the gateway lets a registration through: token signed with HS256, a preset's policy, default scopes", gateway, bare, portal),
		registered(passthrough, "the same with a token of the server's own, which is only looked at", passthrough, bare, keycloakToken("InitialAccessToken")),
		registered(es256, "the same with a token signed with ES256, by the one key of the set", es256, bare, ecdsaSigned),
		registered(es256Many, "the same where the set has 200 keys", es256Many, es256, ecdsaSigned),
		registered(rs256, "the same with a token signed with RS256", rs256, bare, rsaSigned),
		refused(refuseToken, badToken, gateway, 401, `"invalid_token"`, forged, body),
		refused(refuseTokenSampled, badToken+bounded, sampled, 401, `"invalid_token"`, forged, body),
		refused(refusePolicy, badClient, gateway, 400, method, portal, app("none")),
		refused(refusePolicySampled, badClient+bounded, sampled, 400, method, portal, app("none")),
		refused(refuseScope, "the gateway refuses a scope that there is not", gateway, 400, `"/scope"`, portal, appWithScope(badScope)),
		{
			name: respond, meaning: "Caddy's own `respond 400`: the most that a refusal can reach",
			site: respond, against: bare, status: 400, request: post("/register", portal, body),
		},
		{
			name: bareRead, meaning: "`reverse_proxy` alone, a client's registration is read",
			site: bare, status: 200, proof: `"client_id"`,
			request: get(registrationAPI+"/"+clientID, keycloakToken("RegistrationAccessToken")),
		},
		{
			name: read, meaning: "the gateway has a client's registration read",
			site: gateway, against: bareRead, status: 200, proof: `"client_id":"` + clientID,
			request: get("/register/"+clientID, keycloakToken("RegistrationAccessToken")),
		},
	}
	return slices.Concat(ours, peerScenarios(portal, body)), nil
}

// badScope is one that no server has.
const badScope = "no-such-scope"

// peerScenarios go to other programs, where those are on the machine.
func peerScenarios(portal, body string) []scenario {
	return []scenario{
		{
			name: peerNginx, meaning: "nginx `proxy_pass`: every request goes through",
			site: peerNginx, against: bare, status: 201, proof: `"client_id"`, request: post(registrationAPI, portal, body),
		},
		{
			name: peerHAProxy, meaning: "HAProxy verifies the token (HS256, issuer, audience, expiry) and looks at nothing else",
			site: peerHAProxy, against: bare, status: 201, proof: `"client_id"`, request: post(registrationAPI, portal, body),
		},
		{
			name: peerHAProxyRefuse, meaning: "HAProxy refuses a token with a wrong signature",
			site: peerHAProxy, against: bare, status: 401, request: post(registrationAPI, hs256("another", portalClaims()), body),
		},
	}
}
