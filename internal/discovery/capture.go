package discovery

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// capture is a http.ResponseWriter that holds an answer back if it can be a
// document, and lets any other through. Which of the two is decided by status
// and headers, and once more if the body turns out too large.
//
// It has a header map of its own: in one that it shared with the caller's writer,
// as Caddy's recorder does, an error after a captured answer would go out with
// that answer's Content-Length. It has no Unwrap, so that http.ResponseController
// cannot climb through it.
type capture struct {
	to       http.ResponseWriter
	header   http.Header // what the handlers set; begins as a copy of to's
	sent     http.Header // what it was when the status came: later ones are trailers
	limit    int
	bodyless bool // the caller wants none: HEAD, asked as GET
	cors     bool

	status  int
	body    bytes.Buffer
	passing bool // to has been told status and headers
	why     passReason
}

// passReason is why an answer was not held back.
type passReason uint8

const (
	passOther passReason = iota // no document: not JSON, or not a success
	passTooLarge
	passEncoding
)

// Header is the answer's until it passes, then the caller's: trailers are set
// when all else has been written.
func (c *capture) Header() http.Header {
	if c.passing {
		return c.to.Header()
	}
	return c.header
}

// WriteHeader decides what becomes of the answer. Informational ones (103 Early
// Hints) are for pages.
func (c *capture) WriteHeader(status int) {
	if c.status != 0 || status < 200 {
		return
	}
	c.status = status
	c.sent = c.header.Clone()
	length, err := strconv.Atoi(c.sent.Get("Content-Length"))
	if err != nil {
		length = 0
	}
	switch {
	case status != http.StatusOK || !isJSON(c.sent.Get("Content-Type")):
		c.pass(passOther)
	case encodingOf(c.sent) == otherEncoding:
		c.pass(passEncoding)
	case length > c.limit:
		c.pass(passTooLarge)
	default:
		c.body.Grow(max(length, 0))
	}
}

func (c *capture) Write(p []byte) (int, error) {
	c.WriteHeader(http.StatusOK)
	if !c.passing && c.body.Len()+len(p) > c.limit {
		c.pass(passTooLarge)
	}
	switch {
	case !c.passing:
		return c.body.Write(p)
	case c.bodyless:
		return len(p), nil
	default:
		return c.to.Write(p)
	}
}

// FlushError flushes what passes. For what is held back it does nothing:
// reverse_proxy flushes answers of unknown length, and without this method it
// would take the writer to be broken.
func (c *capture) FlushError() error {
	if !c.passing {
		return nil
	}
	return http.NewResponseController(c.to).Flush()
}

// pass sends on what there is, and from then on all that comes.
func (c *capture) pass(why passReason) {
	c.why = why
	c.commit(c.sent)
	c.passing = true
	c.to.WriteHeader(c.status)
	held := c.body.Bytes()
	c.body = bytes.Buffer{}
	if len(held) > 0 && !c.bodyless {
		// A caller that is gone shows with the write that follows.
		_, _ = c.to.Write(held)
	}
}

// commit makes these the headers that the caller is told.
func (c *capture) commit(header http.Header) {
	callers := c.to.Header()
	clear(callers)
	maps.Copy(callers, header)
	if c.cors {
		allowAnyOrigin(callers)
	}
}

var errTextTooLarge = errors.New("larger than max_body when decompressed")

// text is the body without its encoding.
func (c *capture) text() ([]byte, error) {
	if encodingOf(c.sent) == noEncoding {
		return c.body.Bytes(), nil
	}
	reader, err := gzip.NewReader(bytes.NewReader(c.body.Bytes()))
	if err != nil {
		return nil, fmt.Errorf("gzip: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(reader, int64(c.limit)+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("gzip: %w", err)
	case len(text) > c.limit:
		return nil, errTextTooLarge
	}
	return text, nil
}

// encoding is what an answer's body has been put through.
type encoding uint8

const (
	noEncoding encoding = iota
	gzipEncoding
	otherEncoding
)

// encodingOf reads Content-Encoding (RFC 9110 section 8.4). Nobody asked for
// one, but a file may lie there compressed.
func encodingOf(header http.Header) encoding {
	switch strings.ToLower(strings.Join(header.Values("Content-Encoding"), ",")) {
	case "", "identity":
		return noEncoding
	case "gzip", "x-gzip":
		return gzipEncoding
	default:
		return otherEncoding
	}
}

// isJSON tells whether a media type is JSON: application/json, FHIR's
// application/fhir+json, and application/json+fhir, which it was before R3.
func isJSON(contentType string) bool {
	mediaType, _, err := mime.ParseMediaType(contentType)
	return err == nil && (mediaType == "application/json" || mediaType == "application/json+fhir" || strings.HasSuffix(mediaType, "+json"))
}

// Interface guards
var (
	_ http.ResponseWriter             = (*capture)(nil)
	_ interface{ FlushError() error } = (*capture)(nil)
)
