package probe

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path"
)

// adminPath is that of the realm in Keycloak's admin API.
func (s *session) adminPath() string {
	realm := s.realm()
	return path.Join(path.Dir(path.Dir(realm)), "admin", "realms", path.Base(realm))
}

// administers tells whether the admin API can be asked.
func (s *session) administers() bool {
	return s.AdminToken != "" && s.realm() != "" && s.inside != nil
}

// adminClient asks the admin API for a client. A client that is not there is an
// empty list, and so has no id.
func (s *session) adminClient(ctx context.Context, clientID string) (settings map[string]any, a answer) {
	a = s.caller.do(ctx, *s.inside, call{
		method: http.MethodGet, path: s.adminPath() + "/clients", query: url.Values{"clientId": {clientID}}.Encode(), token: s.AdminToken,
	})
	var found []map[string]any
	if a.status != http.StatusOK || json.Unmarshal(a.body, &found) != nil || len(found) != 1 {
		return nil, a
	}
	if secret, ok := found[0]["secret"].(string); ok {
		s.secrets = append(s.secrets, secret)
	}
	return found[0], a
}

// adminRemove deletes a client that its own token could not delete.
func (s *session) adminRemove(ctx context.Context, c *client) bool {
	if !s.administers() {
		return false
	}
	settings, a := s.adminClient(ctx, c.id)
	id, _ := settings["id"].(string)
	if id == "" {
		c.why += fmt.Sprintf("; the admin API: %s", a)
		return false
	}
	a = s.caller.do(ctx, *s.inside, call{method: http.MethodDelete, path: s.adminPath() + "/clients/" + url.PathEscape(id), token: s.AdminToken})
	if a.status != http.StatusNoContent {
		c.why += fmt.Sprintf("; the admin API: %s", a)
		return false
	}
	return true
}
