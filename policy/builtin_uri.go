package policy

import (
	"strconv"
	"strings"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// maxURI is the length of all other URIs. Keycloak stores longer ones (a
// logo_uri of 5,000 characters, measured); browsers and proxies do not agree on
// them.
const maxURI = 2048

// wellKnownPorts are those below this one (RFC 6335 section 6).
const wellKnownPorts = 1024

// uriUse is what becomes of a URI member's value, which is what the rules over
// it depend on.
type uriUse uint8

const (
	useRedirect uriUse = 1 << iota // a browser is sent there with a response
	useClient                      // client_uri: a link, and Keycloak's base URL
	usePage                        // shown as a link
	useLogo                        // shown as an image; servers are known to fetch it (CVE-2021-26715)
	useEndpoint                    // fetched or called by the server, or opened without being asked for
	useRequest                     // fetched by the server as a request object
	useUnknown                     // of an unknown member whose name ends as those of URI members do

	anyPage     = useClient | usePage | useLogo
	anyEndpoint = useEndpoint | useRequest
	anyFetched  = anyEndpoint | useLogo
	anyKnown    = anyPage | anyEndpoint
)

func useOf(name string) uriUse {
	base, _, tagged := strings.Cut(name, "#")
	switch base[strings.LastIndexByte(base, '_')+1:] {
	case "uri", "uris", "url", "urls", "endpoint":
	default:
		return 0
	}
	switch base { // these may carry a language tag (RFC 7591 section 2.2)
	case "client_uri":
		return useClient
	case "tos_uri", "policy_uri":
		return usePage
	case "logo_uri":
		return useLogo
	}
	if tagged {
		return useUnknown
	}
	switch name {
	case "redirect_uris", "post_logout_redirect_uris":
		return useRedirect
	case "jwks_uri", "sector_identifier_uri", "initiate_login_uri", "backchannel_logout_uri",
		"frontchannel_logout_uri", "backchannel_client_notification_endpoint":
		return useEndpoint
	case "request_uris":
		return useRequest
	}
	return useUnknown
}

// uriRules judge the other URI members, and all of them by their scheme.
var uriRules = []builtInRule{
	eachURI("uri_forbidden_scheme", useRedirect|anyKnown|useUnknown, checkForbiddenScheme),

	eachURI("uri_absolute", anyKnown, checkAbsolute),
	eachURI("uri_characters", anyKnown, checkCharacters),
	eachURI("uri_encoded_control", anyKnown, checkEncodedControl),
	eachURI("uri_userinfo", anyKnown, checkUserinfo),
	eachURI("uri_host", anyKnown, checkHost),
	eachURI("uri_numeric_host", anyKnown, checkNumericHost),
	eachURI("uri_port", anyKnown, checkPort),
	eachURI("uri_length", anyKnown&^useClient, checkLength),
	eachURI("client_uri_length", useClient, checkStoredLength),

	eachURI("page_uri_scheme", anyPage, checkPageScheme, "https"),
	eachURI("page_uri_https", anyPage, checkPageHTTPS, "https"),

	eachURI("endpoint_uri_https", anyEndpoint, checkEndpointHTTPS, "https"),
	eachURI("endpoint_uri_fragment", useEndpoint, checkFragment),
	eachURI("request_uri_fragment", useRequest, checkRequestFragment),
	eachURI("endpoint_uri_wildcard", anyEndpoint, checkWildcard),
	eachURI("endpoint_uri_dot_segments", anyEndpoint, checkDotSegments),
	eachURI("endpoint_uri_port", anyEndpoint, checkEndpointPort),
	eachURI("fetched_uri_special_address", anyFetched, checkSpecialAddress),
	eachURI("fetched_uri_internal_name", anyFetched, checkInternalName),
	{name: "sector_identifier_uri_required", check: sectorIdentifierRequired},
}

// uriCheck returns one sentence on what is wrong with a URI, or "".
type uriCheck func(d *finalDocument, u *uri) string

// memberURI is one URI of a document, taken apart, and where it stands.
type memberURI struct {
	uri
	member string
	index  int // in an array, else -1
	use    uriUse
}

// takeApart takes apart once what several rules look into: response types, keys,
// names and every URI. A value that is no string is passed over: that is a wrong
// type, found before.
func (d *finalDocument) takeApart() {
	if v, _ := d.Get("response_types"); registration.AreStrings(v) {
		d.responseTypes = v.([]any)
	}
	if set := d.Object("jwks"); set != nil {
		d.keys, _ = registration.KeyArray(set)
	}
	for _, member := range d.Members() {
		use := useOf(member.Name)
		switch v := member.Value.(type) {
		case string:
			switch {
			case use != 0:
				d.addURI(v, member.Name, -1, use)
			case isName(member.Name) && !plainText(v):
				d.names = append(d.names, member)
			}
		case []any:
			if use == 0 {
				continue
			}
			for i, e := range v {
				if s, ok := e.(string); ok {
					d.addURI(s, member.Name, i, use)
				}
			}
		}
	}
}

func (d *finalDocument) addURI(s, member string, index int, use uriUse) {
	if plainHost(s) != "" {
		return
	}
	d.uses |= use
	d.uris = append(d.uris, memberURI{splitAnyURI(s), member, index, use})
}

func (u memberURI) pointer() []string {
	if u.index < 0 {
		return []string{u.member}
	}
	return []string{u.member, index(u.index)}
}

// eachURI makes a rule of a check of one URI.
func eachURI(name string, uses uriUse, check uriCheck, allowed ...string) builtInRule {
	return builtInRule{name: name, uses: uses, check: func(d *finalDocument) []Violation {
		var vs []Violation
		for i := range d.uris {
			u := &d.uris[i]
			if u.use&uses == 0 {
				continue
			}
			if detail := check(d, &u.uri); detail != "" {
				v := violation(detail, u.raw, allowed, u.pointer()...)
				v.Code = uriCode(u.member)
				vs = append(vs, v)
			}
		}
		return vs
	}}
}

// uriCode is the code for a violation in a URI member (RFC 7591 section 3.2.2).
func uriCode(name string) registration.Code {
	if name == "redirect_uris" {
		return registration.InvalidRedirectURI
	}
	return registration.InvalidClientMetadata
}

// checkForbiddenScheme: script, local files and other applications behind a
// redirect, or behind a link on the consent page or in the admin console
// (CVE-2026-22752). It covers unknown members too.
func checkForbiddenScheme(_ *finalDocument, u *uri) string {
	if forbiddenScheme(u.raw) {
		return "the URI's scheme is never allowed"
	}
	return ""
}

func checkLength(_ *finalDocument, u *uri) string {
	if len(u.raw) > maxURI {
		return "the URI is longer than " + strconv.Itoa(maxURI) + " characters"
	}
	return ""
}

func checkStoredLength(_ *finalDocument, u *uri) string {
	if len(u.raw) > maxStored {
		return "the URI is longer than " + strconv.Itoa(maxStored) + " characters"
	}
	return ""
}

// checkPageScheme: RFC 7591 section 2: the value of these members "MUST point to
// a valid web page". Keycloak refuses a client_uri of any other scheme.
func checkPageScheme(_ *finalDocument, u *uri) string {
	if u.scheme == "" || u.web() {
		return ""
	}
	return "the URI must be https"
}

// checkPageHTTPS: RFC 7591 section 5 leaves http open for these members; on a
// consent page an image over http is mixed content, and UDAP requires https of
// logo_uri.
func checkPageHTTPS(_ *finalDocument, u *uri) string {
	if u.scheme == "http" {
		return "the URI must be https"
	}
	return ""
}

// checkEndpointHTTPS: RFC 7591 section 5 for jwks_uri; OpenID Connect Dynamic
// Client Registration section 2 for sector_identifier_uri, initiate_login_uri
// and request_uris. Keycloak stores a jwks_uri of any scheme (measured).
func checkEndpointHTTPS(_ *finalDocument, u *uri) string {
	if u.scheme == "" || u.scheme == "https" {
		return ""
	}
	return "the URI must be https"
}

// checkEndpointPort: a server that can be made to call ports of one's choice is
// a port scanner. 443 and what is not well known remain.
func checkEndpointPort(_ *finalDocument, u *uri) string {
	port, ok := u.portNumber()
	if ok && u.hasPort && port < wellKnownPorts && strconv.Itoa(port) != defaultPort("https") {
		return "the URI's port is a well-known port other than 443"
	}
	return ""
}

// sectorIdentifierRequired: OpenID Connect Core section 8.1: with redirect URIs
// on several hosts, nothing else says for whom a pairwise subject is.
func sectorIdentifierRequired(d *finalDocument) []Violation {
	if d.String("subject_type") != "pairwise" || d.Has("sector_identifier_uri") {
		return nil
	}
	first := ""
	for _, s := range stringsOf(d.Metadata, "redirect_uris") {
		switch host := splitURI(s).host; {
		case host == "" || host == first:
		case first == "":
			first = host
		default:
			return []Violation{violation("pairwise subjects with redirect URIs on several hosts need a sector_identifier_uri",
				nil, nil, "sector_identifier_uri")}
		}
	}
	return nil
}
