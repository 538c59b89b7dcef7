// Package document changes the documents in which clients find a registration
// endpoint: text in, text out, without HTTP and without Caddy.
//
//	kind := document.At("/fhir/.well-known/smart-configuration")
//	w, err := document.NewRewriting("https://auth.example.org/register", document.Lists{})
//	result, err := w.Apply(kind, text) // result.Body is nil if all was right already
//
// Documents are changed as text: object takes one level apart, and a value that
// nobody changes is written as it came, number for number and byte for byte.
// registration.Decode is for registrations: it nests 16 deep at most, which the
// extensions of a CapabilityStatement may exceed, and makes a tree of everything,
// which is much for several megabytes of which one URL changes.
package document
