package token

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"
)

const (
	// refreshInterval is how often the set is fetched without being asked to,
	// give or take a tenth, so that many gateways do not come at once.
	refreshInterval = 15 * time.Minute

	// unknownKeyInterval is how often a token of an unknown key may cause a fetch.
	// Anyone can make up a kid, or a signature where keys have no names; without the
	// bound each would be a request to the issuer.
	unknownKeyInterval = 10 * time.Second

	// retryInterval is the pause after a failed fetch: the first one of the
	// background, which doubles it each time, and the one of requests, as long as
	// there are no keys at all.
	retryInterval = 5 * time.Second
)

// RemoteJWKS is a key set behind a URL. It is fetched in the background by
// [RemoteJWKS.Start], kept while its server is down, and fetched ahead of time
// when a token names an unknown key, or names none and the keys do not verify it.
// Until the first success, and before Start, its tokens are ErrUnavailable; so are
// those that would have it fetched ahead of time as long as the last fetch has
// failed, since the key may be a new one.
type RemoteJWKS struct {
	url     string
	client  *http.Client
	now     func() time.Time
	onError func(error)

	current atomic.Pointer[keySet]
	flight  singleflight.Group

	mu sync.Mutex
	// A context in a struct, because a fetch serves all who wait for it: with the
	// context of the request that happened to be first, one caller who hangs up
	// would fail the others.
	lifecycle   context.Context
	lastFailure time.Time // of any fetch; zero after a success
	lastUnknown time.Time // fetch because of an unknown key
}

// NewRemoteJWKS prepares the key set without fetching it. The address has to be
// https, or http on a loopback host: whoever can change the set on its way can
// issue tokens. The client may be nil; only its Transport is used. A nil now
// means time.Now. onError, which may be nil, hears of every fetch that failed,
// and of keys that were left out because they are private or symmetric.
func NewRemoteJWKS(address string, client *http.Client, now func() time.Time, onError func(error)) (*RemoteJWKS, error) {
	u, err := url.Parse(address)
	if err != nil {
		// Not wrapped: url.Error quotes the address, which may hold a password.
		return nil, errors.New("key set address: not a URL")
	}
	if err := checkAddress(u); err != nil {
		return nil, fmt.Errorf("key set address: %w", err)
	}
	if now == nil {
		now = time.Now
	}
	if onError == nil {
		onError = func(error) {}
	}
	return &RemoteJWKS{url: u.String(), client: fetchClient(client), now: now, onError: onError}, nil
}

// Start begins to fetch, at once and then until ctx is done. It returns
// immediately, and is to be called once.
func (r *RemoteJWKS) Start(ctx context.Context) {
	r.mu.Lock()
	r.lifecycle = ctx
	r.mu.Unlock()
	go r.run(ctx)
}

func (r *RemoteJWKS) run(ctx context.Context) {
	retry := retryInterval
	for {
		wait := refreshInterval + rand.N(refreshInterval/5) - refreshInterval/10 //nolint:gosec // jitter
		if _, err, _ := r.flight.Do("", func() (any, error) { return nil, r.fetch(ctx) }); err != nil {
			wait = retry
			retry = min(2*retry, refreshInterval)
		} else {
			retry = retryInterval
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

func (*RemoteJWKS) algorithms() []string { return asymmetricAlgorithms }

func (r *RemoteJWKS) keys(ctx context.Context, kid string) (*keySet, error) {
	if set := r.current.Load(); set != nil && (kid == "" || set.knows(kid)) {
		return set, nil
	}

	if err := r.lookFurther(ctx); err != nil {
		return nil, err
	}
	set := r.current.Load()
	if set == nil || !set.knows(kid) && r.failing() {
		return nil, errNoKeys
	}
	return set, nil
}

func (r *RemoteJWKS) newer(ctx context.Context, than *keySet) (*keySet, error) {
	if set := r.current.Load(); set != than {
		return set, nil // somebody else has found out meanwhile
	}
	if err := r.lookFurther(ctx); err != nil {
		return nil, err
	}
	if r.failing() {
		return nil, errNoKeys
	}
	return r.current.Load(), nil
}

// lookFurther fetches the set if it is due, or waits for who does.
func (r *RemoteJWKS) lookFurther(ctx context.Context) error {
	r.mu.Lock()
	lifecycle := r.lifecycle
	r.mu.Unlock()
	if lifecycle == nil {
		return errNoKeys
	}
	done := r.flight.DoChan("", func() (any, error) { return nil, r.fetchIfDue(lifecycle) })
	select {
	case <-ctx.Done():
		return errNoKeys
	case <-done:
		return nil
	}
}

// failing tells whether the last fetch failed.
func (r *RemoteJWKS) failing() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.lastFailure.IsZero()
}

// fetchIfDue is fetch at the rate that requests may cause. The decision is made
// inside the flight, so that those who come while a fetch is under way wait for
// its outcome, and those who come after it do not start another.
func (r *RemoteJWKS) fetchIfDue(ctx context.Context) error {
	now := r.now()
	r.mu.Lock()
	due := now.Sub(r.lastFailure) >= retryInterval
	if r.current.Load() != nil {
		due = now.Sub(r.lastUnknown) >= unknownKeyInterval
		if due {
			r.lastUnknown = now
		}
	}
	r.mu.Unlock()
	if !due {
		return errNotDue
	}
	return r.fetch(ctx)
}

// fetch replaces the current set, or reports why it could not.
func (r *RemoteJWKS) fetch(ctx context.Context) error {
	set, err := download(ctx, r.client, r.url)
	if set != nil {
		r.current.Store(set)
	}
	if ctx.Err() != nil {
		return ctx.Err() // stopped; nobody wants to hear of it
	}

	var failed time.Time
	if set == nil {
		failed = r.now()
	}
	r.mu.Lock()
	r.lastFailure = failed
	r.mu.Unlock()

	if err != nil {
		r.onError(fmt.Errorf("key set: %w", err))
	}
	if set == nil {
		return err
	}
	return nil
}

var (
	errNoKeys = refuse(ErrUnavailable, "the token cannot be verified at the moment")
	errNotDue = errors.New("fetched or tried too recently")
)

var _ KeySource = (*RemoteJWKS)(nil)
