package sandbox

import (
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// The values of the claim typ, which tells the server's tokens apart.
const (
	typeInitialAccess      = "InitialAccessToken"
	typeRegistrationAccess = "RegistrationAccessToken"
	typeBearer             = "Bearer"
)

// claims are those of every token the sandbox signs, in the server's order.
type claims struct {
	Expires          int64            `json:"exp"` // 0 means never
	IssuedAt         int64            `json:"iat"`
	ID               string           `json:"jti"`
	Issuer           string           `json:"iss"`
	Audience         string           `json:"aud"`
	Type             string           `json:"typ"`
	AuthorizedParty  string           `json:"azp,omitempty"`
	RegistrationAuth string           `json:"registration_auth,omitempty"`
	ResourceAccess   map[string]roles `json:"resource_access,omitempty"`
}

type roles struct {
	Roles []string `json:"roles"`
}

// Roles over clients are roles of this client of the realm.
const realmManagement = "realm-management"

func (c claims) hasRole(role string) bool {
	return slices.Contains(c.ResourceAccess[realmManagement].Roles, role)
}

type tokenHeader struct {
	Algorithm string `json:"alg"`
	Type      string `json:"typ"`
	KeyID     string `json:"kid"`
}

const algorithm = "HS512"

// Strict, so that two spellings of one signature are not both good.
var base64URL = base64.RawURLEncoding.Strict()

// sign makes a compact JWS of the claims.
func (s *realm) sign(c claims) (string, error) {
	header, err := json.Marshal(tokenHeader{Algorithm: algorithm, Type: "JWT", KeyID: s.keyID})
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	input := base64URL.EncodeToString(header) + "." + base64URL.EncodeToString(payload)
	return input + "." + base64URL.EncodeToString(s.mac(input)), nil
}

// verify returns the claims of a token that this realm signed, for this issuer,
// and that has not expired. Every other token is refused with the same words.
func (s *realm) verify(token, issuer string, now time.Time) (claims, error) {
	var c claims
	cut := strings.LastIndexByte(token, '.')
	if cut < 0 {
		return c, errTokenUndecodable
	}
	signature, err := base64URL.DecodeString(token[cut+1:])
	if err != nil || !hmac.Equal(signature, s.mac(token[:cut])) {
		return c, errTokenUndecodable
	}
	// What carries our signature has our header: it need not be looked at.
	_, payload, _ := strings.Cut(token[:cut], ".")
	decoded, err := base64URL.DecodeString(payload)
	if err != nil || json.Unmarshal(decoded, &c) != nil {
		return c, errTokenUndecodable
	}
	if c.Issuer != issuer || (c.Expires != 0 && c.Expires <= now.Unix()) {
		return c, errTokenUndecodable
	}
	return c, nil
}

func (s *realm) mac(input string) []byte {
	h := hmac.New(sha512.New, s.key)
	h.Write([]byte(input))
	return h.Sum(nil)
}
