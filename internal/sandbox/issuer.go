package sandbox

import "net/http"

// issuer knows the addresses that the sandbox calls its own.
type issuer struct {
	pinned    string // the configured hostname; empty means: as the request says
	forwarded bool
	realm     string
}

// origin is the address of the server as this request sees it.
func (i issuer) origin(r *http.Request) string {
	if i.pinned != "" {
		return i.pinned
	}
	scheme, host := "http", r.Host
	if r.TLS != nil {
		scheme = "https"
	}
	if i.forwarded {
		if v := r.Header.Get("X-Forwarded-Proto"); v == "http" || v == "https" {
			scheme = v
		}
		if v := r.Header.Get("X-Forwarded-Host"); v != "" {
			host = v
		}
	}
	return scheme + "://" + host
}

// url is the issuer identifier. Tokens are bound to it.
func (i issuer) url(r *http.Request) string {
	return i.origin(r) + "/realms/" + i.realm
}

// registration is the client registration endpoint of a provider.
func (i issuer) registration(r *http.Request, provider string) string {
	return i.url(r) + "/clients-registrations/" + provider
}
