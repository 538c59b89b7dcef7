package registration

import "net/http"

// Answer is what a caller is told of a registration (RFC 7591 section 3.2.1,
// RFC 7592 section 3).
type Answer struct {
	Status   int
	Location string    // where the registration is, on Create
	Body     *Metadata // nil for an answer without a body (204)
}

// Write sends the answer.
func (a *Answer) Write(w http.ResponseWriter) {
	if a.Location != "" {
		w.Header().Set("Location", a.Location)
	}
	if a.Body == nil {
		writeJSON(w, a.Status, nil)
		return
	}
	writeJSON(w, a.Status, a.Body.appendTo)
}
