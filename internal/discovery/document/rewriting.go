package document

import (
	"slices"
	"strings"
)

// Rewriting is what is done to documents: which endpoint they name, and what they
// are narrowed to. It is immutable and safe for concurrent use.
type Rewriting struct {
	endpoint string
	lists    []list
}

// NewRewriting returns one. The error is about the lists.
func NewRewriting(endpoint string, lists Lists) (Rewriting, error) {
	compiled, err := lists.compile()
	return Rewriting{endpoint: endpoint, lists: compiled}, err
}

// Endpoint is the registration endpoint that documents name.
func (w Rewriting) Endpoint() string { return w.endpoint }

// Result is a document after rewriting.
type Result struct {
	Body     []byte   // nil if there was nothing to change
	Unsigned bool     // signed_metadata was removed
	Emptied  []string // members that the document and the lists share nothing of
	Opaque   []string // members that are to be narrowed and are not arrays of strings
}

// Apply changes a document. An error means that the text is not one that can be
// read, or could be read in two ways.
func (w Rewriting) Apply(kind Kind, text []byte) (Result, error) {
	o, err := parseObject(text)
	if err != nil {
		return Result{}, err
	}
	if kind == CapabilityStatement {
		if resource, _ := stringOf(o.get("resourceType")); resource != "CapabilityStatement" || !w.statement(o) {
			return Result{}, nil
		}
		return Result{Body: o.encode()}, nil
	}
	var done Result
	changed := w.metadata(o)
	for _, l := range w.lists {
		changed = l.narrow(o, kind, &done) || changed
	}
	if changed {
		// It goes before the plain members (RFC 8414 section 2.1), and only the
		// server could sign it anew.
		done.Unsigned = o.remove("signed_metadata")
		done.Body = o.encode()
	}
	return done, nil
}

// metadata names the endpoint, and tells whether that is a change. An alias for
// clients that use mutual TLS goes before registration_endpoint (RFC 8705
// section 5; Keycloak has one), so it has to be changed as well.
func (w Rewriting) metadata(o *object) bool {
	changed := o.setString("registration_endpoint", w.endpoint)
	aliased := o.edit("mtls_endpoint_aliases", func(aliases *object) bool {
		return aliases.get("registration_endpoint") != nil && aliases.setString("registration_endpoint", w.endpoint)
	})
	return changed || aliased
}

// oauthURIs is the extension by which a CapabilityStatement names OAuth
// endpoints (SMART App Launch 1.0; deprecated since 2.0).
const oauthURIs = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"

// statement names the endpoint where a CapabilityStatement has oauth-uris, and
// tells whether that is a change.
func (w Rewriting) statement(o *object) bool {
	return o.editEach("rest", func(rest *object) bool {
		return rest.edit("security", func(security *object) bool {
			return security.editEach("extension", func(extension *object) bool {
				url, _ := stringOf(extension.get("url"))
				return url == oauthURIs && w.register(extension)
			})
		})
	})
}

// register sets the extension's part register, or adds it.
func (w Rewriting) register(extension *object) bool {
	found := false
	changed := extension.editEach("extension", func(part *object) bool {
		if url, _ := stringOf(part.get("url")); url != "register" {
			return false
		}
		found = true
		// An extension has one value: one of another type would be a second.
		before := len(part.members)
		part.members = slices.DeleteFunc(part.members, func(m member) bool {
			name := strings.TrimPrefix(m.name, "_") // FHIR's name for the id and extensions of a primitive value
			return strings.HasPrefix(name, "value") && name != "valueUri"
		})
		return part.setString("valueUri", w.endpoint) || len(part.members) != before
	})
	if found {
		return changed
	}
	value := extension.get("extension")
	parts, err := parseArray(value)
	if err != nil && value != nil {
		return false
	}
	part := &object{members: []member{{"url", quote("register")}, {"valueUri", quote(w.endpoint)}}}
	extension.set("extension", encodeArray(append(parts, part.encode())))
	return true
}
