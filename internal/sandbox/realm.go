package sandbox

import (
	"crypto/rand"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/google/uuid"
)

// capacity bounds the clients and the initial access tokens of one realm, each,
// so that a forgotten sandbox does not eat the machine.
const capacity = 10_000

// realms holds the state of every realm in use, by name. During a reload the new
// handler provisions before the old one is cleaned up, so a realm that is in both
// configurations is never let go.
var realms = caddy.NewUsagePool()

// realm is what has to outlive a reload: the key that tokens are signed with, and
// what they give access to. A client in it is never changed, only replaced.
type realm struct {
	key   []byte
	keyID string

	mu      sync.Mutex
	clients map[string]*client
	initial map[string]initialAccess
}

// initialAccess is the stored half of an initial access token.
type initialAccess struct {
	ID         string
	Timestamp  int64
	Expiration int64 // seconds after Timestamp; 0 means never
	Count      int
	Remaining  int
}

func (a initialAccess) expiresAt() int64 {
	if a.Expiration == 0 {
		return 0
	}
	return a.Timestamp + a.Expiration
}

// usable says why the token opens nothing any more, if so.
func (a initialAccess) usable(now time.Time) error {
	if a.Remaining <= 0 {
		return errNoRemainingCount
	}
	if end := a.expiresAt(); end != 0 && end <= now.Unix() {
		return errInitialAccessExpired
	}
	return nil
}

func acquireRealm(name string) (*realm, error) {
	state, _, err := realms.LoadOrNew(name, func() (caddy.Destructor, error) { return newRealm(), nil })
	if err != nil {
		return nil, err
	}
	return state.(*realm), nil
}

func releaseRealm(name string) error {
	_, err := realms.Delete(name)
	return err
}

func newRealm() *realm {
	key := make([]byte, 64) // the size of a SHA-512 digest
	rand.Read(key)          // never fails: the process ends instead
	return &realm{
		key:     key,
		keyID:   uuid.NewString(),
		clients: make(map[string]*client),
		initial: make(map[string]initialAccess),
	}
}

// Destruct does nothing: the state is memory and goes with its last holder.
func (*realm) Destruct() error { return nil }

func (s *realm) addInitialAccess(a initialAccess) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.initial) >= capacity {
		return errFull
	}
	s.initial[a.ID] = a
	return nil
}

func (s *realm) initialAccess(id string) (initialAccess, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.initial[id]
	return a, ok
}

// spend stores a client and takes a use of the initial access token that vouched
// for it, if one did: both or neither. The use is checked again, because another
// request may have taken the last one since this one was admitted.
func (s *realm) spend(initialID string, c *client, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.clients) >= capacity {
		return errFull
	}
	if s.clients[c.id] != nil {
		return errClientIDInUse // only the provider "default" lets clients choose
	}
	if initialID != "" {
		a, ok := s.initial[initialID]
		if !ok {
			return errInitialAccessNotFound
		}
		if err := a.usable(now); err != nil {
			return err
		}
		a.Remaining--
		s.initial[initialID] = a
	}
	s.clients[c.id] = c
	return nil
}

// client finds a client by its identifier and its current registration access
// token's; nil if either is unknown.
func (s *realm) client(id, tokenID string) *client {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held(id, tokenID)
}

// replace puts c in the place of the client of the same identifier, unless its
// registration access token has changed meanwhile.
func (s *realm) replace(tokenID string, c *client) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held(c.id, tokenID) == nil {
		return false
	}
	s.clients[c.id] = c
	return true
}

func (s *realm) remove(id, tokenID string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held(id, tokenID) == nil {
		return false
	}
	delete(s.clients, id)
	return true
}

func (s *realm) held(id, tokenID string) *client {
	if c := s.clients[id]; c != nil && c.tokenID == tokenID {
		return c
	}
	return nil
}

// Interface guards
var _ caddy.Destructor = (*realm)(nil)
