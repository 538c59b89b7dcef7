package token

import (
	"crypto/sha256"
	"encoding/hex"
)

// Fingerprint is the name of a token in logs: the first 16 hex digits of its
// SHA-256. Enough to follow one token through a log, useless for presenting it.
func Fingerprint(raw string) string {
	sum := sha256.Sum256([]byte(raw))
	return hex.EncodeToString(sum[:8])
}
