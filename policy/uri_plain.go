package policy

import "strings"

// plainHost is the host of a URI that is as nearly all are: https, a DNS name of
// the public internet in lower case, no port, a path of letters and digits, nothing
// behind it; "" of any other. None of the rules over URIs has anything to say of
// such a one, whatever member it is in, and its host is the same one to everybody:
// so it is recognised in one pass and passed over by all of them. What is not plain
// is not wrong, but looked at by each rule.
//
// A rule that is to refuse anything plain has to be known here too: FuzzPlainURI
// holds each of them against it.
func plainHost(s string) string {
	rest, ok := strings.CutPrefix(s, "https://")
	if !ok || len(s) > maxStored {
		return ""
	}
	i := strings.IndexByte(rest, '/')
	if i < 0 || !plainName(rest[:i]) || !plainPath(rest[i:]) {
		return ""
	}
	return rest[:i]
}

// plainName tells whether a host is a name with a domain, in lower case, without
// A-labels. Its last label begins with a letter, so no parser reads an address. It
// is not longer than a name may be, since the URI is not.
func plainName(host string) bool {
	start := 0 // of the label
	for i := range len(host) {
		switch c := host[i]; {
		case c == '.':
			if !plainLabel(host[start:i]) {
				return false
			}
			start = i + 1
		case c == '-' && i > 0 && host[i-1] == '-': // as in an A-label
			return false
		case c != '-' && !isDigit(c) && (c < 'a' || c > 'z'):
			return false
		}
	}
	last := host[start:]
	return start > 0 && plainLabel(last) && !isDigit(last[0]) && !isInternalName(host)
}

func plainLabel(s string) bool {
	return s != "" && len(s) <= maxLabel && s[0] != '-' && s[len(s)-1] != '-'
}

// plainPath tells whether nothing in a path could mean anything but itself, and no
// segment begins with a dot.
func plainPath(path string) bool {
	for i := range len(path) {
		c := path[i]
		if !plainInPath[c] || c == '.' && path[i-1] == '/' {
			return false
		}
	}
	return true
}

// plainInPath are the slash and the unreserved characters (RFC 3986 section 2.3).
var plainInPath = func() (plain [256]bool) {
	for c := range len(plain) {
		b := byte(c)
		plain[c] = isDigit(b) || isLetter(b) || strings.IndexByte("/-._~", b) >= 0
	}
	return plain
}()
