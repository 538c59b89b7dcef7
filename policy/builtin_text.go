package policy

import (
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// textRules judge what people are shown.
var textRules = []builtInRule{
	{name: "client_name_length", check: checkNameLength},
	{name: "client_name_characters", check: checkNameCharacters},
}

// maxStored is how many characters Keycloak stores of a client's name, its home
// page and each redirect URI; beyond it answers 500 (measured on 24.0.5 to
// 26.7.5).
const maxStored = 255

// checkNameLength counts UTF-16 units, as Keycloak's database does: a character
// beyond the basic plane is two (measured on 26.7.5).
func checkNameLength(d *finalDocument) []Violation {
	return d.eachName(func(name string) string {
		// There are never more units than bytes.
		if len(name) > maxStored && len(utf16.Encode([]rune(name))) > maxStored {
			return "the name is longer than 255 characters"
		}
		return ""
	})
}

// checkNameCharacters keeps to plain text: a name is shown on the consent page
// and in the administrator's console (CVE-2026-22752 is of that class), where
// markup, "${…}" (which Keycloak resolves to its own messages) and characters
// that reorder or hide others deceive.
func checkNameCharacters(d *finalDocument) []Violation {
	return d.eachName(func(name string) string {
		switch {
		case strings.ContainsAny(name, "<>"), strings.Contains(name, "${"):
			return "the name must be plain text, without < > or ${"
		case strings.ContainsFunc(name, deceptive):
			return "the name has control, direction or invisible characters"
		}
		return ""
	})
}

// deceptive characters change how a text reads without being seen: controls,
// and the format characters, which include bidirectional and zero-width ones.
func deceptive(r rune) bool {
	if r >= ' ' && r <= '~' {
		return false
	}
	switch r {
	case '\u115f', '\u1160', '\u3164', '\uffa0', '\u2800': // letters and symbols that show nothing
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co)
}

// isName tells whether a member is client_name or a translation of it.
func isName(member string) bool {
	return strings.HasPrefix(member, "client_name") && registration.BaseName(member) == "client_name"
}

// plainText tells whether none of the rules over names has anything to say of one,
// as of nearly all.
func plainText(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '<' || c == '>' || c == '$' {
			return false
		}
	}
	return len(s) <= maxStored
}

// eachName applies a check to the names that are not plain.
func (d *finalDocument) eachName(check func(string) string) []Violation {
	var vs []Violation
	for _, member := range d.names {
		name := member.Value.(string)
		if detail := check(name); detail != "" {
			vs = append(vs, violation(detail, name, nil, member.Name))
		}
	}
	return vs
}

// violation is one of a built-in rule; judge puts the rule's name in it. What is
// allowed may be the rule's own list: it is read only.
func violation(detail string, given any, allowed []string, pointer ...string) Violation {
	return Violation{
		Pointer: registration.Pointer(pointer...), Detail: detail,
		Given: given, Allowed: allowed,
	}
}
