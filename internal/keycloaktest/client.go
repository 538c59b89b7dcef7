package keycloaktest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path"
)

// Clients returns every client of the realm, with Keycloak's own, as the admin
// API represents it: what is stored, also where the registration API does not
// say so. The members are those of Keycloak's ClientRepresentation: clientId,
// redirectUris, optionalClientScopes, attributes and so on.
func (r *Realm) Clients(ctx context.Context) ([]map[string]any, error) {
	var clients []map[string]any
	_, err := r.do(ctx, http.MethodGet, "/clients", nil, &clients)
	return clients, err
}

// Client returns one client as [Realm.Clients] does, false if there is none.
func (r *Realm) Client(ctx context.Context, clientID string) (map[string]any, bool, error) {
	var clients []map[string]any
	_, err := r.do(ctx, http.MethodGet, "/clients?clientId="+url.QueryEscape(clientID), nil, &clients)
	if err != nil || len(clients) == 0 {
		return nil, false, err
	}
	return clients[0], true, nil
}

// DeleteClient deletes a client, behind the back of whoever registered it.
func (r *Realm) DeleteClient(ctx context.Context, clientID string) error {
	id, err := r.internalID(ctx, clientID)
	if err != nil {
		return err
	}
	_, err = r.do(ctx, http.MethodDelete, "/clients/"+id, nil, nil)
	return err
}

// ServiceAccount makes a confidential client that has no flow but client
// credentials, and gives its service account roles of the realm-management
// client, such as create-client.
func (r *Realm) ServiceAccount(ctx context.Context, clientID, secret string, roles ...string) error {
	location, err := r.do(ctx, http.MethodPost, "/clients", map[string]any{
		"clientId":               clientID,
		"secret":                 secret,
		"protocol":               "openid-connect",
		"publicClient":           false,
		"serviceAccountsEnabled": true,
		"standardFlowEnabled":    false,
	}, nil)
	if err != nil {
		return fmt.Errorf("creating client %s: %w", clientID, err)
	}
	var user struct {
		ID string `json:"id"`
	}
	if _, err := r.do(ctx, http.MethodGet, "/clients/"+path.Base(location)+"/service-account-user", nil, &user); err != nil {
		return err
	}
	management, err := r.internalID(ctx, "realm-management")
	if err != nil {
		return err
	}
	granted := make([]map[string]any, len(roles))
	for i, role := range roles {
		if _, err := r.do(ctx, http.MethodGet, "/clients/"+management+"/roles/"+url.PathEscape(role), nil, &granted[i]); err != nil {
			return err
		}
	}
	if _, err := r.do(ctx, http.MethodPost, "/users/"+user.ID+"/role-mappings/clients/"+management, granted, nil); err != nil {
		return fmt.Errorf("granting %v to %s: %w", roles, clientID, err)
	}
	return nil
}

// ServiceAccountToken returns an access token of a service account.
func (r *Realm) ServiceAccountToken(ctx context.Context, clientID, secret string) (string, error) {
	token, _, err := r.admin.grant(ctx, r.name, url.Values{
		"grant_type":    {"client_credentials"},
		"client_id":     {clientID},
		"client_secret": {secret},
	})
	return token, err
}

// internalID returns the id by which the admin API names a client.
func (r *Realm) internalID(ctx context.Context, clientID string) (string, error) {
	client, found, err := r.Client(ctx, clientID)
	if err != nil {
		return "", err
	}
	id, ok := client["id"].(string)
	if !found || !ok {
		return "", fmt.Errorf("realm %s has no client %s", r.name, clientID)
	}
	return id, nil
}
