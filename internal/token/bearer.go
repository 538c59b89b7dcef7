package token

import (
	"net/http"
	"strings"
)

// MaxLength is the longest token that is looked at, in bytes.
const MaxLength = 8 << 10

// Bearer returns the token of the Authorization header (RFC 6750 section 2.1).
// The request's query and body are never looked at: tokens there end up in logs,
// and RFC 9700 section 4.3.2 is done with them.
//
// ErrMissing: no Authorization header, or one of another scheme.
// ErrMalformed: more than one header, an empty token, or one that is no b64token.
// ErrInvalid: longer than [MaxLength].
func Bearer(h http.Header) (string, error) {
	values := h.Values("Authorization")
	if len(values) == 0 {
		return "", errNoToken
	}
	// Choosing one of several would mean that this gateway and the server may
	// choose differently.
	if len(values) > 1 {
		return "", refuse(ErrMalformed, "more than one Authorization header")
	}

	scheme, raw, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", errNoToken
	}

	raw = strings.Trim(raw, " ")
	switch {
	case raw == "":
		return "", refuse(ErrMalformed, "the bearer token is empty")
	case len(raw) > MaxLength:
		return "", refuse(ErrInvalid, "the token is too long")
	case !IsB64Token(raw):
		return "", refuse(ErrMalformed, "the bearer token holds a character that is not allowed")
	}
	return raw, nil
}

// IsB64Token tells whether s can be a bearer token, a b64token (RFC 6750 section
// 2.1): one or more letters, digits or -._~+/ and then any number of "=".
func IsB64Token(s string) bool {
	body := strings.TrimRight(s, "=")
	for i := range len(body) {
		if !inB64Token[body[i]] {
			return false
		}
	}
	return body != ""
}

// inB64Token has the characters of a b64token. A table, because the characters of
// a token are as good as random: comparing has the processor guess wrong at every
// other one.
var inB64Token = func() (table [256]bool) {
	const characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/"
	for i := range len(characters) {
		table[characters[i]] = true
	}
	return table
}()
