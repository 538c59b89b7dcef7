package policy

import (
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/net/idna"
)

// How long a name and each of its labels may be (RFC 1035 section 2.3.4, without
// the bytes that count lengths).
const (
	maxName  = 253
	maxLabel = 63
)

// checkHost: a host is a DNS name of letters, digits and hyphens (RFC 1123
// section 2.1) or an IP literal. Percent-encoding is legal in a URI's host and
// read differently by every parser; an underscore makes java.net.URI find no
// host at all; an A-label that decodes to nothing is refused by browsers.
// Numbers and a trailing dot are left to rules of their own.
func checkHost(_ *finalDocument, u *uri) string {
	if fault := checkHostNotation(nil, u); fault != "" || !u.web() || u.host == "" || u.host[0] == '[' {
		return fault
	}
	name := strings.TrimSuffix(u.host, ".")
	for label := range strings.SplitSeq(name, ".") {
		if !isLabel(label) {
			return "the URI's host is not a valid DNS name"
		}
	}
	if len(name) > maxName {
		return "the URI's host is not a valid DNS name"
	}
	if strings.Contains(name, "xn--") {
		// An A-label encoded again is none (RFC 5891 section 4.2.3.1); idna lets it be.
		if _, err := idna.Lookup.ToUnicode(name); err != nil || strings.Contains(name, "xn--xn--") {
			return "the URI's host is not a valid internationalized name"
		}
	}
	return ""
}

// checkHostNotation is checkHost without what makes a name one of DNS.
func checkHostNotation(_ *finalDocument, u *uri) string {
	switch {
	case !u.web() || u.host == "":
		return ""
	case strings.ContainsAny(u.host, "[]"): // net/url takes "127.0.0.1]" for 127.0.0.1
		if _, ok := u.addr(); !ok || strings.HasSuffix(u.host, ".") {
			return "the URI's host is not a valid IPv6 address"
		}
	case strings.IndexByte(u.host, '%') >= 0:
		return "the URI's host is percent-encoded"
	}
	return ""
}

func isLabel(s string) bool {
	if s == "" || len(s) > maxLabel || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !isLetter(c) && !isDigit(c) && c != '-' {
			return false
		}
	}
	return true
}

// checkNumericHost: whatever ends in a number is an IPv4 address to a browser
// (WHATWG URL section 3.5), in octal (0177.0.0.1), hexadecimal (0x7f.1), as one
// number (2130706433) or shortened (127.1); to other parsers it is a name.
func checkNumericHost(_ *finalDocument, u *uri) string {
	if !u.web() || u.host == "" || u.host[0] == '[' {
		return ""
	}
	name := strings.TrimSuffix(u.host, ".")
	if !isNumber(lastLabel(name)) {
		return ""
	}
	if _, ok := u.addr(); ok {
		return ""
	}
	return "the URI's host is a number, but not an IPv4 address of four decimal numbers"
}

func isNumber(s string) bool {
	digits := isDigit
	if hex, ok := strings.CutPrefix(s, "0x"); ok {
		s, digits = hex, isHex
		if s == "" { // "0x" is a number too: 0
			return true
		}
	}
	for i := range len(s) {
		if !digits(s[i]) {
			return false
		}
	}
	return s != ""
}

// checkSpecialAddress: no IP literal that is not a public one (RFC 6890 and the
// IANA special-purpose address registries).
func checkSpecialAddress(_ *finalDocument, u *uri) string {
	if addr, ok := u.addr(); ok && u.web() && isSpecialUse(addr) {
		return "the URI's host is an address that is not a public one"
	}
	return ""
}

// globalIPv6 is all that is assigned to the public internet today. Within it
// and nowhere else a literal may be; so IPv4-mapped and NAT64 addresses, which
// can stand for any IPv4 address, loopback, link-local and unique-local ones
// need not be listed.
var globalIPv6 = netip.MustParsePrefix("2000::/3")

