package discovery

import "net/http"

// isPreflight tells whether a browser asks if a script may read a document
// (Fetch standard, "CORS-preflight request").
func isPreflight(r *http.Request) bool {
	method := r.Header.Get("Access-Control-Request-Method")
	return r.Method == http.MethodOptions && r.Header.Get("Origin") != "" &&
		(method == http.MethodGet || method == http.MethodHead)
}

// answerPreflight allows it. The asterisk stands for every header but
// Authorization, which some libraries send along to /metadata.
func answerPreflight(w http.ResponseWriter) {
	header := w.Header()
	allowAnyOrigin(header)
	header.Set("Access-Control-Allow-Methods", "GET, HEAD")
	header.Set("Access-Control-Allow-Headers", "*, Authorization")
	w.WriteHeader(http.StatusNoContent)
}

// allowAnyOrigin replaces what the server has said: two values of the header, or
// credentials together with the asterisk, are refused by browsers.
func allowAnyOrigin(header http.Header) {
	header.Set("Access-Control-Allow-Origin", "*")
	header.Del("Access-Control-Allow-Credentials")
}
