package discovery

import (
	"errors"
	"maps"
	"net/http"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// withheld are request headers that the next handler does not see. Conditions
// and ranges are about the document that the caller knows, not the server's;
// and with an encoding accepted, it would come compressed.
var withheld = []string{
	"Accept-Encoding", "If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since", "Range",
}

// ask has the next handler answer a plain GET into the capture.
//
// The request is changed in place and put back afterwards: Caddy's placeholders
// look at this very request, so that a copy would part them from what handlers
// further on do to it.
func ask(next caddyhttp.Handler, c *capture, r *http.Request) error {
	method := r.Method
	values := make(map[string][]string, len(withheld))
	for _, name := range withheld {
		if v, ok := r.Header[name]; ok {
			values[name] = v
			delete(r.Header, name)
		}
	}
	r.Method = http.MethodGet // the headers that HEAD asks for depend on the body
	defer func() {
		r.Method = method
		maps.Copy(r.Header, values)
	}()
	return serve(next, c, r)
}

var errBrokeOff = errors.New("the document broke off")

// serve calls the next handler. reverse_proxy panics with http.ErrAbortHandler
// when the server's reply breaks off, so that the connection to the caller is
// cut. As long as nothing was said to the caller, a 502 says more.
func serve(next caddyhttp.Handler, c *capture, r *http.Request) (err error) {
	defer func() {
		if v := recover(); v != nil {
			if v != http.ErrAbortHandler || c.passing || r.Context().Err() != nil { //nolint:errorlint // a panic value, compared as net/http does
				panic(v)
			}
			err = caddyhttp.Error(http.StatusBadGateway, errBrokeOff)
		}
	}()
	return next.ServeHTTP(c, r)
}
