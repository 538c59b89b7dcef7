package upstream

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
	"golang.org/x/sync/singleflight"
)

// ErrCredential: the gateway has no valid credential of its own for the server
// (503). The caller's request was not sent.
var ErrCredential = errors.New("no credential for the authorization server")

// Credential is what the gateway itself presents to the server.
type Credential interface {
	// Token returns a token to present. rejected is the token that the server
	// just refused, "" otherwise: it is not returned again. An error wraps
	// ErrCredential.
	Token(ctx context.Context, rejected string) (string, error)
}

// Bearer is a credential that never changes.
type Bearer string

// Token returns the credential; one that the server refuses has no successor.
func (b Bearer) Token(_ context.Context, rejected string) (string, error) {
	if rejected == string(b) {
		return "", fmt.Errorf("%w: the server refuses the configured token", ErrCredential)
	}
	return string(b), nil
}

// ClientCredentials is a credential from a token endpoint (RFC 6749 section
// 4.4). It is fetched when first needed, kept, and renewed before it expires;
// however many requests wait, one token request is under way.
type ClientCredentials struct {
	fetch  func(context.Context) (*oauth2.Token, error)
	now    func() time.Time
	flight singleflight.Group

	mu      sync.Mutex
	token   string
	renewAt time.Time // zero: the token does not say when it expires
}

// renewBefore is how long before its expiry a token is no longer used: longer
// than a request takes, shorter than Keycloak's default lifetime of 60 s. A
// token that lives shorter is used for three quarters of its life.
const renewBefore = 15 * time.Second

// fetchTimeout bounds a token request.
const fetchTimeout = 10 * time.Second

// NewClientCredentials makes a credential from a client's id and secret. It
// does not touch the network.
func NewClientCredentials(endpoint, id, secret string, scopes []string) *ClientCredentials {
	config := &clientcredentials.Config{
		ClientID: id, ClientSecret: secret, TokenURL: endpoint, Scopes: scopes,
		// Left to find out, oauth2 sends everything a second time after any error,
		// with the secret in the body.
		AuthStyle: oauth2.AuthStyleInHeader,
	}
	client := &http.Client{
		// A token endpoint that redirects is not one: the secret would follow.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &ClientCredentials{
		now: time.Now,
		fetch: func(ctx context.Context) (*oauth2.Token, error) {
			return config.Token(context.WithValue(ctx, oauth2.HTTPClient, client))
		},
	}
}

// Token returns the current token, or fetches one.
func (c *ClientCredentials) Token(ctx context.Context, rejected string) (string, error) {
	if token := c.current(rejected); token != "" {
		return token, nil
	}
	// The flight is not any one caller's: who goes away must not fail the others.
	flight := c.flight.DoChan("token", func() (any, error) {
		if token := c.current(rejected); token != "" {
			return token, nil // another flight has just landed
		}
		fetching, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTimeout)
		defer cancel()
		token, err := c.fetch(fetching)
		if err != nil {
			return "", fmt.Errorf("%w: %w", ErrCredential, withoutBody(err))
		}
		c.keep(token)
		return token.AccessToken, nil
	})
	select {
	case result := <-flight:
		token, _ := result.Val.(string)
		if result.Err == nil && token == rejected {
			return "", fmt.Errorf("%w: the token endpoint gives out a token that the server refuses", ErrCredential)
		}
		return token, result.Err
	case <-ctx.Done():
		return "", fmt.Errorf("%w: %w", ErrCredential, context.Cause(ctx))
	}
}

// keep makes a fetched token the current one.
func (c *ClientCredentials) keep(token *oauth2.Token) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.token, c.renewAt = token.AccessToken, time.Time{}
	if !token.Expiry.IsZero() {
		c.renewAt = token.Expiry.Add(-min(renewBefore, token.Expiry.Sub(c.now())/4))
	}
}

// current is the token in hand, "" where there is none that will do.
func (c *ClientCredentials) current(rejected string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token == rejected || (!c.renewAt.IsZero() && !c.now().Before(c.renewAt)) {
		return ""
	}
	return c.token
}

// withoutBody keeps the token endpoint's reply out of the error: it may hold
// anything. Its status and OAuth code say enough.
func withoutBody(err error) error {
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		code := "with no OAuth error code"
		if slices.Contains(tokenErrors, refused.ErrorCode) {
			code = refused.ErrorCode
		}
		return fmt.Errorf("the token endpoint answered %d %s", refused.Response.StatusCode, code)
	}
	if unreached, ok := errors.AsType[*url.Error](err); ok {
		return unreached
	}
	return errors.New("the token endpoint's reply is not a token")
}

// tokenErrors are the codes of RFC 6749 section 5.2; any other text in their
// place is the endpoint's own.
var tokenErrors = []string{
	"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope",
}

// Interface guards
var (
	_ Credential = Bearer("")
	_ Credential = (*ClientCredentials)(nil)
)
