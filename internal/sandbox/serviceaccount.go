package sandbox

import (
	"crypto/sha256"
	"crypto/subtle"
	"mime"
	"net/http"
	"net/url"

	"github.com/google/uuid"
)

// tokenLifetime is the server's default for access tokens, in seconds.
const tokenLifetime = 300

// tokenReply is a successful answer of the token endpoint (RFC 6749 section 5.1).
type tokenReply struct {
	AccessToken      string `json:"access_token"`
	ExpiresIn        int    `json:"expires_in"`
	RefreshExpiresIn int    `json:"refresh_expires_in"`
	TokenType        string `json:"token_type"`
	NotBeforePolicy  int    `json:"not-before-policy"`
	Scope            string `json:"scope"`
}

var (
	errInvalidClient        = &wireError{http.StatusUnauthorized, "invalid_client", "Invalid client or Invalid client credentials"}
	errGrantTypeMissing     = &wireError{http.StatusBadRequest, "invalid_request", "Missing form parameter: grant_type"}
	errUnsupportedGrantType = &wireError{http.StatusBadRequest, "unsupported_grant_type", "Unsupported grant_type"}
)

// token is the token endpoint. It knows one client, the configured service
// account, and one grant, client_credentials (RFC 6749 section 4.4).
func (s *Sandbox) token(r *http.Request) (*reply, error) {
	if r.Method != http.MethodPost {
		return nil, errMethodNotAllowed
	}
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/x-www-form-urlencoded" {
		return nil, errContentType
	}
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, errGrantTypeMissing
	}
	switch form.Get("grant_type") {
	case "client_credentials":
	case "":
		return nil, errGrantTypeMissing
	default:
		return nil, errUnsupportedGrantType
	}
	if !s.isServiceAccount(credentials(r, form)) {
		return nil, errInvalidClient
	}
	signed, err := s.realm.sign(claims{
		Expires:         s.now().Unix() + tokenLifetime,
		IssuedAt:        s.now().Unix(),
		ID:              uuid.NewString(),
		Issuer:          s.issues.url(r),
		Audience:        realmManagement,
		Type:            typeBearer,
		AuthorizedParty: s.ServiceAccount.ClientID,
		ResourceAccess:  map[string]roles{realmManagement: {Roles: []string{"create-client"}}},
	})
	if err != nil {
		return nil, err
	}
	return &reply{
		status:    http.StatusOK,
		header:    map[string]string{"Cache-Control": "no-store", "Pragma": "no-cache"},
		mediaType: typeJSON,
		body:      tokenReply{AccessToken: signed, ExpiresIn: tokenLifetime, TokenType: "Bearer", Scope: "profile email"},
	}, nil
}

// credentials finds the client's, in the Authorization field or in the form. In
// the former both halves are encoded as form values (RFC 6749 section 2.3.1).
func credentials(r *http.Request, form url.Values) (id, secret string) {
	id, secret, ok := r.BasicAuth()
	if !ok {
		return form.Get("client_id"), form.Get("client_secret")
	}
	decodedID, err := url.QueryUnescape(id)
	if err != nil {
		return "", ""
	}
	decodedSecret, err := url.QueryUnescape(secret)
	if err != nil {
		return "", ""
	}
	return decodedID, decodedSecret
}

// isServiceAccount compares hashes, so that neither content nor length of the
// secret shows in the time it takes.
func (s *Sandbox) isServiceAccount(id, secret string) bool {
	if s.ServiceAccount == nil || id != s.ServiceAccount.ClientID {
		return false
	}
	given, wanted := sha256.Sum256([]byte(secret)), sha256.Sum256([]byte(s.secret))
	return subtle.ConstantTimeCompare(given[:], wanted[:]) == 1
}
