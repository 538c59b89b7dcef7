package policy

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// hostPattern is one pattern of "hosts".
type hostPattern struct {
	depth hostDepth
	name  string // lower case, A-labels; an address in its short form
	port  string // "": the default one of the URI's scheme
}

// hostDepth is how many labels stand before a pattern's name.
type hostDepth uint8

const (
	exactly   hostDepth = iota // none: example.org
	oneBelow                   // one: *.example.org
	somewhere                  // one or more: **.example.org
)

// wildcards are how depths are written.
var wildcards = [...]string{exactly: "", oneBelow: "*.", somewhere: "**."}

// hostSet are the patterns of an operator: in their order, and to look up, so
// that what a URI costs depends on its labels and not on how many patterns there
// are.
type hostSet struct {
	patterns []hostPattern
	index    map[hostPattern]struct{}
}

// compileHosts reads patterns.
func compileHosts(member string, given any) (operand, error) {
	o, err := compileWords(func(s string) (string, error) {
		pattern, err := parseHostPattern(s)
		return pattern.String(), err
	})(member, given)
	if err != nil {
		return o, err
	}
	return hostsOperand(o.set.values)
}

func hostsOperand(values []any) (operand, error) {
	o := listOperand(values)
	o.hosts = &hostSet{
		patterns: make([]hostPattern, len(o.set.texts)),
		index:    make(map[hostPattern]struct{}, len(o.set.texts)),
	}
	for i, s := range o.set.texts {
		pattern, err := parseHostPattern(s)
		if err != nil {
			return operand{}, err
		}
		o.hosts.patterns[i] = pattern
		o.hosts.index[pattern] = struct{}{}
	}
	return o, nil
}

// parseHostPattern reads example.org, *.example.org, **.example.org, an address
// ([::1]), each with or without a port.
func parseHostPattern(s string) (hostPattern, error) {
	var p hostPattern
	rest := s
	for depth, wildcard := range wildcards {
		if after, ok := strings.CutPrefix(s, wildcard); ok {
			p.depth, rest = hostDepth(depth), after
		}
	}
	u, fault := readHost(splitURI("https://" + rest + "/"))
	if fault != "" && !isASCII(rest) {
		return p, fmt.Errorf("%q is not a host that everybody reads alike: write it as DNS has it (xn--...)", s)
	}
	if fault != "" || u.path != "/" {
		return p, fmt.Errorf("%q is not a host, with *. or **. before its name and a port behind it at most", s)
	}
	if _, isAddress := u.addr(); isAddress && p.depth != exactly {
		return p, fmt.Errorf("%q: an address has no wildcard", s)
	}
	p.name, p.port = hostOf(u), u.port
	return p, nil
}

func (p hostPattern) String() string {
	s := wildcards[p.depth] + p.name
	if p.port != "" {
		s += ":" + p.port
	}
	return s
}

func (h *hostSet) has(depth hostDepth, name, port string) bool {
	_, ok := h.index[hostPattern{depth, name, port}]
	return ok
}

// covers tells whether one of the patterns matches whatever p matches.
func (h *hostSet) covers(p hostPattern) bool {
	if h.has(p.depth, p.name, p.port) {
		return true
	}
	name := p.name
	if p.depth == exactly {
		name = parent(name)
		if h.has(oneBelow, name, p.port) {
			return true
		}
	}
	for ; name != ""; name = parent(name) {
		if h.has(somewhere, name, p.port) {
			return true
		}
	}
	return false
}

// parent is the name without its first label.
func parent(name string) string {
	_, after, _ := strings.Cut(name, ".")
	return after
}

// mergeHosts: of any two patterns one covers the other, or no host matches both.
func mergeHosts(superior, subordinate *operand) (operand, error) {
	both, err := mergeCovered(func(by, of *operand, i int) bool {
		return by.hosts.covers(of.hosts.patterns[i])
	})(superior, subordinate)
	if err != nil {
		return operand{}, err
	}
	return hostsOperand(both)
}

