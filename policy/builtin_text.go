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
		case hasDeceptive(name):
			return "the name has control, direction or invisible characters"
		}
		return ""
	})
}

// emojiPresentation asks for the coloured form of the symbol in front of it.
const emojiPresentation = '\ufe0f'

// hasDeceptive tells whether a name has a deceptive character. Input methods put
// emojiPresentation behind many an emoji (UTS #51 section 2.7), where it is seen, and
// only there it may stand.
func hasDeceptive(name string) bool {
	var before rune
	for _, r := range name {
		seen := r == emojiPresentation && before > '~' && unicode.In(before, unicode.So, unicode.Sm)
		if deceptive(r) && !seen {
			return true
		}
		before = r
	}
	return false
}

// deceptive characters change how a text reads without being seen: controls, the
// format characters, which include bidirectional and zero-width ones, and all else
// that shows nothing by itself (Default_Ignorable_Code_Point of UAX #44). The joiners
// of Persian and the selectors of Mongolian are among them: without, such a name is
// still read.
func deceptive(r rune) bool {
	if r >= ' ' && r <= '~' {
		return false
	}
	switch r {
	case '\u2800', '\U00013441', '\U00013442', '\U0001d159': // letters and symbols that show nothing
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co,
		unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, unicode.Noncharacter_Code_Point)
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
