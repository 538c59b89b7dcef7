package registration

import "slices"

// Prepare removes what never counts, and records each removal:
//
//   - null members (RFC 7592 section 2.2 reads null as absent), empty strings,
//     empty strings in arrays, and arrays that had nothing else. Client
//     libraries send their unset fields so ("logo_uri": "", "contacts": [""]).
//   - on Create, the members that only the server sets. A caller may not choose
//     its own client_id (RFC 7591 section 3.1); Keycloak answers 400 to one and
//     ignores a client_secret. On Update they mean something and are left.
//   - software_statement. Its claims would take precedence over the members that
//     are judged here, at a server that reads it. A server may ignore statements
//     (RFC 7591 section 3.1.1), and so does this one.
//
// An array that came empty stays: "response_types": [] says something.
func Prepare(op Operation, m *Metadata) []Change {
	var changes []Change //nolint:prealloc // nearly always none
	kept := m.members[:0]
	for _, member := range m.members {
		full, isEmpty := withoutEmpty(member.Value)
		var change Change
		switch {
		case isEmpty:
			change = emptied(member, nil)
		case op == Create && isServerSet(member.Name):
			// The value may be somebody's secret: it is not recorded.
			change = Change{Member: member.Name, Rule: "server_set"}
		case member.Name == "software_statement":
			change = Change{Member: member.Name, Rule: "software_statement"}
		case full != nil:
			change = emptied(member, full)
			kept = append(kept, Member{Name: member.Name, Value: full})
		default:
			kept = append(kept, member)
			continue
		}
		changes = append(changes, change)
	}
	clear(m.members[len(kept):])
	m.members = kept
	return changes
}

// emptied is the change to what is left of a member. Of one that nobody knows, the
// values are not recorded: it may hold a secret.
func emptied(member Member, left any) Change {
	if KindOf(member.Name) == 0 {
		return Change{Member: member.Name, Rule: "empty"}
	}
	return Change{Member: member.Name, Before: member.Value, After: left, Rule: "empty"}
}

// withoutEmpty tells whether a value is empty; kept is the array without its
// empty strings where it had some.
func withoutEmpty(v any) (kept any, isEmpty bool) {
	switch v := v.(type) {
	case nil:
		return nil, true
	case string:
		return nil, v == ""
	case []any:
		empty := func(e any) bool { return e == "" }
		if !slices.ContainsFunc(v, empty) {
			return nil, false
		}
		full := slices.DeleteFunc(slices.Clone(v), empty)
		if len(full) == 0 {
			return nil, true
		}
		return full, false
	}
	return nil, false
}

func isServerSet(name string) bool {
	return slices.Contains(ServerSet, name)
}
