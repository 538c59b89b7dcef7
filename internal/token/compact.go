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
	signed    string // the first two parts as they came
	signature string
}

var errCompact = errors.New("not three base64url parts")

// strictBase64 refuses padding and non-zero trailing bits, so that one token
// has one spelling, and so one fingerprint.
var strictBase64 = base64.RawURLEncoding.Strict()

// readCompact reads a token without looking at its signature's value.
func readCompact(raw string) (compact, error) {
	// encoding/base64 skips line breaks, which would make a second spelling.
	if len(raw) > MaxLength || strings.IndexByte(raw, '\r') >= 0 || strings.IndexByte(raw, '\n') >= 0 {
		return compact{}, errCompact
	}
	first, rest, _ := strings.Cut(raw, ".")
	second, third, _ := strings.Cut(rest, ".")
	if first == "" || second == "" || third == "" {
		return compact{}, errCompact
	}

	// The usual token fits here. What is kept of it is one string.
	var usual [1 << 10]byte
	room := usual[:]
	if need := strictBase64.DecodedLen(len(raw)); need > len(room) {
		room = make([]byte, need)
	}
	end := 0
	var ends [3]int
	for i, part := range [...]string{first, second, third} {
		// A fourth part comes with a dot in the third, which is no base64url.
		n, err := strictBase64.Decode(room[end:], []byte(part))
		if err != nil {
			return compact{}, errCompact
		}
		end += n
		ends[i] = end
	}
	decoded := string(room[:end])

	header, err := readObject(decoded[:ends[0]])
	if err != nil {
		return compact{}, err
	}
	claims, err := readObject(decoded[ends[0]:ends[1]])
	if err != nil {
		return compact{}, err
	}
	return compact{
		header: header, claims: claims,
		signed: raw[:len(first)+len(".")+len(second)], signature: decoded[ends[1]:],
	}, nil
}
