package registration

import "net/http"

// Operation is what a request wants done with a registration.
type Operation int

// The four operations of RFC 7591 section 3 and RFC 7592 section 2.
const (
	Create Operation = iota // POST to the client registration endpoint
	Read                    // GET at the client configuration endpoint
	Update                  // PUT there: replaces the whole registration
	Delete                  // DELETE there
)

var operationNames = [...]string{"create", "read", "update", "delete"}

// String is the operation's name in logs and metrics.
func (op Operation) String() string { return operationNames[op] }

// Method is the HTTP method that asks for the operation.
func (op Operation) Method() string {
	return [...]string{http.MethodPost, http.MethodGet, http.MethodPut, http.MethodDelete}[op]
}
