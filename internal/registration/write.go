package registration

import (
	"net/http"
	"strconv"
	"sync"
)

// writeJSON sends what appendBody appends, nothing if it is nil, with the headers
// that every answer of a registration endpoint has: it may hold a secret, so it is
// never stored (RFC 7591 section 3.2.1).
func writeJSON(w http.ResponseWriter, status int, appendBody func([]byte) []byte) {
	h := w.Header()
	// Names as http.Header has them, and one allocation for all values. It is this
	// answer's own: Caddy's header directive replaces values in place.
	values := []string{"no-store", "no-cache", "application/json", ""}
	h["Cache-Control"], h["Pragma"] = values[0:1:1], values[1:2:2]
	if appendBody == nil {
		w.WriteHeader(status)
		return
	}
	buffer := buffers.Get().(*[]byte)
	*buffer = appendBody((*buffer)[:0])
	values[3] = strconv.Itoa(len(*buffer))
	h["Content-Type"], h["Content-Length"] = values[2:3:3], values[3:4:4]
	w.WriteHeader(status)
	_, _ = w.Write(*buffer) // the caller is gone: there is nobody to tell
	if cap(*buffer) <= maxBuffer {
		buffers.Put(buffer)
	}
}

// buffers are for bodies on their way out: an http.ResponseWriter keeps nothing of
// what it is given (see [io.Writer]).
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// maxBuffer is how large a buffer may have become to be used again, in bytes. Most
// answers are a tenth of it.
const maxBuffer = 16 << 10
