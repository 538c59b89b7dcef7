package sandbox

import (
	"net/http"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// validate applies the server's few rules about URIs. It accepts a bare asterisk,
// http on the internet, userinfo and dot segments as redirect URIs: judging those
// is the gateway's part.
func (c *client) validate() error {
	var broken []string
	code := "invalid_client_metadata"
	complain := func(message string) {
		if message != "" {
			broken = append(broken, message)
		}
	}
	complain(checkURL("Base URL", c.asked.text("client_uri"), true))
	complain(checkURL("Backchannel logout URL", c.asked.text("backchannel_logout_uri"), true))
	for _, uri := range c.redirectURIs {
		if message := checkRedirectURI(uri); message != "" {
			code = "invalid_redirect_uri"
			complain(message)
		}
	}
	complain(checkLogo(c.asked.text("logo_uri")))
	complain(checkURL("Policy URL", c.asked.text("policy_uri"), false))
	complain(checkURL("Terms of service URL", c.asked.text("tos_uri"), false))
	if len(broken) == 0 {
		return nil
	}
	return &wireError{http.StatusBadRequest, code, strings.Join(broken, "; ")}
}

// columnWidth is what the server's database holds of a name or an address.
const columnWidth = 255

// fits tells whether the database would take the client, which counts UTF-16
// units. The server finds out only there, and so answers 500.
func (c *client) fits() bool {
	for _, value := range append([]string{c.asked.text("client_name"), c.asked.text("client_uri")}, c.redirectURIs...) {
		if len(utf16.Encode([]rune(value))) > columnWidth {
			return false
		}
	}
	return true
}

func checkRedirectURI(value string) string {
	if value == "" {
		return ""
	}
	uri, ok := parseJavaURI(value)
	switch {
	case !ok:
		return "A redirect URI is not a valid URI"
	case uri.scheme == "data" || uri.scheme == "javascript":
		return "A redirect URI uses an illegal scheme"
	case uri.fragment:
		return "A redirect URI must not contain an URL fragment"
	}
	return ""
}

// checkURL checks a member that has to be an absolute address of a kind that
// Java can open. Where resolved is true, a path counts as one on the server.
func checkURL(what, value string, resolved bool) string {
	if value == "" || (resolved && strings.HasPrefix(value, "/")) {
		return ""
	}
	uri, ok := parseJavaURI(value)
	if ok && (uri.scheme == "data" || uri.scheme == "javascript") {
		return what + " uses an illegal scheme"
	}
	switch uri.scheme {
	case "http", "https", "ftp", "file", "jar", "mailto":
		if ok {
			return ""
		}
	}
	return what + " is not a valid URL"
}

func checkLogo(value string) string {
	if value == "" {
		return ""
	}
	uri, ok := parseJavaURI(value)
	switch {
	case !ok:
		return "Logo URL is not a valid URL"
	case uri.scheme == "javascript":
		return "Logo URL uses an illegal scheme"
	}
	return ""
}

type javaURI struct {
	scheme   string
	fragment bool
}

// parseJavaURI follows java.net.URI where it differs from net/url: it takes "+",
// "*" and letters of any script, but neither braces nor a scheme with nothing
// behind it.
func parseJavaURI(s string) (javaURI, bool) {
	var uri javaURI
	rest, _, hasFragment := strings.Cut(s, "#")
	uri.fragment = hasFragment
	if strings.Count(s, "#") > 1 || !legalCharacters(s) {
		return uri, false
	}
	colon := strings.IndexAny(rest, ":/?")
	if colon < 0 || rest[colon] != ':' {
		return uri, true // a relative reference
	}
	scheme, specific := rest[:colon], rest[colon+1:]
	for i, c := range []byte(scheme) {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || !strings.ContainsRune("0123456789+-.", rune(c))) {
			return uri, false
		}
	}
	uri.scheme = scheme
	return uri, scheme != "" && specific != "" && specific != "//"
}

func legalCharacters(s string) bool {
	const punctuation = "-_.!~*'();/?:@&=+$,[]#"
	for i, c := range s {
		switch {
		case c == '%':
			if len(s) < i+3 || !isHex(s[i+1]) || !isHex(s[i+2]) {
				return false
			}
		case c == utf8.RuneError, unicode.IsControl(c), unicode.IsSpace(c):
			return false
		case c < utf8.RuneSelf && !strings.ContainsRune(punctuation, c) && !isAlphanumeric(byte(c)):
			return false
		}
	}
	return true
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}
