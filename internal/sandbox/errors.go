package sandbox

import "net/http"

// wireError is an answer other than success, in the server's words: often a
// sentence where RFC 7591 section 3.2.2 has a code.
type wireError struct {
	status      int
	Code        string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

func (e *wireError) Error() string {
	if e.Description == "" {
		return e.Code
	}
	return e.Code + ": " + e.Description
}

func invalidToken(description string) *wireError {
	return &wireError{http.StatusUnauthorized, "invalid_token", description}
}

func forbidden(description string) *wireError {
	return &wireError{http.StatusForbidden, "insufficient_scope", description}
}

func invalidClientMetadata(description string) *wireError {
	return &wireError{http.StatusBadRequest, "invalid_client_metadata", description}
}

var (
	errRealmUnknown       = &wireError{http.StatusNotFound, "Realm does not exist", ""}
	errProviderUnknown    = &wireError{http.StatusNotFound, "Client registration provider not found", ""}
	errNotFound           = &wireError{http.StatusNotFound, "HTTP 404 Not Found", ""}
	errMethodNotAllowed   = &wireError{http.StatusMethodNotAllowed, "HTTP 405 Method Not Allowed", ""}
	errContentType        = &wireError{http.StatusUnsupportedMediaType, "The content-type header value did not match the value in @Consumes", ""}
	errInvalidOrigin      = &wireError{http.StatusForbidden, "Invalid origin", ""}
	errSyntax             = &wireError{http.StatusBadRequest, "invalid_request", "Cannot parse the JSON"}
	errMemberType         = &wireError{http.StatusBadRequest, "unknown_error", "Cannot parse the JSON"}
	errInternal           = &wireError{http.StatusInternalServerError, "unknown_error", "For more on this error consult the server log."}
	errFull               = &wireError{http.StatusServiceUnavailable, "temporarily_unavailable", "The sandbox is full"}
	errClientIDIncluded   = invalidClientMetadata("Client Identifier included")
	errClientIDInUse      = invalidClientMetadata("Client Identifier in use")
	errClientIDModified   = invalidClientMetadata("Client Identifier modified")
	errUnfitMetadata      = invalidClientMetadata("Client metadata invalid")
	errRoleMissing        = forbidden("Forbidden")
	errHostNotTrusted     = forbidden("Policy 'Trusted Hosts' rejected request to client-registration service. Details: Host not trusted.")
	errScopeNotPermitted  = forbidden("Policy 'Allowed Client Scopes' rejected request to client-registration service. Details: Not permitted to use specified clientScope")
	errTokenUndecodable   = invalidToken("Failed decode token")
	errTokenType          = invalidToken("Invalid type of token")
	errNoInitialToken     = invalidToken("Not initial access token allowed")
	errViewUnauthorized   = invalidToken("Not authorized to view client. Not valid token or client credentials provided.")
	errUpdateUnauthorized = invalidToken("Not authorized to update client. Maybe missing token or bad token type.")

	errInitialAccessNotFound = invalidToken("Initial Access Token not found")
	errInitialAccessExpired  = invalidToken("Expired initial access token")
	errNoRemainingCount      = invalidToken("No remaining count on initial access token")
)

// Interface guards
var _ error = (*wireError)(nil)
