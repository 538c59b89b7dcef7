package token

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"sync"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"
)

// verifies tells whether a signature of what is signed is the key's, by one of the
// key's algorithms.
//
// jws.Verify would take the token apart a second time. What is signed is the first
// two parts as they came; the claims are the ones that those hold, because base64
// was read strictly.
func (k *verificationKey) verifies(alg, signed, signature string) bool {
	if s, ok := k.material.(*secret); ok {
		return s.verifies(alg, signed, signature)
	}
	verifier, err := jws.NewVerifier(jwa.SignatureAlgorithm(alg))
	return err == nil && verifier.Verify([]byte(signed), []byte(signature), k.material) == nil
}

// secret makes the HMACs of a shared secret (RFC 7518 section 3.2), by the standard
// library alone: jwx begins each with the secret, which takes three times as long
// as what follows, 1.4 us and 800 bytes instead of 0.4 us and none.
type secret struct {
	macs map[string]*sync.Pool // of *mac, by algorithm
}

// mac begins where the secret has been hashed. It has room for what goes through
// the interface, and would be allocated for that.
type mac struct {
	hash.Hash
	input [1 << 9]byte
	sum   [sha512.Size]byte
}

var hmacHashes = map[string]func() hash.Hash{"HS256": sha256.New, "HS384": sha512.New384, "HS512": sha512.New}

func newSecret(key []byte) *secret {
	s := &secret{macs: make(map[string]*sync.Pool, len(hmacHashes))}
	for alg, newHash := range hmacHashes {
		s.macs[alg] = &sync.Pool{New: func() any { return &mac{Hash: hmac.New(newHash, key)} }}
	}
	return s
}

func (s *secret) verifies(alg, signed, signature string) bool {
	macs := s.macs[alg]
	m := macs.Get().(*mac)
	defer macs.Put(m)
	m.Reset()
	for len(signed) > 0 {
		n := copy(m.input[:], signed)
		m.Write(m.input[:n])
		signed = signed[n:]
	}
	return hmac.Equal(m.Sum(m.sum[:0]), []byte(signature))
}
