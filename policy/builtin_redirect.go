package policy

import (
	"slices"
	"strconv"
	"strings"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// maxRedirectURIs is far beyond what apps have. Keycloak takes 300 (measured);
// no specification names a limit.
const maxRedirectURIs = 50

// redirectRules judge redirect_uris and post_logout_redirect_uris. The URI is
// compared, stored and followed exactly as it is registered, so the rules refuse
// rather than mend.
var redirectRules = []builtInRule{
	{name: "redirect_uris_required", check: redirectURIsRequired},
	{name: "redirect_uris_count", check: redirectURIsCount},
	eachURI("redirect_uri_length", useRedirect, checkStoredLength),

	eachURI("redirect_uri_absolute", useRedirect, checkAbsolute),
	eachURI("redirect_uri_characters", useRedirect, checkCharacters),
	eachURI("redirect_uri_encoded_control", useRedirect, checkEncodedControl),
	eachURI("redirect_uri_double_encoding", useRedirect, checkDoubleEncoding),
	eachURI("redirect_uri_fragment", useRedirect, checkFragment),
	eachURI("redirect_uri_wildcard", useRedirect, checkWildcard),
	eachURI("redirect_uri_userinfo", useRedirect, checkUserinfo),
	eachURI("redirect_uri_dot_segments", useRedirect, checkDotSegments),
	eachURI("redirect_uri_normalised", useRedirect, checkNormalised),
	eachURI("redirect_uri_path", useRedirect, checkPath),

	eachURI("redirect_uri_host", useRedirect, checkHost),
	eachURI("redirect_uri_numeric_host", useRedirect, checkNumericHost),
	eachURI("redirect_uri_trailing_dot", useRedirect, checkTrailingDot),
	eachURI("redirect_uri_special_address", useRedirect, checkHTTPSAddress),
	eachURI("redirect_uri_port", useRedirect, checkPort),

	eachURI("redirect_uri_https", useRedirect, checkWebHTTPS, "https"),
	eachURI("redirect_uri_http_loopback", useRedirect, checkHTTPLoopback, "http://127.0.0.1", "http://[::1]"),
	eachURI("redirect_uri_loopback_range", useRedirect, checkLoopbackRange, "http://127.0.0.1"),
	eachURI("redirect_uri_localhost", useRedirect, checkLocalhost, "http://127.0.0.1", "http://[::1]"),
	eachURI("redirect_uri_https_loopback", useRedirect, checkHTTPSLoopback, "http://127.0.0.1", "http://[::1]"),
	eachURI("redirect_uri_private_use_dot", useRedirect, checkPrivateUseDot),
	eachURI("redirect_uri_authority_in_private_use", useRedirect, checkPrivateUseAuthority),
	eachURI("redirect_uri_private_use_path", useRedirect, checkPrivateUsePath),
	eachURI("redirect_uri_oob", useRedirect, checkOutOfBand),

	eachURI("redirect_uri_query_parameters", useRedirect, checkQueryParameters),
	eachURI("redirect_uri_open_redirector", useRedirect, checkOpenRedirector),
}

// redirectURIsRequired: RFC 7591 section 2. Keycloak registers a code client
// without any (measured).
func redirectURIsRequired(d *finalDocument) []Violation {
	if !slices.Contains(d.grants, "authorization_code") && !slices.Contains(d.grants, "implicit") {
		return nil
	}
	if v, _ := d.Get("redirect_uris"); v != nil {
		if array, ok := v.([]any); !ok || len(array) > 0 { // not an array: a wrong type, not a missing member
			return nil
		}
	}
	v := violation("a client with the grant type authorization_code or implicit must register a redirect URI", nil, nil, "redirect_uris")
	v.Code = registration.InvalidRedirectURI
	return []Violation{v}
}

// redirectURIsCount: duplicates are no violation (Keycloak stores a set), but
// they count.
func redirectURIsCount(d *finalDocument) []Violation {
	var vs []Violation
	for _, member := range d.Members() {
		array, ok := member.Value.([]any)
		if !ok || len(array) <= maxRedirectURIs || useOf(member.Name)&useRedirect == 0 {
			continue
		}
		v := violation("there are more than "+strconv.Itoa(maxRedirectURIs)+" URIs", len(array), nil, member.Name)
		v.Code = uriCode(member.Name)
		vs = append(vs, v)
	}
	return vs
}

// checkPath: RFC 6749 section 3.1.2.2 wants the complete URI registered.
// Browsers add the missing "/", exact comparison does not.
func checkPath(_ *finalDocument, u *uri) string {
	if u.web() && u.hasAuthority && u.path == "" {
		return "the URI has no path"
	}
	return ""
}

// checkHTTPSAddress: a code that is sent to a private address goes to whoever
// has that address where the user happens to be. Plain http is judged by the
// loopback rules.
func checkHTTPSAddress(d *finalDocument, u *uri) string {
	if u.scheme != "https" {
		return ""
	}
	return checkSpecialAddress(d, u)
}

// checkWebHTTPS: RFC 7591 section 5, RFC 9700 section 2.6: a web app's redirect
// URI is https. "http://localhost", which RFC 7591 mentions, has its own rule.
func checkWebHTTPS(d *finalDocument, u *uri) string {
	if d.native || u.scheme == "" || u.scheme == "https" || u.scheme == "http" && u.host == "localhost" {
		return ""
	}
	return "the URI of a web application must be https"
}

// checkHTTPLoopback: RFC 8252 section 7.3: a native app may use plain http on
// the loopback literals, exactly as written there, on any port. localhost and
// the rest of 127.0.0.0/8 have rules of their own.
func checkHTTPLoopback(d *finalDocument, u *uri) string {
	if !d.native || u.scheme != "http" || u.host == "[::1]" || u.host == "localhost" {
		return ""
	}
	if addr, ok := u.addr(); ok && addr.Is4() && addr.IsLoopback() && !strings.HasSuffix(u.host, ".") {
		return ""
	}
	return "the URI of a native application may be http only on a loopback address"
}

// checkLoopbackRange: RFC 8252 section 7.3 names 127.0.0.1 and no other address
// of 127.0.0.0/8.
func checkLoopbackRange(d *finalDocument, u *uri) string {
	if d.native && u.loopback() && strings.HasPrefix(u.host, "127.") && strings.TrimSuffix(u.host, ".") != "127.0.0.1" {
		return "the URI's loopback address is not 127.0.0.1"
	}
	return ""
}

// checkLocalhost: RFC 8252 section 8.3: not recommended, since the name may
// resolve to an interface that is not the loopback one.
func checkLocalhost(_ *finalDocument, u *uri) string {
	if u.web() && under(strings.TrimSuffix(u.host, "."), "localhost") {
		return "the URI's host is localhost, a name; loopback redirects of native applications use the address"
	}
	return ""
}

// checkHTTPSLoopback: a native app's https redirect is one that it has claimed
// by proving its domain (RFC 8252 section 7.2); nobody can claim localhost.
func checkHTTPSLoopback(d *finalDocument, u *uri) string {
	if d.native && u.scheme == "https" && under(strings.TrimSuffix(u.host, "."), "localhost") {
		return "the https URI of a native application must be at a domain that the application has claimed"
	}
	return ""
}

// checkPrivateUseDot: RFC 8252 sections 7.1 and 8.4: a private-use scheme is a
// domain of the app's maker in reverse, so that no other app has it.
func checkPrivateUseDot(d *finalDocument, u *uri) string {
	if !d.native || !u.privateUse() {
		return ""
	}
	if strings.IndexByte(u.scheme, '.') < 0 || strings.HasSuffix(u.scheme, ".") || strings.Contains(u.scheme, "..") {
		return "the private-use scheme is not a domain name in reverse order (com.example.app)"
	}
	return ""
}

// checkPrivateUseAuthority: RFC 8252 section 7.1: there is no naming authority
// in a private-use scheme, so one slash follows it.
func checkPrivateUseAuthority(d *finalDocument, u *uri) string {
	if d.native && u.privateUse() && u.hasAuthority {
		return "a private-use scheme must be followed by one slash (com.example.app:/callback)"
	}
	return ""
}

// checkPrivateUsePath: without any slash, platforms do not agree on what the
// URI's path is.
func checkPrivateUsePath(d *finalDocument, u *uri) string {
	if d.native && u.privateUse() && !u.hasAuthority && !strings.HasPrefix(u.path, "/") {
		return "a private-use scheme must be followed by a slash and a path (com.example.app:/callback)"
	}
	return ""
}

// checkOutOfBand: a code that users copy by hand is one that they can be talked
// out of; the value was never in a standard. For web apps it is not https.
func checkOutOfBand(d *finalDocument, u *uri) string {
	if d.native && u.outOfBand() {
		return "out-of-band redirects are retired; use a loopback address"
	}
	return ""
}

// responseParameters are what authorization servers add to a redirect URI: RFC
// 6749 sections 4.1.2, 4.1.2.1 and 4.2.2, RFC 9207, JARM, OpenID Connect Core
// and Session Management.
var responseParameters = []string{
	"code", "state", "scope", "iss", "response", "error", "error_description", "error_uri",
	"access_token", "token_type", "expires_in", "id_token", "session_state",
}

// checkQueryParameters: a parameter that is there twice is read differently by
// app and library (the class of Keycloak CVE-2026-9689). Other parameters stay:
// RFC 6749 section 3.1.2 has them retained.
func checkQueryParameters(_ *finalDocument, u *uri) string {
	for name := range u.parameters {
		if slices.Contains(responseParameters, asServersRead(name)) {
			return "the URI's query already has a parameter that the authorization response adds"
		}
	}
	return ""
}

// asServersRead is the name under which servers find a parameter: PHP, Rack and qs
// read "code[]" and "code[x]" as code, the latter two "[code]" as well; PHP passes
// over leading spaces and reads "error.uri" and "error uri" as error_uri.
func asServersRead(name string) string {
	name = strings.TrimLeft(name, "[] ")
	if i := strings.IndexAny(name, "[]"); i >= 0 {
		name = name[:i]
	}
	return underscored.Replace(strings.TrimSpace(name))
}

var underscored = strings.NewReplacer(".", "_", " ", "_")

// checkOpenRedirector: RFC 9700 section 4.11.1: a redirect URI with another URI
// in its query looks like an address that passes the code on. The URI may be a
// value, or stand alone, which makes it a name.
func checkOpenRedirector(_ *finalDocument, u *uri) string {
	for name, value := range u.parameters {
		if redirectsTo(name) || redirectsTo(value) {
			return "the URI's query contains another URI, as that of an open redirector does"
		}
	}
	return ""
}

// redirectsTo tells whether a browser that is sent to s leaves the server.
func redirectsTo(s string) bool {
	target := splitURI(strings.ReplaceAll(asBrowsersRead(s), `\`, "/"))
	return target.hasAuthority || target.web() || forbiddenScheme(s)
}
