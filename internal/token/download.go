package token

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

const (
	downloadTimeout = 10 * time.Second
	maxJWKSLength   = 1 << 20
	maxRedirects    = 3
)

// download fetches a key set once. A set may come together with an error about
// keys that were left out of it.
func download(ctx context.Context, client *http.Client, address string) (*keySet, error) {
	ctx, cancel := context.WithTimeout(ctx, downloadTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/jwk-set+json, application/json")

	resp, err := client.Do(req)
	if err != nil {
		// The url.Error around the cause quotes the address with its query, which
		// may be a secret.
		if wrapper, ok := errors.AsType[*url.Error](err); ok {
			err = wrapper.Err
		}
		return nil, fmt.Errorf("fetching from %s: %w", req.URL.Host, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetching from %s: status %d", req.URL.Host, resp.StatusCode)
	}

	body, err := io.ReadAll(io.LimitReader(resp.Body, maxJWKSLength+1))
	if err != nil {
		return nil, fmt.Errorf("fetching from %s: %w", req.URL.Host, err)
	}
	if len(body) > maxJWKSLength {
		return nil, fmt.Errorf("fetching from %s: longer than %d bytes", req.URL.Host, maxJWKSLength)
	}
	set, err := parseJWKS(body)
	if err != nil {
		return set, fmt.Errorf("reading from %s: %w", req.URL.Host, err)
	}
	return set, nil
}

// fetchClient is a client with the transport of another, no cookies, and
// redirects only within one origin: another host has not been trusted with our
// keys, and http is no place for them.
func fetchClient(from *http.Client) *http.Client {
	client := &http.Client{
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if req.URL.Scheme != via[0].URL.Scheme || req.URL.Host != via[0].URL.Host {
				return errors.New("redirected to another origin")
			}
			if len(via) > maxRedirects {
				return errors.New("redirected too often")
			}
			return nil
		},
	}
	if from != nil {
		client.Transport = from.Transport
	}
	return client
}

func checkAddress(u *url.URL) error {
	switch {
	case u.Hostname() == "":
		return errors.New("it has no host")
	case u.User != nil:
		return errors.New("it must not hold a user name or password")
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && isLoopback(u.Hostname()):
		return nil
	default:
		return errors.New("it has to be https, or http on a loopback host")
	}
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
