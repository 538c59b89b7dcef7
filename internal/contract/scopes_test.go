package contract

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func testScopes(t *testing.T, g *gateway) {
	service := func(members ...any) map[string]any { return backend(t, g, members...) }
	for _, c := range []struct {
		name     string
		path     string
		document map[string]any
		answered string
		stored   []string // default: as answered, without openid
	}{
		{
			name: "absent", document: app(),
			answered: "launch/patient openid fhirUser patient/*.rs",
		},
		{
			name: "empty", document: app("scope", ""),
			answered: "launch/patient openid fhirUser patient/*.rs",
		},
		{
			name: "asked and allowed", document: app("scope", "patient/*.rs openid"),
			answered: "patient/*.rs openid",
		},
		{
			name: "a part of what is allowed", document: app("scope", "patient/Observation.rs"),
			answered: "patient/Observation.rs",
		},
		{
			name: "excess is stripped", document: app("scope", "openid patient/*.rs system/*.rs user/*.rs offline_access"),
			answered: "openid patient/*.rs",
		},
		{
			name: "only openid is left", document: app("scope", "openid system/*.rs"),
			answered: "openid", stored: []string{},
		},
		{
			name: "backend service", document: service(),
			answered: "", stored: []string{},
		},
		{
			name: "backend service where the operator allows it", path: wide, document: service("scope", "system/*.rs"),
			answered: "system/*.rs",
		},
		{
			name: "injected beside those that were asked", path: wide, document: app("scope", "user/*.rs"),
			answered: "user/*.rs launch/patient openid fhirUser patient/*.rs",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.path == "" {
				c.path = plain
			}
			none := c.answered == "" || c.answered == "openid" && g.has("openid_scope")
			if none && g.has("empty_scope") {
				g.noEmptyScope(t, g.do(t, call{path: c.path, token: g.initialAccessToken(t, 1), body: c.document}))
				return
			}
			a := g.register(t, c.path, g.initialAccessToken(t, 1), c.document)
			if got := a.text("scope"); got != c.answered {
				t.Errorf("scope %q, want %q", got, c.answered)
			}
			if c.stored == nil {
				c.stored = slices.Sorted(slices.Values(strings.Fields(c.answered)))
				c.stored = slices.DeleteFunc(c.stored, func(scope string) bool { return scope == "openid" })
			}
			if got := g.stored(t, a).Scopes; !reflect.DeepEqual(got, c.stored) {
				t.Errorf("the server holds %q, want %q", got, c.stored)
			}
		})
	}

	t.Run("none of those asked may be had", func(t *testing.T) {
		a := g.do(t, call{token: g.initialAccessToken(t, 1), body: app("scope", "system/*.rs user/*.rs")})
		a.refused(t, http.StatusBadRequest, "invalid_client_metadata", "scope_none_left")
	})
	t.Run("a backend service by default has none to ask for", func(t *testing.T) {
		a := g.do(t, call{token: g.initialAccessToken(t, 1), body: service("scope", "system/*.rs")})
		a.refused(t, http.StatusBadRequest, "invalid_client_metadata", "scope_none_left")
	})
	t.Run("excess is refused where the operator says so", func(t *testing.T) {
		document := app("contacts", []any{"dev@example.org"}, "scope", "patient/*.rs offline_access")
		a := g.do(t, call{path: strict, token: portalToken(t), body: document})
		a.refused(t, http.StatusBadRequest, "invalid_client_metadata", "scope_excess")
	})
	t.Run("allowed here and unknown to the server", func(t *testing.T) {
		a := g.do(t, call{path: wide, token: g.initialAccessToken(t, 1), body: app("scope", "openid clinic-admin")})
		a.is(t, http.StatusBadRequest, "invalid_client_metadata")
		status, pointer := http.StatusBadRequest, "" // RFC 7591 names no member
		if g.has("policy_forbidden") {
			status, pointer = http.StatusForbidden, "/scope"
		}
		if len(a.upstream) != 1 || a.upstream[0].status != status {
			t.Errorf("upstream: %+v", a.upstream)
		}
		if v := a.violations(); len(v) != 1 || v[0]["pointer"] != pointer {
			t.Errorf("violations %v", v)
		}
	})
}

// noEmptyScope: the server lets no client be without a scope.
func (g *gateway) noEmptyScope(t *testing.T, a *answer) {
	t.Helper()
	a.is(t, http.StatusBadRequest, "invalid_client_metadata")
	if v := a.violations(); len(v) != 1 || g.has("policy_forbidden") && v[0]["pointer"] != "/scope" {
		t.Errorf("violations %v", v)
	}
}
