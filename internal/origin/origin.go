// Package origin reads web origins (RFC 6454) as somebody writes them into a
// configuration, strictly: what is no origin can never be equal to one, and
// whoever listed it would wait in vain. It is pure.
package origin

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// defaultPort is the port that each scheme's origins leave out. No other scheme
// has origins that name somebody: all apps in a certain shell share
// capacitor://localhost.
var defaultPort = map[string]string{"http": "80", "https": "443"}

// Parse reads scheme, host and port, and returns the origin as browsers send it
// (RFC 6454 section 6.2): in lower case, without the scheme's own port. A path,
// even "/", is an error, as are wildcards and hosts that are not in ASCII.
func Parse(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil {
		return "", fmt.Errorf("%q is not an origin: scheme, host and port, like https://portal.example.org", s)
	}
	switch {
	case defaultPort[u.Scheme] == "":
		return "", fmt.Errorf("origin %q must begin with https:// or http://", s)
	case u.Path != "" || u.RawQuery != "" || u.ForceQuery || strings.Contains(s, "#"):
		return "", fmt.Errorf("origin %q must end after host and port: an origin has no path, query or fragment", s)
	case u.User != nil:
		return "", fmt.Errorf("origin %q must not have a user", s)
	case strings.Contains(u.Host, "*"):
		return "", fmt.Errorf("origin %q has a wildcard: origins are compared as a whole", s)
	}
	host, ok := parseHost(u.Hostname())
	if !ok {
		return "", fmt.Errorf("origin %q has no valid host; one with other letters is written as browsers send it (xn--…)", s)
	}
	port, ok := parsePort(u)
	if !ok {
		return "", fmt.Errorf("origin %q has no valid port", s)
	}
	return u.Scheme + "://" + host + port, nil
}

// parseHost reads a name or an address.
func parseHost(s string) (string, bool) {
	if ip, err := netip.ParseAddr(s); err == nil {
		if ip.Is6() {
			return "[" + ip.String() + "]", ip.Zone() == ""
		}
		return ip.String(), true
	}
	host := strings.ToLower(s)
	return host, host != "" && strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789.-_") == ""
}

// parsePort returns ":" and the port, nothing for the scheme's own.
func parsePort(u *url.URL) (string, bool) {
	port := u.Port()
	if port == "" {
		return "", !strings.HasSuffix(u.Host, ":")
	}
	parsed, err := netip.ParseAddrPort("0.0.0.0:" + port)
	if err != nil || parsed.Port() == 0 {
		return "", false
	}
	if port = fmt.Sprint(parsed.Port()); port == defaultPort[u.Scheme] {
		return "", true
	}
	return ":" + port, true
}
