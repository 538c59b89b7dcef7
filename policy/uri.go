package policy

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// uri is a URI reference taken apart (RFC 3986 appendix B). Taking apart never
// fails and never decodes: each rule sees its component as it came, and what one
// parser would hide from another (an empty fragment, a second "@", "%2e") is
// still there to be refused. All strings are parts of raw where case allows, so
// that a split costs no allocation and can be done again for each rule.
type uri struct {
	raw          string
	scheme       string // lower case, "" without a valid one
	hasAuthority bool   // "//" follows the scheme
	hasUserinfo  bool
	userinfo     string
	host         string // ASCII in lower case; an IPv6 literal with its brackets
	hasPort      bool
	port         string
	path         string
	query        string
	hasFragment  bool
	fragment     string
	verbatim     bool // scheme and host came in lower case
	plain        bool // see plainHost
}

// splitURI takes a URI reference apart.
func splitURI(s string) uri {
	if host := plainHost(s); host != "" {
		return uri{
			raw: s, scheme: "https", hasAuthority: true, host: host, path: s[len("https://")+len(host):],
			verbatim: true, plain: true,
		}
	}
	return splitAnyURI(s)
}

// splitAnyURI is splitURI for URIs that are not plain, and of others the same.
func splitAnyURI(s string) uri {
	u := uri{raw: s, verbatim: true}
	rest, fragment, hasFragment := strings.Cut(s, "#")
	u.fragment, u.hasFragment = fragment, hasFragment
	rest, u.query, _ = strings.Cut(rest, "?")
	if scheme, after, ok := strings.Cut(rest, ":"); ok && isScheme(scheme) {
		u.scheme = strings.ToLower(scheme)
		u.verbatim = u.scheme == scheme
		rest = after
	}
	authority, ok := strings.CutPrefix(rest, "//")
	if !ok {
		u.path = rest
		return u
	}
	u.hasAuthority = true
	if i := strings.IndexByte(authority, '/'); i >= 0 {
		authority, u.path = authority[:i], authority[i:]
	}
	// The last "@", as browsers do: what stands before it is never the host.
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		u.hasUserinfo, u.userinfo, authority = true, authority[:i], authority[i+1:]
	}
	host := authority
	start := 0
	if strings.HasPrefix(authority, "[") {
		start = strings.IndexByte(authority, ']') + 1
	}
	if i := strings.IndexByte(authority[start:], ':'); i >= 0 {
		host, u.hasPort, u.port = authority[:start+i], true, authority[start+i+1:]
	}
	u.host = lowerASCII(host)
	u.verbatim = u.verbatim && u.host == host
	return u
}

// lowerASCII leaves every letter beyond ASCII as it is: which one is the lower case
// of another depends on the version of Unicode and on what it is asked for. A
// capital sharp s is "ss" to some browsers, a capital palochka is itself to
// java.net.IDN, and a Kelvin sign would be an ASCII letter here.
func lowerASCII(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isScheme tells whether s is a scheme (RFC 3986 section 3.1).
func isScheme(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case isLetter(c):
		case i > 0 && (isDigit(c) || c == '+' || c == '-' || c == '.'):
		default:
			return false
		}
	}
	return s != ""
}

// web tells whether a web server answers at the URI: its host is a name or an
// address, which the authority of a private-use scheme is not.
func (u uri) web() bool { return u.scheme == "https" || u.scheme == "http" }

// outOfBand tells whether the URI is the retired "show the code to the user" of
// native apps.
func (u uri) outOfBand() bool {
	return u.raw == "urn:ietf:wg:oauth:2.0:oob" || u.raw == "urn:ietf:wg:oauth:2.0:oob:auto"
}

// privateUse tells whether the scheme can only be one that an app claims for
// itself (RFC 8252 section 7.1). Dangerous schemes are not left out: the rules
// about private-use schemes then stand behind the one that names them.
func (u uri) privateUse() bool { return u.scheme != "" && !u.web() && !u.outOfBand() }

// loopback tells whether a plain http URI stays on the device: 127.0.0.0/8, ::1
// or localhost.
func (u uri) loopback() bool {
	if u.scheme != "http" {
		return false
	}
	addr, ok := u.addr()
	return u.host == "localhost" || ok && addr.IsLoopback()
}

