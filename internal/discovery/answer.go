package discovery

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"
)

// ofTheServer are headers that say something of the server's body and nothing of
// ours.
var ofTheServer = []string{
	"Content-Encoding", "Content-Length", "Last-Modified", "Accept-Ranges", "Trailer",
	"Content-Md5", "Digest", "Content-Digest", "Repr-Digest",
}

// disown removes what is no longer true when the body is not the server's. A
// Cache-Control no-transform stays: it tells proxies to keep their hands off, and
// to clients the gateway is the origin.
func disown(header http.Header) {
	for _, name := range ofTheServer {
		header.Del(name)
	}
}

// setETag names a body: strongly, since a changed document is the same byte for
// byte as long as the server's is.
func setETag(header http.Header, body []byte) {
	sum := sha256.Sum256(body)
	header.Set("ETag", `"`+hex.EncodeToString(sum[:])+`"`)
}

// answer sends a document whose headers are set. http.ServeContent does the
// rest: Content-Length, conditions, ranges, and no body for HEAD. Of a document
// that was not changed, the server's ETag and Last-Modified are still true.
func answer(w http.ResponseWriter, r *http.Request, body []byte) {
	modified, err := http.ParseTime(w.Header().Get("Last-Modified"))
	if err != nil {
		modified = time.Time{} // which stands for none
	}
	http.ServeContent(w, r, "", modified, bytes.NewReader(body))
}
