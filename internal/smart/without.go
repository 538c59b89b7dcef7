package smart

// Without is what is left of a scope where others are denied: its letters but for
// those that any of them grants on a part of what the scope is about. A wildcard
// loses a letter that is denied on one type, since there is no scope for all the
// other types; one that has a query is denied where the scope is denied without.
// It returns "" where nothing is left, and the scope as it was written where
// nothing of it is denied.
func (s Scope) Without(denied []Scope) string {
	left := s.Permissions
	for _, d := range denied {
		switch {
		case s.Kind != Resource || d.Kind != Resource:
			if s.text == d.text {
				return ""
			}
		case s.Context == d.Context && (s.ResourceType == d.ResourceType || s.ResourceType == Wildcard || d.ResourceType == Wildcard):
			left &^= d.Permissions
		}
	}
	if left == s.Permissions {
		return s.text
	}
	if left == 0 {
		return ""
	}
	s.Permissions = left
	if token, exact := s.V1(); exact && s.Syntax == SyntaxV1 {
		return token
	}
	return s.V2()
}
