package token

import (
	"encoding/base64"
	"errors"
	"strings"
)

// compact is a JWT in JWS compact serialisation (RFC 7515 section 7.1), read
// strictly and not verified.
type compact struct {
	header    object
	claims    object
	signature []byte
}

var errCompact = errors.New("not three base64url parts")

// strictBase64 refuses padding and non-zero trailing bits, so that one token
// has one spelling, and so one fingerprint.
var strictBase64 = base64.RawURLEncoding.Strict()

// readCompact reads a token without looking at its signature's value.
func readCompact(raw string) (compact, error) {
	// encoding/base64 skips line breaks, which would make a second spelling.
	if len(raw) > MaxLength || strings.ContainsAny(raw, "\r\n") {
		return compact{}, errCompact
	}
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return compact{}, errCompact
	}

	var decoded [3][]byte
	for i, part := range parts {
		data, err := strictBase64.DecodeString(part)
		if err != nil || len(data) == 0 {
			return compact{}, errCompact
		}
		decoded[i] = data
	}

	header, err := readObject(decoded[0])
	if err != nil {
		return compact{}, err
	}
	claims, err := readObject(decoded[1])
	if err != nil {
		return compact{}, err
	}
	return compact{header: header, claims: claims, signature: decoded[2]}, nil
}
