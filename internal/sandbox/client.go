package sandbox

import (
	"slices"
	"strings"
)

// client is a registered client. It is never changed after it was stored.
type client struct {
	id     string
	secret string

	// tokenID is the jti of the only registration access token that is good for
	// this client, and token is that token.
	tokenID string
	token   string

	asked        metadata // as the last registration or update named it
	authMethod   string
	redirectURIs []string
	scopes       []string
	flows        flows
}

// flows is what the server keeps of grant_types and response_types.
type flows struct {
	code     bool
	implicit bool
	named    []string // those other grants that were asked for and are known
	refresh  bool
}

const (
	grantCode     = "authorization_code"
	grantImplicit = "implicit"
	grantRefresh  = "refresh_token"
)

// otherGrants are the grants with a switch of their own, in the order in which
// the server lists them.
var otherGrants = []string{
	"password",
	"client_credentials",
	"urn:ietf:params:oauth:grant-type:device_code",
	"urn:openid:params:grant-type:ciba",
	"urn:ietf:params:oauth:grant-type:uma-ticket",
	"urn:ietf:params:oauth:grant-type:token-exchange",
	"urn:ietf:params:oauth:grant-type:jwt-bearer",
}

// newClient converts what was asked for into a client without identifier, tokens
// and scopes. Whatever does not convert is refused with the same words.
func newClient(asked metadata) (*client, error) {
	c := &client{
		asked:        asked,
		authMethod:   "client_secret_basic",
		redirectURIs: hashOrder(asked.list("redirect_uris")),
	}
	if asked.has("token_endpoint_auth_method") {
		c.authMethod = asked.text("token_endpoint_auth_method")
	}
	var err error
	if c.flows, err = flowsOf(asked); err != nil {
		return nil, err
	}
	switch c.authMethod {
	case "none", "client_secret_basic", "client_secret_post", "client_secret_jwt", "tls_client_auth":
	case "private_key_jwt":
		if !asked.has("jwks_uri") && !hasSigningKey(asked) {
			return nil, errUnfitMetadata
		}
	default:
		return nil, errUnfitMetadata
	}
	if asked.has("jwks") && asked.has("jwks_uri") {
		return nil, errUnfitMetadata
	}
	return c, nil
}

// keep takes over what an update of the current client has not named. Keys in the
// registration and at an address exclude each other.
func (c *client) keep(current *client) {
	if !c.asked.has("redirect_uris") {
		c.redirectURIs = current.redirectURIs
	}
	if !c.asked.has("grant_types") {
		c.flows.named, c.flows.refresh = current.flows.named, current.flows.refresh
	}
	for _, known := range members {
		name := known.name
		value, there := current.asked[name]
		otherKeys := name == "jwks" && c.asked.has("jwks_uri") || name == "jwks_uri" && c.asked.has("jwks")
		if there && known.silence == kept && !c.asked.has(name) && !otherKeys {
			c.asked[name] = value
		}
	}
}

// flowsOf reads grant_types and response_types. Either alone switches the flows
// that the other would have; where both are named, response_types decides about
// the redirecting flows. An unknown grant is no error, and leaves a client that
// can do nothing.
func flowsOf(asked metadata) (flows, error) {
	grants, responses := asked.list("grant_types"), asked.list("response_types")
	var f flows
	switch {
	case len(responses) > 0:
		for _, response := range responses {
			words := strings.Split(response, " ")
			for _, word := range words {
				switch {
				case word == "code":
					f.code = true
				case word == "token" || word == "id_token":
					f.implicit = true
				case word == "none" && len(words) == 1:
					f.code = true
				default:
					return f, errUnfitMetadata
				}
			}
		}
	case len(grants) > 0:
		f.code = slices.Contains(grants, grantCode)
		f.implicit = slices.Contains(grants, grantImplicit)
	default:
		f.code = true
	}
	for _, grant := range otherGrants {
		if slices.Contains(grants, grant) {
			f.named = append(f.named, grant)
		}
	}
	// Only a client that is silent about grants gets refresh tokens unasked: an
	// empty list is not silence.
	f.refresh = !asked.has("grant_types") || slices.Contains(grants, grantRefresh)
	return f, nil
}

