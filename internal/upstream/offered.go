package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

const (
	offeredTimeout = 10 * time.Second
	offeredRetry   = 5 * time.Second // after a failure, doubled each time up to Refresh
	maxOffered     = 4 << 20         // bytes: a realm with 14,900 scopes has 0.4 MiB
)

// OfferedScopes reads which scopes an authorization server offers, in the
// background: scopes_supported of its metadata (RFC 8414 section 2, OpenID
// Connect Discovery section 3).
type OfferedScopes struct {
	// URL is where the metadata are.
	URL string
	// Refresh is how often they are read, give or take a tenth.
	Refresh time.Duration
	// Use is told what was read, each time.
	Use func(scopes []string)
	// Failed is told each time that it could not be. What was read before stays.
	Failed func(error)
}

// Run reads until ctx is done, the first time at once.
func (o *OfferedScopes) Run(ctx context.Context) {
	retry := offeredRetry
	for {
		wait := o.Refresh + rand.N(o.Refresh/5+1) - o.Refresh/10 //nolint:gosec // jitter
		scopes, err := o.read(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			o.Failed(err)
			wait = min(retry, o.Refresh)
			retry = min(2*retry, o.Refresh)
		default:
			o.Use(scopes)
			retry = offeredRetry
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

func (o *OfferedScopes) read(ctx context.Context) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, offeredTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, o.URL, nil)
	if err != nil {
		return nil, errors.New("not a URL")
	}
	request.Header.Set("Accept", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		if wrapper, ok := errors.AsType[*url.Error](err); ok {
			err = wrapper.Err // without the address, which may have a secret in its query
		}
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxOffered+1))
	switch {
	case err != nil:
		return nil, err
	case len(body) > maxOffered:
		return nil, fmt.Errorf("longer than %d bytes", maxOffered)
	}
	document, err := registration.Decode(body)
	if err != nil {
		return nil, errors.New("not a JSON object")
	}
	scopes, ok := document.Strings("scopes_supported")
	if !ok || len(scopes) == 0 {
		// A server that says nothing of its scopes has not said that it has none.
		return nil, errors.New("there are no scopes_supported")
	}
	return scopes, nil
}
