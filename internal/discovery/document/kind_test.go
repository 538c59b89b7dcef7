package document

import "testing"

func TestDocumentAt(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]Kind{
		"/.well-known/smart-configuration":                 SMARTConfiguration,
		"/fhir/r4/.well-known/smart-configuration":         SMARTConfiguration,
		"/fhir/.well-known/smart-configuration/":           SMARTConfiguration,
		"/.well-known/openid-configuration":                ServerMetadata,
		"/realms/x/.well-known/openid-configuration":       ServerMetadata,
		"/.well-known/openid-configuration/realms/x":       ServerMetadata,
		"/.well-known/oauth-authorization-server":          ServerMetadata,
		"/realms/x/.well-known/oauth-authorization-server": ServerMetadata,
		"/.well-known/oauth-authorization-server/realms/x": ServerMetadata,
		"/metadata":         CapabilityStatement,
		"/fhir/metadata":    CapabilityStatement,
		"/":                 None,
		"":                  None,
		"/.well-known/udap": None,
		"/.well-known/smart-configuration/realms/x":               None,
		"/.well-known/smart-configuration.json":                   None,
		"/.well-known/Smart-Configuration":                        None,
		"/x.well-known/openid-configuration":                      None,
		"/.well-known/oauth-authorization-servers":                None,
		"/a/.well-known/oauth-authorization-server/realms/x":      None,
		"/fhir/metadata/x":                                        None,
		"/fhir/xmetadata":                                         None,
		"/realms/x/clients-registrations/openid-connect/metadat%": None,
	} {
		if got := At(path); got != want {
			t.Errorf("%q: %d, want %d", path, got, want)
		}
	}
}
