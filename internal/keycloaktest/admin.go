package keycloaktest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// admin speaks Keycloak's admin REST API as the master realm's administrator.
type admin struct {
	// url is where the server listens.
	url string
	// public is the address that the requests claim to have come through, nil
	// for the server's own.
	public *url.URL
	// now judges the token's expiry.
	now func() time.Time

	mu      sync.Mutex
	token   string
	renewAt time.Time
}

func newAdmin(serverURL string, public *url.URL) *admin {
	return &admin{url: serverURL, public: public, now: time.Now}
}

// do sends a JSON request and decodes the JSON reply into the result unless
// that is nil. It returns the reply's Location. Every status but 2xx is an error.
func (a *admin) do(ctx context.Context, method, path string, body, result any) (location string, err error) {
	token, err := a.bearer(ctx)
	if err != nil {
		return "", err
	}
	var content io.Reader = http.NoBody
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return "", err
		}
		content = bytes.NewReader(encoded)
	}
	request, err := a.request(ctx, method, path, content)
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	return roundTrip(request, result)
}

// bearer returns an administrator's access token, a new one when the last is
// in the final third of its life (60 seconds, by default).
func (a *admin) bearer(ctx context.Context) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.now().Before(a.renewAt) {
		return a.token, nil
	}
	asked := a.now()
	token, lifetime, err := a.grant(ctx, "master", url.Values{
		"grant_type": {"password"},
		"client_id":  {"admin-cli"},
		"username":   {adminUser},
		"password":   {adminPassword},
	})
	if err != nil {
		return "", err
	}
	a.token, a.renewAt = token, asked.Add(lifetime*2/3)
	return token, nil
}

// grant asks a realm's token endpoint for an access token.
func (a *admin) grant(ctx context.Context, realm string, form url.Values) (string, time.Duration, error) {
	request, err := a.request(ctx, http.MethodPost,
		"/realms/"+url.PathEscape(realm)+"/protocol/openid-connect/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", 0, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var reply struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"`
	}
	if _, err := roundTrip(request, &reply); err != nil {
		return "", 0, err
	}
	return reply.AccessToken, time.Duration(reply.ExpiresIn) * time.Second, nil
}

// request builds a request that looks as if it came through the public address.
func (a *admin) request(ctx context.Context, method, path string, body io.Reader) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, method, a.url+path, body)
	if err != nil {
		return nil, err
	}
	if a.public != nil {
		request.Host = a.public.Host
		request.Header.Set("X-Forwarded-Proto", a.public.Scheme)
		request.Header.Set("X-Forwarded-Host", a.public.Host)
	}
	return request, nil
}

// client takes no proxy from the environment, and leaves no idle connection
// whose goroutines a caller's leak check would count.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

func roundTrip(request *http.Request, result any) (location string, err error) {
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return "", err
	}
	if response.StatusCode/100 != 2 {
		return "", fmt.Errorf("%s %s: %s: %s", request.Method, request.URL.Path, response.Status, body)
	}
	if result != nil {
		if err := json.Unmarshal(body, result); err != nil {
			return "", fmt.Errorf("%s %s: %w", request.Method, request.URL.Path, err)
		}
	}
	return response.Header.Get("Location"), nil
}
