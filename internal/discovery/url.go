package discovery

import (
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/caddyserver/caddy/v2"
)

// resolve replaces placeholders that are known at start. One that is unknown or
// empty is an error.
func resolve(repl *caddy.Replacer, value string) (string, error) {
	if !isPlaceholder(value) {
		return value, nil
	}
	resolved, err := repl.ReplaceOrErr(value, true, true)
	// What {file.*} reads ends in the file's line break.
	return strings.TrimRight(resolved, "\r\n"), err
}

// isPlaceholder tells whether a value will only be known later.
func isPlaceholder(s string) bool { return strings.Contains(s, "{") }

// checkURL accepts what clients can be sent to: an absolute https URL, or an
// http one on this machine, for trying things out.
func checkURL(name, value string) error {
	u, err := url.Parse(value)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" ||
		(u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname()))) {
		// Without the URL, which may hold a password.
		return fmt.Errorf("%s must be an absolute https URL, without user and fragment (http on the machine itself)", name)
	}
	return nil
}

// loopback tells whether a host name is this machine.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}
