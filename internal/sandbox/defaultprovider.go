package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"github.com/google/uuid"
)

// defaultClient is the part of Keycloak's own client representation that is read.
type defaultClient struct {
	ClientID               string `json:"clientId"`
	ServiceAccountsEnabled bool   `json:"serviceAccountsEnabled"`
	FullScopeAllowed       bool   `json:"fullScopeAllowed"`
	PublicClient           bool   `json:"publicClient"`
}

// registerDefault is the registration that a gateway must not let anybody reach:
// the same token makes a client with a service account and full scope. The answer
// is the server's and a use of the token is taken. Of the client only what it takes
// to delete it again is kept, since nothing here could serve it.
func (s *Sandbox) registerDefault(r *http.Request) (*reply, error) {
	if err := checkContentType(r); err != nil {
		return nil, err
	}
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	var asked defaultClient
	if json.Unmarshal(body, &asked) != nil {
		return nil, errSyntax
	}
	if err := checkOrigin(r); err != nil {
		return nil, err
	}
	who, err := s.admitRegistration(r)
	if err != nil {
		return nil, err
	}
	tokenID, token, err := s.newRegistrationToken(r)
	if err != nil {
		return nil, err
	}
	id := uuid.NewString()
	if asked.ClientID == "" {
		asked.ClientID = id
	}
	kept := &client{id: asked.ClientID, secret: newSecret(), tokenID: tokenID, token: token, authMethod: "client_secret_basic"}
	if err := s.realm.spend(who.initial.ID, kept, s.now()); err != nil {
		return nil, err
	}
	scopes := realmDefaultScopes
	if asked.ServiceAccountsEnabled {
		scopes = slices.Concat(scopes, []string{serviceAccountScope})
	}
	return &reply{
		status:    http.StatusCreated,
		header:    map[string]string{"Location": s.issues.registration(r, "default") + "/" + asked.ClientID},
		mediaType: typeJSONCharset,
		body: map[string]any{
			"id":                                 id,
			"clientId":                           asked.ClientID,
			"surrogateAuthRequired":              false,
			"enabled":                            true,
			"alwaysDisplayInConsole":             false,
			"clientAuthenticatorType":            "client-secret",
			"secret":                             kept.secret,
			"registrationAccessToken":            token,
			"defaultRoles":                       []string{},
			"redirectUris":                       []string{},
			"webOrigins":                         []string{},
			"notBefore":                          0,
			"bearerOnly":                         false,
			"consentRequired":                    false,
			"standardFlowEnabled":                true,
			"implicitFlowEnabled":                false,
			"directAccessGrantsEnabled":          false,
			"serviceAccountsEnabled":             asked.ServiceAccountsEnabled,
			"publicClient":                       asked.PublicClient,
			"frontchannelLogout":                 false,
			"protocol":                           "openid-connect",
			"attributes":                         map[string]string{"realm_client": "false", "client.secret.creation.time": strconv.FormatInt(s.now().Unix(), 10)},
			"authenticationFlowBindingOverrides": map[string]string{},
			"fullScopeAllowed":                   asked.FullScopeAllowed,
			"nodeReRegistrationTimeout":          -1,
			"defaultClientScopes":                hashOrder(scopes),
			"optionalClientScopes":               hashOrder(s.Scopes),
		},
	}, nil
}
