package token

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
)

// KeySource provides the keys of a [JWT] verifier. [StaticSecret], [StoredJWKS]
// and [RemoteJWKS] are all there are.
type KeySource interface {
	// algorithms lists what the keys may verify: the default allow-list, and the
	// bound of one that is configured.
	algorithms() []string

	// keys returns the current keys. The kid is the one that is going to be
	// looked for, "" if none; a source may look further when it does not know it.
	// The error wraps ErrUnavailable.
	keys(ctx context.Context, kid string) (*keySet, error)

	// newer returns the keys that there are after those that did not verify a
	// token whose key has no name; the same ones if there are none. The error wraps
	// ErrUnavailable.
	newer(ctx context.Context, than *keySet) (*keySet, error)
}

type staticKeys struct {
	set *keySet
}

// StaticSecret is a secret shared with the issuer, for the HMAC algorithms whose
// hash it is not shorter than. A secret of less than 32 bytes suits none of them
// and is an error. Having no name, it answers to any kid.
func StaticSecret(secret []byte) (KeySource, error) {
	algs := algorithmsOf(secret)
	if len(algs) == 0 {
		return nil, fmt.Errorf("a shared secret needs at least %d bytes, has %d", hmacKeySize["HS256"], len(secret))
	}
	return staticKeys{&keySet{[]verificationKey{{algorithms: algs, material: newSecret(bytes.Clone(secret))}}}}, nil
}

// StoredJWKS are public keys that somebody keeps, in a file. They can be replaced
// while they are used.
type StoredJWKS struct {
	current atomic.Pointer[keySet]
}

// NewStoredJWKS reads public keys: a JWKS (RFC 7517 section 5), a single JWK, or
// public keys or certificates in PEM, of which only the key counts. Private and
// symmetric keys are an error, as is a set without any usable key.
func NewStoredJWKS(data []byte) (*StoredJWKS, error) {
	s := new(StoredJWKS)
	return s, s.Replace(data)
}

// Replace puts other keys in the place of those there are. On an error, which is
// one of [NewStoredJWKS]'s, they stay.
func (s *StoredJWKS) Replace(data []byte) error {
	parse := parseJWKS
	if bytes.Contains(data, []byte("-----BEGIN ")) {
		parse = parsePEM
	}
	set, err := parse(data)
	if err != nil {
		return fmt.Errorf("reading key set: %w", err)
	}
	if len(set.keys) == 0 {
		return errors.New("reading key set: it has no key that can verify signatures")
	}
	s.current.Store(set)
	return nil
}

func (s *StoredJWKS) algorithms() []string { return s.current.Load().algorithms() }

func (s *StoredJWKS) keys(context.Context, string) (*keySet, error) { return s.current.Load(), nil }

func (s *StoredJWKS) newer(context.Context, *keySet) (*keySet, error) { return s.current.Load(), nil }

func (s staticKeys) algorithms() []string { return s.set.algorithms() }

func (s staticKeys) keys(context.Context, string) (*keySet, error) { return s.set, nil }

func (s staticKeys) newer(context.Context, *keySet) (*keySet, error) { return s.set, nil }

// Interface guards
var (
	_ KeySource = staticKeys{}
	_ KeySource = (*StoredJWKS)(nil)
)