// forbiddenSchemes run code where they are followed, read local files, or hand
// the user to something that is no OAuth client. The list is that of
// oidc-provider, widened by what browsers, consent pages and mobile platforms
// hand on to others, and by "url", which java.net.URL drops to follow what stands
// behind it.
var forbiddenSchemes = map[string]bool{
	"javascript": true, "vbscript": true, "livescript": true, "mocha": true, "data": true,
	"blob": true, "url": true, "file": true, "filesystem": true, "about": true, "view-source": true, "jar": true,
	"chrome": true, "chrome-extension": true, "moz-extension": true, "resource": true, "res": true,
	"intent": true, "android-app": true, "content": true, "ms-msdt": true, "search-ms": true,
	"ws": true, "wss": true, "ftp": true, "ftps": true, "sftp": true, "tftp": true, "gopher": true,
	"dict": true, "ldap": true, "ldaps": true, "smb": true, "ssh": true, "telnet": true,
	"mailto": true, "tel": true, "sms": true, "smsto": true, "mms": true, "mmsto": true, "facetime": true,
}

// forbiddenScheme tells whether a browser would see one of forbiddenSchemes in
// s: "java\tscript:" is javascript.
func forbiddenScheme(s string) bool {
	scheme, _, ok := strings.Cut(asBrowsersRead(s), ":")
	return ok && forbiddenSchemes[strings.ToLower(scheme)]
}

// asBrowsersRead is s without what browsers drop of a URI: leading spaces and
// controls, and tabs and line breaks anywhere (WHATWG URL section 4.4).
func asBrowsersRead(s string) string {
	s = strings.TrimLeftFunc(s, func(r rune) bool { return r <= ' ' })
	if strings.ContainsAny(s, "\t\r\n") {
		s = strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(s)
	}
	return s
}

// nativeOnly tells whether a redirect URI is of a kind that only a native app
// may have: http to the device itself, a private-use scheme, or out of band.
func nativeOnly(s string) bool {
	if strings.HasPrefix(s, "https://") {
		return false // as nearly all are, and that needs no taking apart
	}
	u := splitURI(s)
	return u.loopback() || u.outOfBand() || u.privateUse() && !forbiddenScheme(s)
}

// origin returns what a redirect URI shares with others of the same app:
// scheme://host:port, lower case and without the scheme's default port; no port
// on a loopback address, where any is as good (RFC 8252 section 7.3); the scheme
// alone for one of private use. It returns "" for what has no origin, or one that
// parsers do not agree on ("https://evil.example\\@a.example.org/", whatever
// built-in rules are off), which is to be taken as equal to nothing.
func origin(s string) string {
	u := splitURI(s)
	if !u.web() {
		return u.scheme
	}
	u, fault := readHost(u)
	if fault != "" {
		return ""
	}
	host := hostOf(u)
	if !u.hasPort || u.loopback() || u.port == defaultPort(u.scheme) {
		return u.scheme + "://" + host
	}
	return u.scheme + "://" + host + ":" + u.port
}

func defaultPort(scheme string) string {
	if scheme == "https" {
		return "443"
	}
	return "80"
}

// addr returns the host's IP address where it is a literal in its usual form. A
// dot behind it does not change where it leads.
func (u uri) addr() (netip.Addr, bool) {
	s := strings.TrimSuffix(u.host, ".")
	if s == "" || s[0] != '[' && !isDigit(s[0]) { // a name: do not pay for an error
		return netip.Addr{}, false
	}
	inner, bracketed := strings.CutPrefix(s, "[")
	if bracketed {
		if inner, bracketed = strings.CutSuffix(inner, "]"); !bracketed {
			return netip.Addr{}, false
		}
	}
	addr, err := netip.ParseAddr(inner)
	if err != nil || addr.Zone() != "" || addr.Is6() != bracketed {
		return netip.Addr{}, false
	}
	return addr, true
}

// portNumber returns the port, and false where there is one that is none:
// 1 to 65535 in digits, without leading zeros.
func (u uri) portNumber() (int, bool) {
	if !u.hasPort {
		return 0, true
	}
	n, err := strconv.Atoi(u.port)
	return n, err == nil && n > 0 && n <= 65535 && u.port == strconv.Itoa(n)
}

// parameters yields the query's names and values, decoded. Both "&" and ";"
// part them, since some servers still split at the second.
func (u uri) parameters(yield func(name, value string) bool) {
	for pair := range strings.FieldsFuncSeq(u.query, func(r rune) bool { return r == '&' || r == ';' }) {
		name, value, _ := strings.Cut(pair, "=")
		if !yield(unescapeQuery(name), unescapeQuery(value)) {
			return
		}
	}
}

func unescapeQuery(s string) string {
	if d, err := url.QueryUnescape(s); err == nil {
		return d
	}
	return s
}
