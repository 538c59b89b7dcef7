package smart

import "strings"

// parse is Parse and Check in one, so that they cannot disagree. With an error
// the scope is opaque.
func parse(token string) (Scope, error) {
	opaque := Scope{text: token}
	if err := checkToken(token); err != nil {
		return opaque, err
	}
	switch token {
	case "openid", "fhirUser", "profile":
		return Scope{Kind: Identity, text: token}, nil
	case "online_access", "offline_access":
		return Scope{Kind: Refresh, text: token}, nil
	}
	// Resource scopes are the most, and nothing that follows begins like one.
	if head, rest, ok := strings.Cut(token, "/"); ok {
		if context := contextOf(head); context != NoContext {
			scope, err := parseResource(context, rest)
			if err != nil {
				return opaque, err
			}
			scope.text = token
			return scope, nil
		}
	}
	if isExtension(token) {
		return Scope{Kind: Extension, text: token}, nil
	}
	if err := checkCase(token); err != nil {
		return opaque, err
	}

	end := strings.IndexAny(token, "/?")
	if end < 0 {
		end = len(token)
	}
	head, rest := token[:end], token[end:]
	switch {
	case strings.EqualFold(head, "launch"):
		if head != "launch" || !isLaunchSuffix(rest) {
			return opaque, errLaunch
		}
		return Scope{Kind: Launch, text: token}, nil
	case strings.HasPrefix(rest, "/") && resembleContext(head, rest):
		return opaque, errContext
	}
	return opaque, nil
}

// parseResource reads what follows a resource scope's first slash.
func parseResource(context Context, rest string) (Scope, error) {
	scope := Scope{Kind: Resource, Context: context}
	rest, query, granular := strings.Cut(rest, "?")
	typ, suffix, dotted := strings.Cut(rest, ".")
	if !isResourceType(typ) {
		return Scope{}, errResourceType
	}
	if !dotted {
		return Scope{}, errNoPermissions
	}
	scope.ResourceType = typ
	var err error
	if scope.Permissions, scope.Syntax, err = parsePermissions(suffix); err != nil {
		return Scope{}, err
	}
	if !granular {
		return scope, nil
	}
	if scope.Syntax == SyntaxV1 {
		return Scope{}, errQuerySyntax
	}
	if scope.Query, err = parseQuery(query); err != nil {
		return Scope{}, err
	}
	return scope, nil
}

func contextOf(name string) Context {
	for c := Patient; c <= System; c++ {
		if contextNames[c] == name {
			return c
		}
	}
	return NoContext
}

// resembleContext reports whether somebody who writes this before and after a
// slash means a resource scope. A wildcard or nothing in place of the context
// does if a permission seems to follow; ORCID's /read-limited is left alone.
func resembleContext(head, rest string) bool {
	for c := Patient; c <= System; c++ {
		if strings.EqualFold(head, contextNames[c]) {
			return true
		}
	}
	return (head == "" || head == Wildcard) && strings.IndexByte(rest, '.') >= 0
}

// isResourceType reports whether name has the form of a FHIR resource type.
func isResourceType(name string) bool {
	if name == Wildcard {
		return true
	}
	for i := range len(name) {
		upper := 'A' <= name[i] && name[i] <= 'Z'
		lower := 'a' <= name[i] && name[i] <= 'z'
		if !upper && (!lower || i == 0) {
			return false
		}
	}
	return name != ""
}

// isLaunchSuffix reads what follows "launch": nothing, or a type in lower case,
// which may have one role. SMART wants a role to be a URI, and asks in its own
// example for role=friend: any value will do.
func isLaunchSuffix(suffix string) bool {
	if suffix == "" {
		return true
	}
	typ, role, hasRole := strings.Cut(suffix, "?")
	name, ok := strings.CutPrefix(typ, "/")
	if !ok || name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz") != "" {
		return false
	}
	value, ok := strings.CutPrefix(role, "role=")
	return !hasRole || ok && value != "" && strings.IndexByte(value, '&') < 0
}

// isExtension reports whether a token follows SMART's convention for scopes of
// one's own. A URI has to name an authority: api:fhir is a URI by its form, and
// a vendor's scope by its use.
func isExtension(token string) bool {
	if name, ok := strings.CutPrefix(token, "__"); ok {
		return name != ""
	}
	scheme, rest, ok := strings.Cut(token, "://")
	if !ok || rest == "" || rest[0] == '/' || scheme == "" {
		return false
	}
	for i := range len(scheme) {
		c := scheme[i] | 0x20
		if (c < 'a' || c > 'z') && (i == 0 || strings.IndexByte("0123456789+-.", scheme[i]) < 0) {
			return false
		}
	}
	return true
}
