package registration

import (
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// parser takes a JSON text apart in one pass, and takes exactly what [Decode] does.
// It does not say what is wrong with anything else: jsontext does, which costs
// several times as much. FuzzDecode holds the one against the other.
//
// All strings without escapes are parts of the one text, which is kept alive by
// them; a document is as short-lived as its request.
type parser struct {
	text  string
	at    int
	depth int
}

// parse reads the document that text is, if it is one, with room for so many more
// members.
func parse(text string, more int) (*Metadata, bool) {
	p := parser{text: text}
	if p.peek() != '{' {
		return nil, false
	}
	m, ok := p.object(more)
	p.peek()
	return m, ok && p.at == len(text)
}

// peek passes over white space and is the byte that comes next: 0, which is none of
// JSON's, at the end.
func (p *parser) peek() byte {
	for ; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// accept passes over c if that is what comes next.
func (p *parser) accept(c byte) bool {
	is := p.peek() == c
	if is {
		p.at++
	}
	return is
}

// enter passes over a { or a [.
func (p *parser) enter() bool {
	p.at++
	p.depth++
	return p.depth <= MaxDepth
}

// leave passes over the end of what was entered last.
func (p *parser) leave(end byte) bool {
	p.depth--
	return p.accept(end)
}

// object reads an object. How many members it has is known at its end: until then
// they are on the stack, where nearly all objects have room.
func (p *parser) object(room int) (*Metadata, bool) {
	if !p.enter() {
		return nil, false
	}
	var usual [32]Member
	members := usual[:0]
	for more := p.peek() != '}'; more; more = p.accept(',') {
		name, ok := p.string()
		if !ok || !p.accept(':') {
			return nil, false
		}
		v, ok := p.value()
		if !ok {
			return nil, false
		}
		members = append(members, Member{Name: name, Value: v})
	}
	if !p.leave('}') || repeats(members) {
		return nil, false
	}
	return &Metadata{members: append(make([]Member, 0, len(members)+room), members...)}, true
}

// repeats tells whether two members have the same name.
func repeats(members []Member) bool {
	if len(members) > 64 { // to compare each with each would take an attacker's document long
		names := make(map[string]struct{}, len(members))
		for i := range members {
			names[members[i].Name] = struct{}{}
		}
		return len(names) < len(members)
	}
	var lengths uint64 // those of the names so far, as bits: names of different lengths need no comparing
	for i := range members {
		length := uint64(1) << (len(members[i].Name) % 64)
		if lengths&length != 0 && (&Metadata{members[:i]}).Has(members[i].Name) {
			return true
		}
		lengths |= length
	}
	return false
}

// array reads an array, as object does an object.
func (p *parser) array() ([]any, bool) {
	if !p.enter() {
		return nil, false
	}
	var room [8]any
	elements := room[:0]
	for more := p.peek() != ']'; more; more = p.accept(',') {
		v, ok := p.value()
		if !ok {
			return nil, false
		}
		elements = append(elements, v)
	}
	return append(make([]any, 0, len(elements)), elements...), p.leave(']')
}

func (p *parser) value() (any, bool) {
	switch p.peek() {
	case '{':
		return p.object(0)
	case '[':
		return p.array()
	case '"':
		s, ok := p.string()
		return boxed(s), ok
	case 't':
		return true, p.literal("true")
	case 'f':
		return false, p.literal("false")
	case 'n':
		return nil, p.literal("null")
	default:
		return p.number()
	}
}

func (p *parser) literal(name string) bool {
	is := strings.HasPrefix(p.text[p.at:], name)
	p.at += len(name)
	return is
}

// number reads a number (RFC 8259 section 6).
func (p *parser) number() (Number, bool) {
	start := p.at
	p.oneOf("-")
	ok := p.oneOf("0") || p.digits()
	if p.oneOf(".") {
		ok = p.digits() && ok
	}
	if p.oneOf("eE") {
		p.oneOf("+-")
		ok = p.digits() && ok
	}
	return Number(p.text[start:p.at]), ok
}

// oneOf passes over a byte that is one of set.
func (p *parser) oneOf(set string) bool {
	is := p.at < len(p.text) && strings.IndexByte(set, p.text[p.at]) >= 0
	if is {
		p.at++
	}
	return is
}

// digits passes over digits and tells whether there were some.
func (p *parser) digits() bool {
	start := p.at
	for p.at < len(p.text) && '0' <= p.text[p.at] && p.text[p.at] <= '9' {
		p.at++
	}
	return p.at > start
}

// string reads a string (RFC 8259 section 7), if one begins here.
func (p *parser) string() (string, bool) {
	if p.peek() != '"' {
		return "", false
	}
	start := p.at
	escaped := false
	for at := start + 1; ; {
		if at += plain(p.text[at:]); at == len(p.text) {
			return "", false
		}
		r, size := utf8.DecodeRuneInString(p.text[at:])
		switch {
		case r == '"':
			p.at = at + size
			if escaped {
				return unquote(p.text[start:p.at])
			}
			return p.text[start+1 : at], true
		case r == '\\' && at+1 < len(p.text):
			escaped = true
			size++ // whatever is escaped does not end the string
		case r < ' ', r == '\\', r == utf8.RuneError && size == 1:
			return "", false
		}
		at += size
	}
}

// unquote reads a quoted string that has escapes, if they are good ones.
func unquote(quoted string) (string, bool) {
	unquoted, err := jsontext.AppendUnquote(nil, quoted)
	return string(unquoted), err == nil
}
