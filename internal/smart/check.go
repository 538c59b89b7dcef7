package smart

import (
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrToken means that OAuth does not allow the token at all (RFC 6749
	// section 3.3). It must not be sent on; no Set covers it.
	ErrToken = errors.New("not a scope token")

	// ErrGrammar means that the token looks like a SMART scope and is none. It
	// grants nothing by SMART's rules. Some vendors have scopes of that kind
	// (system/Patient.$export), so a caller may still pass a token that an
	// operator has allowed literally.
	ErrGrammar = errors.New("not a SMART scope")
)

var (
	errEmpty         = fmt.Errorf("%w: it is empty", ErrToken)
	errContext       = fmt.Errorf("%w: before the slash stands patient, user or system, in lower case", ErrGrammar)
	errResourceType  = fmt.Errorf("%w: after the slash stands * or one FHIR resource type, as in Observation", ErrGrammar)
	errNoPermissions = fmt.Errorf("%w: it names no permissions, as in .rs", ErrGrammar)
	errPermissions   = fmt.Errorf("%w: permissions are read, write, * or letters of cruds, each once and in that order", ErrGrammar)
	errQuerySyntax   = fmt.Errorf("%w: only SMART 2 permissions, such as .rs, can have a query", ErrGrammar)
	errQueryItem     = fmt.Errorf("%w: a query consists of parameter=value, joined with &", ErrGrammar)
	errQueryResult   = fmt.Errorf("%w: a query selects; _include and other parameters that add to what is found do not", ErrGrammar)
	errEscape        = fmt.Errorf("%w: the query has broken percent-encoding", ErrGrammar)
	errLaunch        = fmt.Errorf("%w: launch scopes are launch and launch/<type>, in lower case, the latter with at most one ?role=<role>", ErrGrammar)
)

// Check says what is wrong with one token of a scope string: an error that
// wraps ErrToken or ErrGrammar, in ASCII and without the token itself. Scopes of
// other vocabularies are none of its business and pass.
func Check(token string) error {
	_, err := parse(token)
	return err
}

// checkToken applies RFC 6749 section 3.3 (scope-token).
func checkToken(token string) error {
	if token == "" {
		return errEmpty
	}
	for i := range len(token) {
		if !isTokenChar(token[i]) {
			return fmt.Errorf("%w: byte 0x%02x at offset %d is not allowed", ErrToken, token[i], i)
		}
	}
	return nil
}

func isTokenChar(c byte) bool {
	return 0x21 <= c && c <= 0x7E && c != '"' && c != '\\'
}

// checkCase catches the well-known names in other than their own case: servers
// compare case-sensitively, and would refuse or ignore them without a reason.
func checkCase(token string) error {
	for _, name := range [...]string{"openid", "fhirUser", "profile", "online_access", "offline_access"} {
		if token != name && strings.EqualFold(token, name) {
			return fmt.Errorf("%w: scopes are case-sensitive, this one is %s", ErrGrammar, name)
		}
	}
	return nil
}
