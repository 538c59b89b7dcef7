package token

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/lestrrat-go/jwx/v2/jwk"
)

// verificationKey is a key ready for use: parsed once, when its set arrives, not
// at each verification.
type verificationKey struct {
	id         string   // kid, "" if it has none
	algorithms []string // what it may verify, never empty
	material   any      // *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey or *secret
}

// keySet is immutable. It may be empty: an issuer that publishes no keys has
// withdrawn them all.
type keySet struct {
	keys []verificationKey
}

// knows tells whether the set can say which key a kid means. A key that came
// without a name, alone, answers to any: that is a secret or a PEM file.
func (s *keySet) knows(kid string) bool {
	return s.soleNameless() || slices.ContainsFunc(s.keys, func(k verificationKey) bool { return k.id == kid })
}

func (s *keySet) soleNameless() bool {
	return len(s.keys) == 1 && s.keys[0].id == ""
}

// byName tells whether a kid is what chooses among the keys. Where it is not, a
// token that they do not verify may be of a key that has come after them: the issuer
// has no other way to say so.
func (s *keySet) byName(kid string) bool { return kid != "" && !s.soleNameless() }

// find appends the keys to try: with a kid those that bear it (RFC 7517
// section 4.5 lets keys share one), without a kid the only one there is. It
// never tries all keys: the issuer says which one, or has just one.
func (s *keySet) find(kid, alg string, fitting []*verificationKey) ([]*verificationKey, error) {
	named := false
	for i := range s.keys {
		k := &s.keys[i]
		if k.id != kid && s.byName(kid) {
			continue
		}
		named = true
		if slices.Contains(k.algorithms, alg) {
			fitting = append(fitting, k)
		}
	}
	switch {
	case kid != "" && !named:
		return nil, refuse(ErrInvalid, "the token names an unknown key")
	case len(fitting) == 0:
		return nil, refuse(ErrInvalid, "the token's algorithm does not suit the key")
	case kid == "" && len(fitting) > 1:
		return nil, refuse(ErrInvalid, "the token does not name its key")
	}
	return fitting, nil
}

// algorithms lists what the keys of the set may verify.
func (s *keySet) algorithms() []string {
	var all []string
	for _, k := range s.keys {
		all = append(all, k.algorithms...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// The library's errors are not wrapped: they quote their input, and a file that
// was meant to be public may hold anything.
var (
	errNotJWKS = errors.New("not a JSON Web Key Set")
	errNotPEM  = errors.New("not PEM encoded public keys")
	errPrivate = errors.New("it holds a private or symmetric key, which does not belong in a public key set")
)

// readKeySet keeps the public signature keys of a JWKS and leaves out all others:
// keys for encryption, of unknown types, too small; and private or symmetric
// ones, which also make it return errPrivate beside the set. For one key that
// cannot be read the others need not suffer (post-quantum keys will come).
func readKeySet(parsed jwk.Set) (*keySet, error) {
	set := new(keySet)
	var private error
	for i := range parsed.Len() {
		key, _ := parsed.Key(i)
		var material any
		if err := key.Raw(&material); err != nil {
			continue
		}
		switch material.(type) {
		case *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey:
		case *rsa.PrivateKey, *ecdsa.PrivateKey, ed25519.PrivateKey, []byte:
			private = errPrivate
			continue
		default:
			continue
		}
		if algs := usableAlgorithms(key, material); len(algs) > 0 {
			set.keys = append(set.keys, verificationKey{id: key.KeyID(), algorithms: algs, material: material})
		}
	}
	return set, private
}

// usableAlgorithms narrows the algorithms of a key by what its JWK says: use and
// key_ops must not speak against signatures, and alg pins one.
func usableAlgorithms(key jwk.Key, material any) []string {
	if use := key.KeyUsage(); use != "" && use != "sig" {
		return nil
	}
	if ops := key.KeyOps(); len(ops) > 0 && !slices.Contains(ops, jwk.KeyOpVerify) {
		return nil
	}
	algs := algorithmsOf(material)
	if alg := key.Algorithm().String(); alg != "" {
		if !slices.Contains(algs, alg) {
			return nil
		}
		return []string{alg}
	}
	return algs
}

func parseJWKS(data []byte) (*keySet, error) {
	// jwk.Parse by itself takes the last of two equal members and does not look
	// at what comes behind the set.
	if !jsontext.Value(data).IsValid() {
		return nil, errNotJWKS
	}
	parsed, err := jwk.Parse(data, jwk.WithIgnoreParseError(true))
	if err != nil {
		return nil, errNotJWKS
	}
	return readKeySet(parsed)
}

func parsePEM(data []byte) (*keySet, error) {
	parsed, err := jwk.Parse(data, jwk.WithPEM(true))
	if err != nil {
		return nil, errNotPEM
	}
	return readKeySet(parsed)
}
