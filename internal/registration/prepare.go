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
	var changes []Change
	for i := 0; i < len(m.members); i++ {
		member := m.members[i]
		kept, isEmpty := withoutEmpty(member.Value)
		switch {
		case isEmpty:
			m.Delete(member.Name)
			i--
			changes = append(changes, Change{Member: member.Name, Before: member.Value, Rule: "empty"})
		case op == Create && isServerSet(member.Name):
			m.Delete(member.Name)
			i--
			// The value may be somebody's secret: it is not recorded.
			changes = append(changes, Change{Member: member.Name, Rule: "server_set"})
		case member.Name == "software_statement":
			m.Delete(member.Name)
			i--
			changes = append(changes, Change{Member: member.Name, Rule: "software_statement"})
		case kept != nil:
			m.members[i].Value = kept
			changes = append(changes, Change{Member: member.Name, Before: member.Value, After: kept, Rule: "empty"})
		}
	}
	return changes
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
		var full []any
		for _, e := range v {
			if e != "" {
				full = append(full, e)
			}
		}
		if len(full) == len(v) {
			return nil, false
		}
		return full, len(full) == 0
	}
	return nil, false
}

func isServerSet(name string) bool {
	return slices.Contains(ServerSet, name)
}
