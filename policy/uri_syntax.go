package policy

import "strings"

// The checks of this file are shared by the rules over redirect URIs and those
// over other URI members. Each returns one sentence on what is wrong, or "".

// checkAbsolute: RFC 3986 section 4.3, RFC 6749 section 3.1.2. For http and
// https that takes "//" and a host: "https:host" and "https:///path" are read
// as different hosts by different parsers.
func checkAbsolute(_ *finalDocument, u *uri) string {
	switch {
	case u.scheme == "":
		return "the URI is not absolute: it has no scheme"
	case u.web() && u.host == "":
		return "the URI has no host"
	}
	return ""
}

// checkCharacters: only what RFC 3986 section 2 lets stand in a URI, so that no
// two parsers take it apart differently: no space, control, backslash or
// character beyond ASCII, brackets only around an IPv6 address, and "%" only
// before two hexadecimal digits.
func checkCharacters(_ *finalDocument, u *uri) string {
	for i := range len(u.raw) {
		c := u.raw[i]
		if plainCharacters[c] {
			continue
		}
		switch {
		case c < ' ' || c == 0x7f:
			return "the URI contains a control character"
		case c >= 0x80:
			return "the URI contains a character beyond ASCII, which has to be percent-encoded (in a host: punycode)"
		case c != '%':
			return "the URI contains a character that RFC 3986 does not allow"
		}
		if _, ok := encodedByte(u.raw[i:]); !ok {
			return "the URI contains a percent sign that encodes nothing"
		}
	}
	if strings.Count(u.raw, "#") > 1 {
		return "the URI contains a second number sign"
	}
	for _, part := range [...]string{u.userinfo, u.path, u.query, u.fragment} {
		if strings.ContainsAny(part, "[]") {
			return "the URI contains a bracket outside of its host"
		}
	}
	return ""
}

// plainCharacters may stand in a URI by themselves (RFC 3986 section 2): reserved
// ones and unreserved ones.
var plainCharacters = func() (plain [256]bool) {
	for c := '!'; c <= '~'; c++ {
		plain[c] = !strings.ContainsRune("\"%<>\\^`{|}", c)
	}
	return plain
}()

// checkRequestFragment: a request URI may carry a hash of what it refers to
// (OpenID Connect Core section 6.2), but no empty fragment. Keycloak keeps lists
// as text joined by "##": "https://a/r##http://b" is two URIs to it, the second
// of which nobody has judged and it fetches (measured on 26.7.5). A number sign
// at the end would meet the separator's; a second one is no character of a URI.
func checkRequestFragment(_ *finalDocument, u *uri) string {
	if strings.HasSuffix(u.raw, "#") {
		return "the URI ends in an empty fragment"
	}
	return ""
}

// checkEncodedControl: "%0d%0a" ends a header where a server decodes before it
// redirects, "%00" a string.
func checkEncodedControl(_ *finalDocument, u *uri) string {
	for i := strings.IndexByte(u.raw, '%'); i >= 0 && i < len(u.raw); i++ {
		if b, ok := encodedByte(u.raw[i:]); ok && (b < ' ' || b == 0x7f) {
			return "the URI contains a percent-encoded control character"
		}
	}
	return ""
}

// checkDoubleEncoding: "%252e" is "%2e" after one decoding and "." after two,
// and how often a path is decoded differs from server to server. The digits may
// be encoded themselves: "%25%32%65".
func checkDoubleEncoding(_ *finalDocument, u *uri) string {
	for i := strings.IndexByte(u.raw, '%'); i >= 0 && i < len(u.raw); i++ {
		b, encoded := encodedByte(u.raw[i:])
		if !encoded || b != '%' {
			continue
		}
		first, n := decodedByte(u.raw[i+3:])
		second, _ := decodedByte(u.raw[i+3+n:])
		if isHex(first) && isHex(second) {
			return "the URI is percent-encoded twice"
		}
	}
	return ""
}

// checkDotSegments: a browser resolves them before it asks, a string comparison
// does not (RFC 3986 section 5.2.4). Encoded dots and separators count, and so
// does a path parameter behind the dots: "..;/" (Keycloak CVE-2024-1132,
// CVE-2026-3872).
func checkDotSegments(_ *finalDocument, u *uri) string {
	dots, other, parameter := 0, false, false
	end := func() bool { return !other && (dots == 1 || dots == 2) }
	for i := 0; i < len(u.path); {
		c, n := decodedByte(u.path[i:])
		i += n
		switch {
		case c == '/' || c == '\\':
			if end() {
				return "the URI's path contains a dot segment"
			}
			dots, other, parameter = 0, false, false
		case parameter:
		case c == ';':
			parameter = true
		case c == '.':
			dots++
		default:
			other = true
		}
	}
	if end() {
		return "the URI's path contains a dot segment"
	}
	return ""
}

// checkFragment: RFC 6749 section 3.1.2. An empty one is one, although most
// parsers lose it.
func checkFragment(_ *finalDocument, u *uri) string {
	if u.hasFragment {
		return "the URI has a fragment"
	}
	return ""
}

// checkUserinfo: RFC 9110 section 4.2.4. "https://good.example@evil.example" is
// made to be misread, and with more than one "@" java.net.URI finds no user
// information at all (Keycloak CVE-2026-7504).
func checkUserinfo(_ *finalDocument, u *uri) string {
	if u.hasUserinfo {
		return "the URI carries user information"
	}
	return ""
}

// checkWildcard: Keycloak takes a "*" in a registered URI as a pattern, for
// dynamically registered clients too (measured), and RFC 9700 section 2.1 wants
// exact comparison. "+" alone is Keycloak's "as the redirect URIs".
func checkWildcard(_ *finalDocument, u *uri) string {
	if strings.IndexByte(u.raw, '*') >= 0 || u.raw == "+" {
		return "the URI contains a wildcard"
	}
	return ""
}

// checkPort: RFC 3986 section 3.2.3 lets any digits, or none, stand behind the
// colon; parsers disagree on all but a plain number.
func checkPort(_ *finalDocument, u *uri) string {
	if _, ok := u.portNumber(); !ok {
		return "the URI's port is not a number from 1 to 65535"
	}
	return ""
}

// encodedByte returns the byte that the first three characters of s encode.
func encodedByte(s string) (byte, bool) {
	if len(s) < 3 || s[0] != '%' || !isHex(s[1]) || !isHex(s[2]) {
		return 0, false
	}
	return unhex(s[1])<<4 | unhex(s[2]), true
}

// decodedByte returns the byte that s begins with once it is decoded, and how many
// characters that takes: none of an empty string.
func decodedByte(s string) (b byte, characters int) {
	if s == "" {
		return 0, 0
	}
	if b, ok := encodedByte(s); ok {
		return b, 3
	}
	return s[0], 1
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isHex(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

func unhex(c byte) byte {
	if isDigit(c) {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}