var specialUse = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),       // this host, this network
	netip.MustParsePrefix("10.0.0.0/8"),      // private
	netip.MustParsePrefix("100.64.0.0/10"),   // shared, carrier-grade NAT
	netip.MustParsePrefix("127.0.0.0/8"),     // loopback
	netip.MustParsePrefix("169.254.0.0/16"),  // link-local, cloud metadata
	netip.MustParsePrefix("172.16.0.0/12"),   // private
	netip.MustParsePrefix("192.0.0.0/24"),    // protocol assignments
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation
	netip.MustParsePrefix("192.88.99.0/24"),  // 6to4 relay
	netip.MustParsePrefix("192.168.0.0/16"),  // private
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarking
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("224.0.0.0/3"),     // multicast, reserved, broadcast
	netip.MustParsePrefix("2001::/23"),       // protocol assignments: Teredo, ORCHID
	netip.MustParsePrefix("2001:db8::/32"),   // documentation
	netip.MustParsePrefix("2002::/16"),       // 6to4: an IPv4 address inside
	netip.MustParsePrefix("3fff::/20"),       // documentation
}

func isSpecialUse(addr netip.Addr) bool {
	if addr.Is6() && !globalIPv6.Contains(addr) {
		return true
	}
	for _, p := range specialUse {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// internalNames lead into the network of whoever resolves them, or nowhere that is
// public: special-use names (RFC 6761, 6762, 7686, 8375, 9476, ICANN's .internal;
// documents have .example, which leads nowhere at all), those that networks commonly
// use without having them, the metadata name of a cloud and the name of home routers
// that are in public DNS, and services whose names resolve to the address that they
// spell, to several by turns, or always to the machine itself.
var internalNames = []string{
	"localhost", "localdomain", "local", "internal", "home.arpa", "test", "invalid", "onion", "alt",
	"intranet", "private", "corp", "home", "lan", "svc", "cluster", "consul", "ec2",
	"metadata.goog", "fritz.box",
	"nip.io", "sslip.io", "xip.io", "localtest.me", "lvh.me", "vcap.me",
	"localhost.direct", "traefik.me", "1u.ms", "rbndr.us",
}

// checkInternalName: a name can resolve to anything when the server asks for
// it, so this only refuses names that never lead elsewhere.
func checkInternalName(_ *finalDocument, u *uri) string {
	if !u.web() || u.host == "" || u.host[0] == '[' {
		return ""
	}
	name := strings.TrimSuffix(u.host, ".")
	if strings.IndexByte(name, '.') < 0 && !isNumber(name) {
		return "the URI's host is a name without a domain"
	}
	if isInternalName(name) {
		return "the URI's host is a name of an internal network"
	}
	return ""
}

// internalEnds are the last labels of internalNames: few other names end so.
var internalEnds = func() map[string]bool {
	ends := make(map[string]bool, len(internalNames))
	for _, name := range internalNames {
		ends[lastLabel(name)] = true
	}
	return ends
}()

func isInternalName(name string) bool {
	return internalEnds[lastLabel(name)] &&
		slices.ContainsFunc(internalNames, func(internal string) bool { return under(name, internal) })
}

func lastLabel(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

// under tells whether a name is domain or lies below it.
func under(name, domain string) bool {
	before, ok := strings.CutSuffix(name, domain)
	return ok && (before == "" || strings.HasSuffix(before, "."))
}

// checkTrailingDot: "host." and "host" are one server and two origins.
func checkTrailingDot(_ *finalDocument, u *uri) string {
	if u.web() && strings.HasSuffix(u.host, ".") {
		return "the URI's host ends in a dot"
	}
	return ""
}

// checkNormalised: scheme and host in lower case and an IPv6 literal in its
// short form (RFC 3986 section 6.2.2, RFC 5952), since browsers and libraries
// make them so before the exact comparison of RFC 9700 section 2.1.
func checkNormalised(_ *finalDocument, u *uri) string {
	if !u.verbatim && (u.web() || !strings.HasPrefix(u.raw, u.scheme)) {
		return "the URI's scheme or host is not in lower case"
	}
	if addr, ok := u.addr(); ok && u.web() && addr.Is6() && u.host != "["+addr.String()+"]" {
		return "the URI's IPv6 address is not in its short form"
	}
	return ""
}
