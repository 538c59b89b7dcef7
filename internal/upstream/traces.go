package upstream

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// Traces are what an answer that cannot be used still tells of the client that it
// is about: its client_id and its registration_access_token, each where it is
// found. The address that a new client is at (Location) has its id too.
func Traces(reply *Reply, registrationPath string) *registration.Metadata {
	found := registration.New()
	if reply == nil {
		return found
	}
	for _, name := range []string{"client_id", "registration_access_token"} {
		if value := traced[name].FindStringSubmatch(reply.Body); value != nil {
			found.Set(name, value[1])
		}
	}
	if location, err := url.Parse(reply.Header.Get("Location")); err == nil && !found.Has("client_id") {
		if _, id, below := strings.Cut(location.Path, registrationPath+"/"); below && id != "" && !strings.Contains(id, "/") {
			found.Set("client_id", id)
		}
	}
	return found
}

// traced find a member in what may be half a document. Ids and tokens have no
// escapes in them; one that is cut off has no quote behind it and is not found.
var traced = map[string]*regexp.Regexp{
	"client_id":                 regexp.MustCompile(`"client_id"\s*:\s*"([^"\\]{1,255})"`),
	"registration_access_token": regexp.MustCompile(`"registration_access_token"\s*:\s*"([^"\\]+)"`),
}
