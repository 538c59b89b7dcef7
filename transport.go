package smartregistration

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

var errNotHTTPURL = errors.New("not an absolute http or https URL")

// check looks at the transport: what can be refused before anybody is asked who
// they are.
func (x *transaction) check() error {
	r := x.request
	switch {
	case x.target.missing:
		return &registration.Error{
			Status: http.StatusNotFound, Code: registration.InvalidRequest, Description: "there is nothing at this address",
		}
	case !slices.Contains(x.target.allow, r.Method):
		return &registration.Error{
			Status: http.StatusMethodNotAllowed, Code: registration.InvalidRequest,
			Description: "this method is not available here", Allow: x.target.allow,
		}
	case r.TLS != nil && !r.TLS.HandshakeComplete, r.Header.Get("Early-Data") == "1":
		// Early data can be replayed by whoever saw it (RFC 8470); Caddy takes
		// it on HTTP/3, and a proxy in front says that it did. A replayed
		// registration is a second client.
		return &registration.Error{
			Status: http.StatusTooEarly, Code: registration.InvalidRequest,
			Description: "send this again when the TLS handshake is complete",
		}
	case !x.hasBody():
		return nil
	case !isJSON(r.Header.Values("Content-Type")):
		return &registration.Error{
			Status: http.StatusUnsupportedMediaType, Code: registration.InvalidRequest,
			Description: "the content type must be application/json",
		}
	case r.ContentLength > x.MaxBody:
		return tooLarge()
	}
	return nil
}

// hasBody tells whether the operation has a request body.
func (x *transaction) hasBody() bool {
	return x.target.operation == registration.Create || x.target.operation == registration.Update
}

// isJSON accepts application/json with any parameters (RFC 7591 section 3.1),
// once.
func isJSON(contentType []string) bool {
	if len(contentType) != 1 {
		return false
	}
	// Spares the common case a map.
	if strings.EqualFold(contentType[0], "application/json") {
		return true
	}
	mediaType, _, err := mime.ParseMediaType(contentType[0])
	return err == nil && mediaType == "application/json"
}

// body reads the request body, at most MaxBody of it.
func (x *transaction) body(w http.ResponseWriter) ([]byte, error) {
	var body []byte
	var err error
	if length := x.request.ContentLength; length > 0 { // at most MaxBody, which check has seen to
		body = make([]byte, length)
		_, err = io.ReadFull(x.request.Body, body)
	} else {
		body, err = io.ReadAll(http.MaxBytesReader(w, x.request.Body, x.MaxBody))
	}
	if err == nil {
		return body, nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, tooLarge()
	}
	return nil, &registration.Error{
		Status: http.StatusBadRequest, Code: registration.InvalidRequest,
		Description: "the request body could not be read", Err: err,
	}
}

// leaveUnread ends the connection of a body that is too large. net/http would
// otherwise read on, up to 256 KiB, before it sends the answer, and wait for
// whoever sends slowly. (HTTP/2 and 3 reset the stream instead.)
func (x *transaction) leaveUnread(w http.ResponseWriter, status int) {
	if status == http.StatusRequestEntityTooLarge && x.request.ProtoMajor == 1 {
		w.Header().Set("Connection", "close")
	}
}

func tooLarge() error {
	return &registration.Error{
		Status: http.StatusRequestEntityTooLarge, Code: registration.InvalidRequest,
		Description: "the request body is too large",
	}
}
