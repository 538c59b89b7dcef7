package discovery

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-smart/smartregistration/internal/discovery/document"
	"github.com/caddy-smart/smartregistration/internal/registration"
)

// Serve is a smart-configuration for a FHIR server that has none.
type Serve struct {
	// Path is where the document is, compared with the request's path; it ends
	// in /.well-known/smart-configuration.
	// Default: /.well-known/smart-configuration
	Path string `json:"path,omitempty"`

	// Document is the document: a JSON object with what SMART App Launch 2.2
	// requires. registration_endpoint is added to it, and it is narrowed like
	// any other. Placeholders in strings are resolved at start. Required.
	Document json.RawMessage `json:"document,omitempty"`
}

// memberKind is what a member's value is.
type memberKind uint8

const (
	stringKind memberKind = iota
	urlKind               // a string: an https URL, or http on this machine
	arrayKind             // an array of strings
	jsonKind              // what a line of a Caddyfile cannot say
)

// members are those of smart-configuration (SMART App Launch 2.2, "Conformance",
// "Metadata") and the arrays of RFC 8414 section 2. Others are strings.
var members = map[string]memberKind{
	"issuer":                   urlKind,
	"jwks_uri":                 urlKind,
	"authorization_endpoint":   urlKind,
	"token_endpoint":           urlKind,
	"management_endpoint":      urlKind,
	"introspection_endpoint":   urlKind,
	"revocation_endpoint":      urlKind,
	"smart_app_state_endpoint": urlKind,
	"user_access_brand_bundle": urlKind,

	"capabilities":                                             arrayKind,
	"scopes_supported":                                         arrayKind,
	"grant_types_supported":                                    arrayKind,
	"response_types_supported":                                 arrayKind,
	"response_modes_supported":                                 arrayKind,
	"code_challenge_methods_supported":                         arrayKind,
	"token_endpoint_auth_methods_supported":                    arrayKind,
	"token_endpoint_auth_signing_alg_values_supported":         arrayKind,
	"introspection_endpoint_auth_methods_supported":            arrayKind,
	"introspection_endpoint_auth_signing_alg_values_supported": arrayKind,
	"revocation_endpoint_auth_methods_supported":               arrayKind,
	"revocation_endpoint_auth_signing_alg_values_supported":    arrayKind,
	"ui_locales_supported":                                     arrayKind,

	"associated_endpoints":         jsonKind,
	"user_access_brand_identifier": jsonKind,
}

// checkServePath finds paths at which no client looks.
func checkServePath(path string) error {
	if !strings.HasPrefix(path, "/") || !strings.HasSuffix(path, document.WellKnownSMART) {
		return fmt.Errorf("serve: the path %q must begin with a slash and end in %s", path, document.WellKnownSMART)
	}
	return nil
}

// checkMember judges one member of a document. What is a placeholder still is
// judged at start.
func checkMember(name string, value any) error {
	switch name {
	case "registration_endpoint":
		return errors.New("registration_endpoint is added by itself, and not part of serve")
	case "signed_metadata":
		return errors.New("signed_metadata cannot be served: it would not name the registration endpoint")
	}
	switch members[name] {
	case urlKind:
		s, ok := value.(string)
		if !ok {
			return fmt.Errorf("%s must be a string", name)
		}
		if isPlaceholder(s) {
			return nil
		}
		return checkURL(name, s)
	case arrayKind:
		values, ok := registration.AsStrings(value)
		if !ok {
			return fmt.Errorf("%s must be an array of strings", name)
		}
		if name == "code_challenge_methods_supported" {
			return checkChallengeMethods(values)
		}
	default: // of the others nothing is known
	}
	return nil
}

func checkChallengeMethods(values []string) error {
	if !slices.Contains(values, "S256") || slices.Contains(values, "plain") {
		return errors.New("code_challenge_methods_supported must have S256 in it and not plain (SMART App Launch 2.2)")
	}
	return nil
}

// checkRequired finds members that SMART App Launch 2.2 requires, some of them
// for what the capabilities promise.
func checkRequired(d *registration.Metadata) error {
	var errs []error
	require := func(why string, names ...string) {
		for _, name := range names {
			if !d.Has(name) {
				errs = append(errs, fmt.Errorf("serve: %s is required%s (SMART App Launch 2.2)", name, why))
			}
		}
	}
	require("", "token_endpoint", "grant_types_supported", "capabilities", "code_challenge_methods_supported")
	capabilities, _ := d.Strings("capabilities")
	for _, launch := range []string{"launch-ehr", "launch-standalone"} {
		if slices.Contains(capabilities, launch) {
			require(" with the capability "+launch, "authorization_endpoint")
			break
		}
	}
	if slices.Contains(capabilities, "sso-openid-connect") {
		require(" with the capability sso-openid-connect", "issuer", "jwks_uri")
	}
	return errors.Join(errs...)
}

// document returns what is to be served, resolved and checked.
func (s *Serve) document() (*registration.Metadata, error) {
	if len(s.Document) == 0 {
		return nil, errors.New("serve: document is required")
	}
	d, err := registration.Decode(s.Document)
	if err != nil {
		return nil, fmt.Errorf("serve: document: %w", err)
	}
	repl := caddy.NewReplacer()
	for _, m := range d.Members() {
		value, err := resolveStrings(repl, m.Value)
		if err != nil {
			return nil, fmt.Errorf("serve: %s: %w", m.Name, err)
		}
		if err := checkMember(m.Name, value); err != nil {
			return nil, fmt.Errorf("serve: %w", err)
		}
		d.Set(m.Name, value)
	}
	return d, checkRequired(d)
}

// resolveStrings replaces the placeholders in all strings of a value.
func resolveStrings(repl *caddy.Replacer, value any) (any, error) {
	var err error
	switch v := value.(type) {
	case string:
		return resolve(repl, v)
	case []any:
		for i := range v {
			if v[i], err = resolveStrings(repl, v[i]); err != nil {
				return nil, err
			}
		}
	case *registration.Metadata:
		for _, m := range v.Members() {
			resolved, err := resolveStrings(repl, m.Value)
			if err != nil {
				return nil, err
			}
			v.Set(m.Name, resolved)
		}
	}
	return value, nil
}
