package upstream

import (
	"slices"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/internal/smart"
)

// ReadBack names the quirk because of which the server's answer to a
// registration cannot be believed; "" if there is none. Only reading the client
// tells what it has.
func (d *Dialect) ReadBack(decided *registration.Metadata) string {
	for i := range d.Quirks {
		if q := &d.Quirks[i]; q.doubts != nil && d.reads(q) && q.doubts(decided) {
			return q.Name
		}
	}
	return ""
}

// Mismatches are the members that are registered otherwise than was decided, by
// meaning: the order of sets and the spelling of keys do not count, and what the
// server does not return, or was not sent because of a quirk, is not compared.
// excused names the quirks that explain what is not among them.
func (d *Dialect) Mismatches(decided, sent, registered *registration.Metadata) (members, excused []string) {
	for _, m := range decided.Members() {
		if slices.Contains(registration.ServerSet, m.Name) || !sent.Has(m.Name) || d.Unreturned(registration.BaseName(m.Name)) {
			continue
		}
		is, there := registered.Get(m.Name)
		if registration.Equal(m.Value, is) || same(m.Name, m.Value, is) || !there && meansAbsent(m.Name, m.Value) {
			continue
		}
		if quirk := d.excuse(m.Name, decided, registered); quirk != "" {
			if !slices.Contains(excused, quirk) {
				excused = append(excused, quirk)
			}
			continue
		}
		members = append(members, m.Name)
	}
	return members, excused
}

// Within tells of a member that the client has what whole gives it, or a part of
// that, or a protection more, and nothing else. What is not plainly within is not.
func Within(member string, whole, registered *registration.Metadata) bool {
	was, is := valueOf(whole, member), valueOf(registered, member)
	switch {
	case registration.Equal(was, is):
		return true
	case member == "scope":
		was, _ := was.(string)
		is, isString := is.(string)
		return (isString || !registered.Has(member)) && among(smart.Split(is), smart.Split(was))
	case member == "jwks", member == "jwks_uri":
		return is == nil // without keys it cannot sign in
	case slices.Contains(sets, member):
		had, _ := registration.AsStrings(was)
		has, isList := registration.AsStrings(is)
		return isList && among(has, had)
	default:
		return is == true // each of these is a protection
	}
}

// valueOf is what a member says, there or not.
func valueOf(m *registration.Metadata, name string) any {
	if v, there := m.Get(name); there {
		return v
	}
	return absent(name)
}

// absent is what a member says that is not there (RFC 7591 section 2, OpenID
// Connect Dynamic Client Registration section 2); nil where nothing is said.
func absent(member string) any {
	switch member {
	case "grant_types":
		return []any{"authorization_code"}
	case "response_types":
		return []any{"code"}
	case "token_endpoint_auth_method":
		return "client_secret_basic"
	case "application_type":
		return "web"
	}
	if slices.Contains(sets, member) {
		return []any{}
	}
	return nil
}

// meansAbsent tells whether a value says what the member says when it is not
// there.
func meansAbsent(member string, v any) bool {
	return empty(v) || registration.Equal(v, absent(member))
}

// Additions tells whether something is registered that was not decided at all,
// beyond what a server says of every client.
func (d *Dialect) Additions(decided, registered *registration.Metadata) bool {
	for _, m := range registered.Members() {
		switch {
		case decided.Has(m.Name), slices.Contains(registration.ServerSet, m.Name), empty(m.Value):
		case m.Name == "subject_type" && m.Value == "public":
		case m.Name == "post_logout_redirect_uris" && sameAs(registered, m.Value, "redirect_uris"):
		default:
			return true
		}
	}
	return false
}

func (d *Dialect) excuse(member string, decided, registered *registration.Metadata) string {
	for i := range d.Quirks {
		if q := &d.Quirks[i]; q.excuses != nil && d.reads(q) && q.excuses(member, decided, registered) {
			return q.Name
		}
	}
	return ""
}

// same compares the values of a member by their meaning.
func same(member string, a, b any) bool {
	switch member {
	case "scope":
		as, _ := a.(string)
		bs, _ := b.(string)
		return sameSet(smart.Split(as), smart.Split(bs))
	case "jwks":
		return sameKeys(a, b)
	}
	as, isList := registration.AsStrings(a)
	bs, areLists := registration.AsStrings(b)
	return isList && areLists && slices.Contains(sets, member) && sameSet(as, bs)
}

func sameAs(m *registration.Metadata, value any, member string) bool {
	other, _ := m.Get(member)
	return same(member, value, other)
}

func sameSet(a, b []string) bool {
	return among(a, b) && among(b, a)
}

// few is up to how many values looking at each is cheaper than a map.
const few = 32

// among tells whether each of part is in whole.
func among(part, whole []string) bool {
	has := func(s string) bool { return slices.Contains(whole, s) }
	if len(whole) > few {
		set := make(map[string]struct{}, len(whole))
		for _, s := range whole {
			set[s] = struct{}{}
		}
		has = func(s string) bool { _, ok := set[s]; return ok }
	}
	return !slices.ContainsFunc(part, func(s string) bool { return !has(s) })
}

// sameKeys compares what makes a key: a server may add and leave out the rest
// (use, alg, x5t).
func sameKeys(a, b any) bool {
	as, ok := a.(*registration.Metadata)
	bs, okToo := b.(*registration.Metadata)
	if !ok || !okToo {
		return false
	}
	in, out := registration.Keys(as), registration.Keys(bs)
	return len(in) == len(out) && !slices.ContainsFunc(in, func(key *registration.Metadata) bool {
		return !slices.ContainsFunc(out, func(other *registration.Metadata) bool { return sameKey(key, other) })
	})
}

// keyMembers are what makes a public key (RFC 7518 section 6, RFC 8037), and what
// it is looked up by.
var keyMembers = [...]string{"kty", "kid", "crv", "x", "y", "n", "e"}

func sameKey(a, b *registration.Metadata) bool {
	for _, name := range keyMembers {
		in, _ := a.Get(name)
		out, _ := b.Get(name)
		if !registration.Equal(in, out) {
			return false
		}
	}
	return true
}

// empty values say what an absent member says.
func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	}
	return false
}