func (f flows) grantTypes() []string {
	grants := []string{}
	if f.code {
		grants = append(grants, grantCode)
	}
	if f.implicit {
		grants = append(grants, grantImplicit)
	}
	grants = append(grants, f.named...)
	if f.refresh {
		grants = append(grants, grantRefresh)
	}
	return grants
}

func (f flows) responseTypes() []string {
	responses := []string{}
	if f.code {
		responses = append(responses, "code", "none")
	}
	if f.implicit {
		responses = append(responses, "id_token", "id_token token")
	}
	if f.code && f.implicit {
		responses = append(responses, "code id_token", "code token", "code id_token token")
	}
	return responses
}

// keptEmpty are the members that are shown even if they are empty.
var keptEmpty = map[string]bool{"client_name": true, "client_uri": true}

func isEmpty(value any) bool {
	switch v := value.(type) {
	case string:
		return v == ""
	case []string:
		return len(v) == 0
	}
	return false
}

// hasSigningKey tells whether a key of the set says that it is for signatures. A
// key without a use does not count, however well it would serve.
func hasSigningKey(asked metadata) bool {
	set, _ := asked["jwks"].(jwks)
	return slices.ContainsFunc(set.Keys, func(key map[string]any) bool {
		kty, _ := key["kty"].(string)
		return key["use"] == "sig" && slices.Contains([]string{"RSA", "EC", "OKP"}, kty)
	})
}

// secretBased tells whether the client authenticates with a secret, and so has
// one.
func (c *client) secretBased() bool {
	return strings.HasPrefix(c.authMethod, "client_secret_")
}

// represent describes the client as the server does in every answer. Members that
// were stored silently are missing, and one is always wrong: the server reports
// backchannel_logout_revoke_offline_tokens as
// backchannel_logout_session_required.
func (c *client) represent(clientURI string) representation {
	postLogout := c.asked.list("post_logout_redirect_uris")
	if len(postLogout) == 0 {
		postLogout = c.redirectURIs
	}
	subjectType := "public"
	if c.asked.text("subject_type") == "pairwise" {
		subjectType = "pairwise"
	}
	out := representation{
		"redirect_uris":              c.redirectURIs,
		"token_endpoint_auth_method": c.authMethod,
		"grant_types":                c.flows.grantTypes(),
		"response_types":             c.flows.responseTypes(),
		"client_id":                  c.id,
		"scope":                      strings.Join(c.scopes, " "),
		"subject_type":               subjectType,
		"request_uris":               append([]string{}, c.asked.list("request_uris")...),
		"tls_client_certificate_bound_access_tokens": c.asked.flag("tls_client_certificate_bound_access_tokens"),
		"dpop_bound_access_tokens":                   c.asked.flag("dpop_bound_access_tokens"),
		"post_logout_redirect_uris":                  postLogout,
		"registration_client_uri":                    clientURI,
		"registration_access_token":                  c.token,
		"backchannel_logout_session_required":        c.asked.flag("backchannel_logout_revoke_offline_tokens"),
		"require_pushed_authorization_requests":      c.asked.flag("require_pushed_authorization_requests"),
		"frontchannel_logout_session_required":       c.asked.flag("frontchannel_logout_session_required"),
	}
	if c.secretBased() {
		out["client_secret"] = c.secret
		out["client_secret_expires_at"] = 0
	}
	for _, known := range members {
		value, ok := c.asked[known.name]
		if ok && known.fate == echoed && (!isEmpty(value) || keptEmpty[known.name]) {
			out[known.name] = value
		}
	}
	return out
}
