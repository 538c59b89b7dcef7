package upstream

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
)

const (
	testID     = "registrar of/us"
	testSecret = "s3cret with spaces+and/signs"
)

func tokenEndpoint(t *testing.T, h http.HandlerFunc) *ClientCredentials {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return NewClientCredentials(server.URL+"/token", testID, testSecret, []string{"a", "b"})
}

func answerToken(w http.ResponseWriter, token string) {
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer","expires_in":300}`, token)
}

func assertToken(t *testing.T, c Credential, rejected, want string) {
	t.Helper()
	if token, err := c.Token(t.Context(), rejected); token != want || err != nil {
		t.Errorf("token %q, %v, want %q", token, err, want)
	}
}

func TestBearer(t *testing.T) {
	t.Parallel()
	assertToken(t, Bearer("a"), "", "a")
	assertToken(t, Bearer("a"), "b", "a")
	if token, err := Bearer("a").Token(t.Context(), "a"); token != "" || !errors.Is(err, ErrCredential) {
		t.Errorf("the token that was refused: %q, %v", token, err)
	}
}

func TestClientCredentialsRequest(t *testing.T) {
	t.Parallel()
	c := tokenEndpoint(t, func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		want := url.Values{"grant_type": {"client_credentials"}, "scope": {"a b"}}
		if r.Method != http.MethodPost || r.URL.Path != "/token" || r.Form.Encode() != want.Encode() {
			t.Errorf("%s %s with %v, want %v", r.Method, r.URL, r.Form, want)
		}
		// RFC 6749 section 2.3.1: form-encoded first, then Basic.
		id, secret, ok := r.BasicAuth()
		if !ok || id != url.QueryEscape(testID) || secret != url.QueryEscape(testSecret) {
			t.Errorf("basic authentication %q %q", id, secret)
		}
		answerToken(w, "t")
	})
	assertToken(t, c, "", "t")
}

func TestClientCredentialsOneFlight(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	release := make(chan struct{})
	c := tokenEndpoint(t, func(w http.ResponseWriter, _ *http.Request) {
		n := requests.Add(1)
		<-release
		answerToken(w, fmt.Sprint("t", n))
	})
	for _, test := range []struct{ rejected, want string }{{"", "t1"}, {"t1", "t2"}} {
		var callers, started sync.WaitGroup
		for range 20 {
			started.Add(1)
			callers.Go(func() {
				started.Done()
				assertToken(t, c, test.rejected, test.want)
			})
		}
		started.Wait()
		if test.rejected == "" {
			close(release)
		}
		callers.Wait()
	}
	if n := requests.Load(); n != 2 {
		t.Errorf("%d token requests for twice 20 callers, want 2", n)
	}
}

// credentialOf gets a new token from a function at each fetch.
func credentialOf(now func() time.Time, fetch func(n int) (*oauth2.Token, error)) *ClientCredentials {
	n := 0
	return &ClientCredentials{now: now, fetch: func(context.Context) (*oauth2.Token, error) {
		n++
		return fetch(n)
	}}
}

func TestClientCredentialsRenewal(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		life      time.Duration // 0: the token does not say
		kept, not time.Duration
	}{
		{"15 seconds before it expires", time.Hour, time.Hour - 16*time.Second, time.Hour - 15*time.Second},
		{"Keycloak's default", time.Minute, 44 * time.Second, 45 * time.Second},
		{"three quarters of a short life", 20 * time.Second, 15*time.Second - 1, 15 * time.Second},
		{"the shortest", time.Second, 750*time.Millisecond - 1, 750 * time.Millisecond},
		{"no expiry", 0, 1000 * time.Hour, 0},
		{"dead on arrival", -time.Second, -1, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			begin := time.Unix(1_700_000_000, 0)
			clock := begin
			c := credentialOf(func() time.Time { return clock }, func(n int) (*oauth2.Token, error) {
				token := &oauth2.Token{AccessToken: fmt.Sprint("t", n)}
				if test.life != 0 {
					token.Expiry = clock.Add(test.life)
				}
				return token, nil
			})
			assertToken(t, c, "", "t1")
			if test.kept >= 0 {
				clock = begin.Add(test.kept)
				assertToken(t, c, "", "t1")
			}
			if test.life != 0 {
				clock = begin.Add(test.not)
				assertToken(t, c, "", "t2")
			}
		})
	}
}

func TestClientCredentialsRejected(t *testing.T) {
	t.Parallel()
	c := credentialOf(time.Now, func(n int) (*oauth2.Token, error) {
		return &oauth2.Token{AccessToken: fmt.Sprint("t", min(n, 2))}, nil
	})
	assertToken(t, c, "", "t1")
	assertToken(t, c, "t1", "t2")
	assertToken(t, c, "", "t2")
	// Who comes late with the same complaint gets the renewed one.
	assertToken(t, c, "t1", "t2")
	// From here on the endpoint has no other to give.
	if token, err := c.Token(t.Context(), "t2"); token != "" || !errors.Is(err, ErrCredential) {
		t.Errorf("the token that was refused came back: %q, %v", token, err)
	}
}

