package upstream

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// capture is a http.ResponseWriter that keeps a reply instead of sending it.
// It has a header map of its own: Caddy's recorder shares the caller's, so that
// a refusal after a reply would go out with that reply's Content-Length. It has
// no Unwrap, so that http.ResponseController cannot climb through it to the
// caller's connection.
type capture struct {
	header http.Header
	status int
	body   strings.Builder // of which a document is then part, without a copy
	limit  int
	over   bool // more came than the limit
}

func newCapture(limit int) *capture {
	return &capture{header: make(http.Header), limit: limit}
}

// Header is the reply's.
func (c *capture) Header() http.Header { return c.header }

// WriteHeader keeps the final status; informational ones (103 Early Hints) are
// for browsers.
func (c *capture) WriteHeader(status int) {
	if c.status != 0 || status < 200 {
		return
	}
	c.status = status
	if length, err := strconv.Atoi(c.header.Get("Content-Length")); err == nil && length > 0 {
		c.body.Grow(min(length, c.limit))
	}
}

func (c *capture) Write(p []byte) (int, error) {
	c.WriteHeader(http.StatusOK)
	if c.body.Len()+len(p) > c.limit {
		c.over = true
		return 0, fmt.Errorf("the reply is larger than %d bytes", c.limit)
	}
	return c.body.Write(p)
}

// FlushError does nothing: reverse_proxy flushes replies of unknown length, and
// without this method it would take the writer to be broken.
func (c *capture) FlushError() error { return nil }

// usable tells whether the reply is one that can be read at all. Accept-Encoding
// is never sent, so Go's transport decodes gzip itself; an encoding that is
// still there is one that nobody asked for.
func (c *capture) usable() error {
	switch {
	case c.status == 0:
		return fmt.Errorf("%w: no status", ErrUnusable)
	case c.status == statusClientClosed:
		return fmt.Errorf("%w: broken off", ErrUnusable)
	case c.over:
		return fmt.Errorf("%w: larger than %d bytes", ErrUnusable, c.limit)
	case c.header.Get("Content-Encoding") != "":
		return fmt.Errorf("%w: content encoding %q", ErrUnusable, c.header.Get("Content-Encoding"))
	}
	return nil
}

// statusClientClosed is what reverse_proxy writes when the request was
// cancelled.
const statusClientClosed = 499

// Interface guards
var (
	_ http.ResponseWriter             = (*capture)(nil)
	_ interface{ FlushError() error } = (*capture)(nil)
)