// hasHost is "hosts".
func hasHost(o *operand, u uri) string {
	u, fault := readHost(u)
	if fault != "" {
		return fault
	}
	asked := hostPattern{exactly, hostOf(u), u.port}
	if u.hasPort && o.hosts.covers(asked) {
		return ""
	}
	if !u.hasPort || u.port == defaultPort(u.scheme) {
		asked.port = ""
		if o.hosts.covers(asked) {
			return ""
		}
		asked.port = defaultPort(u.scheme)
		if !u.hasPort && o.hosts.covers(asked) {
			return ""
		}
	}
	return "the URI's host is not one of those allowed"
}

// hostChecks are what a URI has to pass for its host and port to be the same
// ones to whoever reads it.
var hostChecks = [...]uriCheck{
	checkWeb, checkAbsolute, checkCharacters, checkUserinfo, checkHost, checkNumericHost, checkTrailingDot, checkPort,
	checkAfterHost,
}

// readHost returns the URI with its host in the form that DNS has, and one
// sentence on why nobody can say for certain which host and port it leads to, or
// "".
func readHost(u uri) (readable uri, fault string) {
	if u.plain {
		return u, ""
	}
	return checkedHost(withALabels(u))
}

// checkedHost has what readHost does for URIs that are not plain; it costs an
// allocation, which those that are need not pay.
func checkedHost(u uri) (readable uri, fault string) {
	for _, check := range hostChecks {
		if fault = check(nil, &u); fault != "" {
			break
		}
	}
	return u, fault
}

// checkWeb: behind another scheme ("javascript://a.example.org/%0a…",
// "evil.app://a.example.org") stands no host that a browser would be sent to.
func checkWeb(_ *finalDocument, u *uri) string {
	if u.scheme != "" && !u.web() {
		return "the URI has no host to be judged: it is neither https nor http"
	}
	return ""
}

// checkAfterHost: some parsers look for "@" before they look for "?" and "#", and
// find evil.example in "https://a.example.org#@evil.example".
func checkAfterHost(_ *finalDocument, u *uri) string {
	if u.path == "" && strings.Contains(u.raw, "@") {
		return "the URI has an at sign behind a host without a path"
	}
	return ""
}

// hostOf is the host of a readable URI in the one form that is compared.
func hostOf(u uri) string {
	if addr, ok := u.addr(); ok && addr.Is6() {
		return "[" + addr.String() + "]"
	}
	return u.host
}

// withALabels is the URI with an internationalized host in the form that DNS has
// (RFC 5891). Nothing is mapped: a character that another parser would first turn
// into another one (a fullwidth letter, an ideographic full stop, a soft hyphen)
// stays, and makes the URI unreadable. So does a capital letter, Cherokee ones
// among them, which are no capitals to IDNA2008 and are to Python. And so does what
// is too long for DNS, and only becomes longer: to encode 20,000 characters takes
// seconds, by the square of their number.
func withALabels(u uri) uri {
	if isASCII(u.host) || strings.ContainsAny(u.host, deviations) || strings.ToLower(u.host) != u.host {
		return u
	}
	if utf8.RuneCountInString(u.host) > maxName {
		return u
	}
	for label := range strings.SplitSeq(u.host, ".") {
		switch {
		case strings.HasPrefix(label, "xn--") && !isASCII(label): // idna makes something of it, browsers nothing
			return u
		case utf8.RuneCountInString(label) > maxLabel:
			return u
		}
	}
	ascii, err := idna.Registration.ToASCII(u.host)
	if err != nil {
		return u
	}
	u.raw, u.host = strings.Replace(lowerASCII(u.raw), u.host, ascii, 1), ascii
	return u
}

// deviations are the characters that IDNA2003, by which java.net.IDN and Python
// still go, replaces or removes, and IDNA2008 keeps (UTS 46 section 6): sharp s,
// final sigma, the zero-width joiners. Two domains go by such a name; in an A-label
// it is only one.
const deviations = "\u00df\u03c2\u200c\u200d"
