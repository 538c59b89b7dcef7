package document

import "strings"

// Kind is a kind of document that names a registration endpoint.
type Kind uint8

const (
	None Kind = iota
	SMARTConfiguration
	ServerMetadata // openid-configuration and oauth-authorization-server, which share their members
	CapabilityStatement
)

// WellKnownSMART is what a smart-configuration's path ends in.
const WellKnownSMART = "/.well-known/smart-configuration"

const (
	wellKnownOpenID = "/.well-known/openid-configuration"
	wellKnownOAuth  = "/.well-known/oauth-authorization-server"
	metadataPath    = "/metadata"
)

// At tells which document is at a path, whatever the base. RFC 8414
// section 3.1 puts the issuer's path behind the well-known one, which then
// begins the path; clients do the same with openid-configuration (section 5).
// Whether there really is one shows in the answer.
func At(path string) Kind {
	path = strings.TrimRight(path, "/")
	switch {
	case strings.HasSuffix(path, WellKnownSMART):
		return SMARTConfiguration
	case strings.HasSuffix(path, wellKnownOpenID), strings.HasSuffix(path, wellKnownOAuth),
		strings.HasPrefix(path, wellKnownOpenID+"/"), strings.HasPrefix(path, wellKnownOAuth+"/"):
		return ServerMetadata
	case strings.HasSuffix(path, metadataPath):
		return CapabilityStatement
	}
	return None
}
