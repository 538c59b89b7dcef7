package upstream

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestOfferedScopesRead: what is no list of scopes changes nothing.
func TestOfferedScopesRead(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		body   string
		want   string // the scopes, or the error
	}{
		"a list":        {200, `{"issuer":"x","scopes_supported":["openid","patient/*.rs"]}`, "openid patient/*.rs"},
		"no list":       {200, `{"issuer":"x"}`, "there are no scopes_supported"},
		"an empty list": {200, `{"scopes_supported":[]}`, "there are no scopes_supported"},
		"a string":      {200, `{"scopes_supported":"openid"}`, "there are no scopes_supported"},
		"no object":     {200, `[]`, "not a JSON object"},
		"a page":        {200, `<html>`, "not a JSON object"},
		"not there":     {404, `{}`, "status 404"},
		"too long":      {200, `{"scopes_supported":["` + strings.Repeat("x", maxOffered) + `"]}`, "longer than"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				fmt.Fprint(w, test.body)
			}))
			defer s.Close()
			scopes, err := (&OfferedScopes{URL: s.URL}).read(t.Context())
			got := strings.Join(scopes, " ")
			if err != nil {
				got = err.Error()
			}
			if !strings.Contains(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestOfferedScopesRun: a server that is down is asked again soon, then less and less
// often, but as often as one that is up, and nobody when it is over.
func TestOfferedScopesRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		start := time.Now()
		var failed []time.Duration
		o := &OfferedScopes{
			URL: "http://[::1]:namedport/", Refresh: 10 * time.Minute, // no URL: it fails without a network
			Use:    func([]string) { t.Error("there is nothing to use") },
			Failed: func(error) { failed = append(failed, time.Since(start)) },
		}
		go o.Run(ctx)
		time.Sleep(7 * 24 * time.Hour)
		cancel()
		synctest.Wait()
		if want := []time.Duration{0, 5 * time.Second, 15 * time.Second, 35 * time.Second}; !slices.Equal(failed[:4], want) {
			t.Errorf("failed at %v, want %v", failed[:4], want)
		}
		if week := 7 * 24 * 6; len(failed) < week || len(failed) > week+10 {
			t.Errorf("asked %d times in a week, want about once in ten minutes", len(failed))
		}
	})
}