// TestClientCredentialsFlightHasLanded: who has found no token that will do, and comes
// to the flight after it has landed, takes what it has brought.
func TestClientCredentialsFlightHasLanded(t *testing.T) {
	t.Parallel()
	c := credentialOf(nil, func(n int) (*oauth2.Token, error) {
		return &oauth2.Token{AccessToken: fmt.Sprint("t", n)}, nil // which never expires
	})
	c.token, c.renewAt = "expired", time.Unix(1_700_000_000, 0)
	first := true
	c.now = func() time.Time {
		if first {
			first = false
			c.mu.Unlock() // held by who asks for the time
			defer c.mu.Lock()
			assertToken(t, c, "", "t1")
		}
		return time.Unix(1_700_000_000, 0)
	}
	assertToken(t, c, "", "t1")
}

func TestClientCredentialsWaiterGoesAway(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	arrived, release := make(chan struct{}, 2), make(chan struct{})
	c := tokenEndpoint(t, func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		arrived <- struct{}{}
		<-release
		answerToken(w, "t")
	})
	// The one who goes away is the one whose request made the gateway ask.
	ctx, goAway := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() {
		_, err := c.Token(ctx, "")
		gone <- err
	}()
	<-arrived
	var others sync.WaitGroup
	for range 5 {
		others.Go(func() { assertToken(t, c, "", "t") })
	}
	goAway()
	if err := <-gone; !errors.Is(err, ErrCredential) || !errors.Is(err, context.Canceled) {
		t.Errorf("who went away got %v", err)
	}
	close(release)
	others.Wait()
	if n := requests.Load(); n != 1 {
		t.Errorf("%d token requests, want 1", n)
	}
}

func TestClientCredentialsTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		c := &ClientCredentials{now: time.Now, fetch: func(ctx context.Context) (*oauth2.Token, error) {
			<-ctx.Done()
			return nil, &url.Error{Op: "Post", URL: "https://auth.example.org/token", Err: ctx.Err()}
		}}
		_, err := c.Token(t.Context(), "")
		if !errors.Is(err, ErrCredential) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want %v", err, context.DeadlineExceeded)
		}
		if waited := time.Since(begin); waited != fetchTimeout {
			t.Errorf("gave up after %s, want %s", waited, fetchTimeout)
		}
	})
}

func TestClientCredentialsErrors(t *testing.T) {
	t.Parallel()
	const private = "what the endpoint says"
	for _, test := range []struct {
		name, contentType string
		status            int
		body, want        string
	}{
		{"oauth error", "application/json", 401, `{"error":"invalid_client","error_description":"` + private + `"}`, "401 invalid_client"},
		{"prose for a code", "application/json", 400, `{"error":"` + private + " " + testSecret + `"}`, "answered 400"},
		{"error with 200", "application/json", 200, `{"error":"invalid_scope","error_description":"` + private + `"}`, "200 invalid_scope"},
		{"form", "application/x-www-form-urlencoded", 400, "error=invalid_grant&error_description=" + url.QueryEscape(private), "400 invalid_grant"},
		{"page", "text/html", 500, "<html>" + private + testSecret, "answered 500"},
		{"no token", "application/json", 200, `{"hint":"` + private + `"}`, "not a token"},
		{"not JSON", "application/json", 200, private, "not a token"},
		{"a number for a token", "application/json", 200, `{"access_token":31415926535}`, "not a token"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int32
			c := tokenEndpoint(t, func(w http.ResponseWriter, _ *http.Request) {
				if requests.Add(1) > 1 {
					answerToken(w, "t")
					return
				}
				w.Header().Set("Content-Type", test.contentType)
				w.WriteHeader(test.status)
				_, _ = w.Write([]byte(test.body))
			})
			token, err := c.Token(t.Context(), "")
			if token != "" || !errors.Is(err, ErrCredential) {
				t.Fatalf("token %q, %v", token, err)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %q does not say %q", err, test.want)
			}
			for _, s := range []string{private, url.QueryEscape(private), testSecret, url.QueryEscape(testSecret), "31415926535"} {
				if strings.Contains(err.Error(), s) {
					t.Errorf("error %q has %q in it", err, s)
				}
			}
			if n := requests.Load(); n != 1 {
				t.Errorf("%d token requests, want 1", n)
			}
			assertToken(t, c, "", "t") // an error is not kept
		})
	}
}

func TestClientCredentialsUnreachable(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	_, err := NewClientCredentials(server.URL, testID, testSecret, nil).Token(t.Context(), "")
	if !errors.Is(err, ErrCredential) || !strings.Contains(err.Error(), "refused") {
		t.Errorf("error %v does not tell why", err)
	}
	if strings.Contains(err.Error(), testSecret) {
		t.Errorf("error %q has the secret in it", err)
	}
}

func TestClientCredentialsRedirect(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		t.Error("the redirect was followed")
		answerToken(w, "stolen")
	}))
	t.Cleanup(elsewhere.Close)
	for _, status := range []int{301, 302, 303, 307, 308} {
		c := tokenEndpoint(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, status)
		})
		if token, err := c.Token(t.Context(), ""); token != "" || !errors.Is(err, ErrCredential) {
			t.Errorf("%d: token %q, %v", status, token, err)
		}
	}
}
