package document

import (
	"errors"
	"fmt"
	"slices"

	"github.com/caddy-smart/smartregistration/internal/smart"
)

// Lists are what documents are narrowed to: a member becomes what it has in
// common with its list. Without a list, or in a CapabilityStatement, nothing is
// narrowed.
//
// A member that a document lacks stays absent, except scopes_supported and
// capabilities of smart-configuration, which are set to the list. A member that
// is not an array of strings stays as it is. If document and list have nothing
// in common, the member becomes an empty array: without it, clients would take
// the specification's default for granted. Either is logged at level warn, once.
type Lists struct {
	// ScopesSupported are the scopes to advertise. A scope of the document
	// stays if these cover it: `patient/*.rs` keeps `patient/Observation.read`.
	// Default: as the document has them
	ScopesSupported []string `json:"scopes_supported,omitempty"`

	// GrantTypesSupported are the grant types to advertise.
	// Default: as the document has them
	GrantTypesSupported []string `json:"grant_types_supported,omitempty"`

	// TokenEndpointAuthMethodsSupported are the methods of client authentication
	// to advertise. Default: as the document has them
	TokenEndpointAuthMethodsSupported []string `json:"token_endpoint_auth_methods_supported,omitempty"`

	// Capabilities are the SMART capabilities to advertise, in
	// smart-configuration only. Default: as the document has them
	Capabilities []string `json:"capabilities,omitempty"`

	// WithoutCapabilities are SMART capabilities not to advertise, beside those
	// that capabilities leaves out. For a caller in Go. Default: none
	WithoutCapabilities []string `json:"-"`
}

// Empty tells whether nothing is narrowed.
func (n Lists) Empty() bool {
	return n.ScopesSupported == nil && n.GrantTypesSupported == nil && n.TokenEndpointAuthMethodsSupported == nil &&
		n.Capabilities == nil && n.WithoutCapabilities == nil
}

// list is what one member is narrowed to.
type list struct {
	member string
	values []string
	keeps  func(string) bool
	// In smart-configuration: the member is only there, and set where it is not.
	smartOnly, smartSets bool
}

// compile checks the lists and returns those that are there.
func (n Lists) compile() ([]list, error) {
	for _, scope := range n.ScopesSupported {
		// What only looks like a SMART scope may be a server's own word, and is
		// compared literally.
		if err := smart.Check(scope); errors.Is(err, smart.ErrToken) {
			return nil, fmt.Errorf("scopes_supported: scope %q: %w", scope, err)
		}
	}
	scopes := smart.NewSet(n.ScopesSupported)
	all := []list{
		{
			member: "scopes_supported", values: n.ScopesSupported, smartSets: true,
			keeps: func(scope string) bool { return scopes.Covers(smart.Parse(scope)) },
		},
		{member: "grant_types_supported", values: n.GrantTypesSupported},
		{member: "token_endpoint_auth_methods_supported", values: n.TokenEndpointAuthMethodsSupported},
		{member: "capabilities", values: n.Capabilities, smartOnly: true, smartSets: true},
		{
			member: "capabilities", values: n.WithoutCapabilities, smartOnly: true,
			keeps: func(s string) bool { return !slices.Contains(n.WithoutCapabilities, s) },
		},
	}
	for i, l := range all {
		if l.keeps == nil {
			all[i].keeps = func(s string) bool { return slices.Contains(l.values, s) }
		}
		// Nothing at all is never meant: there is no need to write that.
		if l.values != nil && len(l.values) == 0 || slices.Contains(l.values, "") {
			return nil, fmt.Errorf("%s: a list to narrow to has values, and none is empty", l.member)
		}
	}
	return slices.DeleteFunc(all, func(l list) bool { return l.values == nil }), nil
}

// narrow changes the list's member of a document, and tells whether it did.
func (l list) narrow(o *object, kind Kind, done *Result) bool {
	if l.smartOnly && kind != SMARTConfiguration {
		return false
	}
	value := o.get(l.member)
	if value == nil {
		if !l.smartSets || kind != SMARTConfiguration {
			return false
		}
		o.set(l.member, quoteAll(l.values))
		return true
	}
	advertised, ok := stringsOf(value)
	if !ok {
		done.Opaque = append(done.Opaque, l.member)
		return false
	}
	kept := slices.DeleteFunc(slices.Clone(advertised), func(s string) bool { return !l.keeps(s) })
	if len(kept) == len(advertised) {
		return false
	}
	if len(kept) == 0 {
		done.Emptied = append(done.Emptied, l.member)
	}
	o.set(l.member, quoteAll(kept))
	return true
}
