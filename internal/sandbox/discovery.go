package sandbox

import (
	"net/http"
	"slices"
)

// discoveryDocument is the part of the server's provider metadata that somebody
// who registers clients looks for (OpenID Connect Discovery 1.0, section 3).
type discoveryDocument struct {
	Issuer               string   `json:"issuer"`
	TokenEndpoint        string   `json:"token_endpoint"`
	RegistrationEndpoint string   `json:"registration_endpoint"`
	ScopesSupported      []string `json:"scopes_supported"`
}

func (s *Sandbox) discovery(r *http.Request) (*reply, error) {
	if r.Method != http.MethodGet {
		return nil, errMethodNotAllowed
	}
	scopes := slices.Concat([]string{"openid", serviceAccountScope}, realmDefaultScopes, s.Scopes)
	return &reply{
		status:    http.StatusOK,
		header:    map[string]string{"Cache-Control": "no-cache, must-revalidate, no-transform, no-store"},
		mediaType: typeJSON,
		body: discoveryDocument{
			Issuer:               s.issues.url(r),
			TokenEndpoint:        s.issues.url(r) + "/protocol/openid-connect/token",
			RegistrationEndpoint: s.issues.registration(r, "openid-connect"),
			ScopesSupported:      scopes,
		},
	}, nil
}
