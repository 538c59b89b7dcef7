package keycloaktest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
)

// SMARTScopes are the nine SMART App Launch scopes that the recorded exchanges'
// realm has beside Keycloak's own.
var SMARTScopes = []string{
	"fhirUser", "launch", "launch/patient",
	"patient/*.read", "patient/*.rs", "patient/Observation.rs",
	"system/*.read", "system/*.rs", "user/*.rs",
}

// Realm is a realm of a running server.
type Realm struct {
	name  string
	admin *admin
}

// NewRealm makes a realm that takes plain HTTP, with the scopes as optional
// client scopes: what a registration may name, and is given when it names none.
func (s *Server) NewRealm(ctx context.Context, name string, scopes []string) (*Realm, error) {
	r := &Realm{name: name, admin: newAdmin(s.url, nil)}
	representation := map[string]any{"realm": name, "enabled": true, "sslRequired": "NONE"}
	if _, err := r.admin.do(ctx, http.MethodPost, "/admin/realms", representation, nil); err != nil {
		return nil, fmt.Errorf("creating realm %s: %w", name, err)
	}
	for _, scope := range scopes {
		if err := r.addOptionalScope(ctx, scope); err != nil {
			return nil, fmt.Errorf("adding scope %s to realm %s: %w", scope, name, err)
		}
	}
	return r, nil
}

// Realm is one that is there already.
func (s *Server) Realm(name string) *Realm { return &Realm{name: name, admin: newAdmin(s.url, nil)} }

func (r *Realm) addOptionalScope(ctx context.Context, scope string) error {
	location, err := r.do(ctx, http.MethodPost, "/client-scopes", map[string]any{
		"name":     scope,
		"protocol": "openid-connect",
		"attributes": map[string]string{
			"include.in.token.scope":    "true",
			"display.on.consent.screen": "true",
		},
	}, nil)
	if err != nil {
		return err
	}
	_, err = r.do(ctx, http.MethodPut, "/default-optional-client-scopes/"+path.Base(location), nil, nil)
	return err
}

// SeenAs returns the same realm as seen by an administrator who comes through
// the public address, such as https://auth.example.org: unless the server's
// hostname is pinned, the tokens minted through it have their issuer there.
func (r *Realm) SeenAs(publicURL string) (*Realm, error) {
	public, err := url.Parse(publicURL)
	if err != nil {
		return nil, err
	}
	return &Realm{name: r.name, admin: newAdmin(r.admin.url, public)}, nil
}

// Name of the realm.
func (r *Realm) Name() string { return r.name }

// Path is the realm's path on the server, /realms/{name}.
func (r *Realm) Path() string { return "/realms/" + url.PathEscape(r.name) }

// RegistrationPath is the path of the realm's OpenID Connect registration
// endpoint. Its clients are one level below.
func (r *Realm) RegistrationPath() string { return r.Path() + "/clients-registrations/openid-connect" }

// TokenPath is the path of the realm's token endpoint.
func (r *Realm) TokenPath() string { return r.Path() + "/protocol/openid-connect/token" }

// InitialAccessToken mints an initial access token for count registrations
// that expires after so many seconds, never when that is 0.
func (r *Realm) InitialAccessToken(ctx context.Context, count, expiration int) (string, error) {
	var reply struct {
		Token string `json:"token"`
	}
	_, err := r.do(ctx, http.MethodPost, "/clients-initial-access",
		map[string]int{"count": count, "expiration": expiration}, &reply)
	return reply.Token, err
}

// DeleteInitialAccessToken takes back a token that [Realm.InitialAccessToken]
// returned.
func (r *Realm) DeleteInitialAccessToken(ctx context.Context, token string) error {
	id, err := tokenID(token)
	if err != nil {
		return err
	}
	_, err = r.do(ctx, http.MethodDelete, "/clients-initial-access/"+url.PathEscape(id), nil, nil)
	return err
}

// tokenID returns a token's jti, by which the admin API names it.
func tokenID(token string) (string, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", errors.New("an initial access token has three parts")
	}
	decoded, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", err
	}
	var claims struct {
		ID string `json:"jti"`
	}
	err = json.Unmarshal(decoded, &claims)
	return claims.ID, err
}

// do calls the admin API below the realm.
func (r *Realm) do(ctx context.Context, method, below string, body, result any) (location string, err error) {
	return r.admin.do(ctx, method, "/admin"+r.Path()+below, body, result)
}
