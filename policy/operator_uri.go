package policy

import (
	"errors"
	"fmt"
	"strings"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// uriOperators judge the URIs of a member, each by itself. They do not rely on
// the built-in rules, which may be off and run behind them: what parsers could
// read in two ways is refused by each operator that would have to choose one.
var uriOperators = []operator{
	{
		name: "schemes", kinds: textKinds, compile: compileWords(readScheme), merge: mergeChoice,
		inspect: eachURIString(hasScheme), needs: needsURI,
	},
	{
		name: "hosts", kinds: textKinds, compile: compileHosts, merge: mergeHosts,
		inspect: eachURIString(hasHost), needs: needsURI,
	},
	{
		name: "ports", kinds: textKinds, compile: compilePorts, merge: mergeChoice,
		inspect: eachURIString(hasPort), needs: needsURI,
	},
	{
		name: "path_prefix", kinds: textKinds, compile: compileWords(readPathPrefix), merge: mergePathPrefixes,
		inspect: eachURIString(hasPathPrefix), needs: needsURI,
	},
	{
		name: "loopback", kinds: textKinds, compile: compileWord("allow", "deny"), merge: mergeStrict("deny"),
		inspect: eachURIString(mayBeLoopback), needs: needsURI,
	},
	{
		name: "private_use", kinds: textKinds, compile: compileWord("allow", "deny"), merge: mergeStrict("deny"),
		inspect: eachURIString(mayBePrivateUse), needs: needsURI,
	},
	{
		name: opSameHost, kinds: textKinds, compile: compileMembers, merge: mergeAll,
		inspect: comparedWith(hostName, "the URI's host is not that of the member that it is compared with"), needs: needsURI,
	},
	{
		name: opSameDomain, kinds: textKinds, compile: compileMembers, merge: mergeAll,
		inspect: comparedWith(registrableDomain, "the URI's registrable domain is not that of the member that it is compared with"), needs: needsURI,
	},
}

const needsURI = "a URI or an array of URIs"

// eachURIString is eachString for a test of a URI.
func eachURIString(test func(o *operand, u uri) string) func(*operand, subject) ([]flaw, finding) {
	return eachString(func(o *operand, s string) string { return test(o, splitURI(s)) })
}

func readScheme(s string) (string, error) {
	if !isScheme(s) {
		return "", fmt.Errorf("%q is not a scheme (RFC 3986 section 3.1), which stands without a colon", s)
	}
	return strings.ToLower(s), nil
}

// hasScheme is "schemes".
func hasScheme(o *operand, u uri) string {
	switch {
	case u.scheme == "":
		return checkAbsolute(nil, &u)
	case o.set.contains(u.scheme):
		return ""
	}
	return "the URI's scheme is not one of those allowed"
}

func compilePorts(_ string, given any) (operand, error) {
	list, _ := given.([]any)
	for _, v := range list {
		if n, err := wholeNumber(v); err != nil || n < 1 || n > 65535 {
			list = nil
			break
		}
	}
	if len(list) == 0 {
		return operand{}, errors.New("the operator's value is an array of numbers from 1 to 65535 with something in it")
	}
	return listOperand(list), nil
}

// hasPort is "ports". Without a port in it, a URI has that of its scheme.
func hasPort(o *operand, u uri) string {
	u, fault := readHost(u)
	if fault != "" {
		return fault
	}
	port := u.port
	if !u.hasPort {
		port = defaultPort(u.scheme)
	}
	if o.set.contains(registration.Number(port)) {
		return ""
	}
	return "the URI's port is not one of those allowed"
}

// pathChecks are what a path has to pass for its segments to be the same ones to
// whoever is asked for it.
var pathChecks = [...]uriCheck{
	checkAbsolute, checkCharacters, checkEncodedControl, checkDoubleEncoding, checkEncodedSeparator, checkDotSegments,
}

// checkEncodedSeparator: "%2f" parts segments for some servers and not for others.
func checkEncodedSeparator(_ *finalDocument, u *uri) string {
	for i := range len(u.path) {
		if b, ok := encodedByte(u.path[i:]); ok && (b == '/' || b == '\\') {
			return "the URI's path contains a percent-encoded slash"
		}
	}
	return ""
}

func unreadablePath(u uri) string {
	if u.plain {
		return ""
	}
	for _, check := range pathChecks {
		if detail := check(nil, &u); detail != "" {
			return detail
		}
	}
	return ""
}

func readPathPrefix(s string) (string, error) {
	u := splitURI("https://a.example" + s)
	if !strings.HasPrefix(s, "/") || u.path != s || unreadablePath(u) != "" {
		return "", fmt.Errorf("%q is not a path that begins with a slash and has no dot segment, query or encoded slash in it", s)
	}
	return s, nil
}

// hasPathPrefix is "path_prefix".
func hasPathPrefix(o *operand, u uri) string {
	if detail := unreadablePath(u); detail != "" {
		return detail
	}
	path := u.path
	if path == "" && u.web() { // what a browser asks for (RFC 9110 section 4.2.3)
		path = "/"
	}
	if beginsWithAny(o.set, path) {
		return ""
	}
	return "the URI's path does not begin with one of those allowed"
}

// beginsWithAny looks for the path and for every part of it that ends with a
// segment: /app begins /app and /app/x, /app/ only the second, neither begins
// /application. However many prefixes there are, the path is gone through once.
func beginsWithAny(prefixes *valueSet, path string) bool {
	if prefixes.contains(path) {
		return true
	}
	for i := range len(path) {
		if path[i] == '/' && (prefixes.contains(path[:i+1]) || prefixes.contains(path[:i])) {
			return true
		}
	}
	return false
}

// mergePathPrefixes: of any two prefixes one begins the other, or no path begins
// with both.
func mergePathPrefixes(superior, subordinate *operand) (operand, error) {
	both, err := mergeCovered(func(by, of *operand, i int) bool {
		return beginsWithAny(by.set, of.set.texts[i])
	})(superior, subordinate)
	return listOperand(both), err
}

// mayBePrivateUse is "private_use". Out of band is denied with it: to whoever
// wants only web URIs it is as foreign.
func mayBePrivateUse(o *operand, u uri) string {
	switch {
	case o.value == "allow":
		return ""
	case u.scheme == "":
		return checkAbsolute(nil, &u)
	case !u.web():
		return "the URI has a scheme other than https and http, which is not allowed"
	}
	return ""
}
