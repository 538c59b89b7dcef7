package policy

import (
	"slices"
	"strings"
)

// loopbackNames are those that lead to the device itself (RFC 6761 section 6.3,
// and what systems write into /etc/hosts), with all below them.
var loopbackNames = []string{
	"localhost", "localdomain", "localhost4", "localdomain4", "localhost6", "localdomain6",
	"ip6-localhost", "ip6-loopback", "ipv6-localhost", "ipv6-loopback", "loopback",
}

// mayBeLoopback is "loopback", wider than RFC 8252 section 7.3 because it denies:
// of a URI whose host cannot be read with certainty (2130706433, 0x7f.1) nobody
// knows. A name that DNS lets point to 127.0.0.1 is not found.
func mayBeLoopback(o *operand, u uri) string {
	if o.value == "allow" {
		return ""
	}
	read := readHost
	if u.scheme != "" && !u.web() && !specialSchemes[u.scheme] {
		read = readAuthority
	}
	u, fault := read(u)
	if fault != "" {
		return fault
	}
	addr, ok := u.addr()
	name := strings.TrimRight(u.host, ".")
	if ok && (addr.Unmap().IsLoopback() || addr.Unmap().IsUnspecified()) ||
		slices.ContainsFunc(loopbackNames, func(loopback string) bool { return under(name, loopback) }) {
		return "the URI is on a loopback address, which is not allowed"
	}
	return ""
}

// specialSchemes are those, beside https and http, behind which a browser looks
// for a host whatever slashes there are, and finds 127.0.0.1 in "ws:127.1" (WHATWG
// URL section 4.2); and the one that java.net.URL drops, to find another URI.
var specialSchemes = map[string]bool{"ws": true, "wss": true, "ftp": true, "file": true, "url": true}

// authorityChecks are what the authority of any other scheme has to pass for its
// host not to be an address in disguise. The names there are the app's own
// ("x-app://oauth_redirect") and need not be those of DNS.
var authorityChecks = [...]uriCheck{checkCharacters, checkHostNotation, checkNumericHost, checkPort}

// readAuthority is readHost for the authority of such a scheme.
func readAuthority(u uri) (readable uri, fault string) {
	web := u
	web.scheme = "https" // the checks pass over the hosts of other schemes
	for _, check := range authorityChecks {
		if fault = check(nil, &web); fault != "" {
			break
		}
	}
	return u, fault
}
