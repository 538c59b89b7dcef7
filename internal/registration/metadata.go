package registration

import (
	"errors"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// Metadata is a client metadata document (RFC 7591 section 2): one JSON object
// whose members keep their order. The zero value is an empty document.
//
// A value is one of: nil (JSON null), bool, string, [Number], []any of these,
// or *Metadata for an object. Documents are small, so members are found by
// looking at each: no map, no allocation.
type Metadata struct {
	members []Member
}

// Member is one name and its value.
type Member struct {
	Name  string
	Value any
}

// Number is a JSON number as it was written. Metadata has few and no rule
// computes with them; keeping the text keeps the precision.
type Number string

// New makes a document of members, in their order. A repeated name replaces.
func New(members ...Member) *Metadata {
	m := &Metadata{members: make([]Member, 0, len(members))}
	for _, member := range members {
		m.Set(member.Name, member.Value)
	}
	return m
}

func (m *Metadata) index(name string) int {
	for i := range m.members {
		if m.members[i].Name == name {
			return i
		}
	}
	return -1
}

// Len is the number of members.
func (m *Metadata) Len() int { return len(m.members) }

// Members are the members in order. The slice is the document's own: read it,
// do not keep it across a change.
func (m *Metadata) Members() []Member { return m.members }

// Get returns the value of a member and whether it is there.
func (m *Metadata) Get(name string) (any, bool) {
	if i := m.index(name); i >= 0 {
		return m.members[i].Value, true
	}
	return nil, false
}

// Has tells whether a member is there, whatever its value.
func (m *Metadata) Has(name string) bool { return m.index(name) >= 0 }

// Set replaces a member's value in place, or adds the member at the end.
func (m *Metadata) Set(name string, value any) {
	if i := m.index(name); i >= 0 {
		m.members[i].Value = value
		return
	}
	m.members = append(m.members, Member{Name: name, Value: value})
}

// Delete removes a member and tells whether it was there.
func (m *Metadata) Delete(name string) bool {
	i := m.index(name)
	if i < 0 {
		return false
	}
	m.members = slices.Delete(m.members, i, i+1)
	return true
}

// String returns the member's value where it is a string, else "".
func (m *Metadata) String(name string) string {
	v, _ := m.Get(name)
	s, _ := v.(string)
	return s
}

// Strings returns the member's value where it is an array of strings, and
// whether it is one. A JSON array that has anything else in it is not.
func (m *Metadata) Strings(name string) ([]string, bool) {
	v, ok := m.Get(name)
	if !ok {
		return nil, false
	}
	return AsStrings(v)
}

// SetStrings sets a member to an array of strings.
func (m *Metadata) SetStrings(name string, values []string) {
	m.Set(name, FromStrings(values))
}

// Object returns the member's value where it is an object, else nil.
func (m *Metadata) Object(name string) *Metadata {
	v, _ := m.Get(name)
	o, _ := v.(*Metadata)
	return o
}

// AsStrings returns v as strings if it is an array of nothing else.
func AsStrings(v any) ([]string, bool) {
	array, ok := v.([]any)
	if !ok {
		return nil, false
	}
	out := make([]string, len(array))
	for i, e := range array {
		if out[i], ok = e.(string); !ok {
			return nil, false
		}
	}
	return out, true
}

// Contains tells whether a member is an array of strings that has value in it: it
// is [Metadata.Strings] for whoever looks for one, and copies nothing.
func (m *Metadata) Contains(name, value string) bool {
	v, _ := m.Get(name)
	array, _ := v.([]any)
	return AreStrings(v) && slices.Contains(array, any(value))
}

// AreStrings tells whether v is an array of strings and nothing else.
func AreStrings(v any) bool {
	array, ok := v.([]any)
	return ok && !slices.ContainsFunc(array, func(e any) bool { _, isString := e.(string); return !isString })
}

// FromStrings is the array of values that a document holds.
func FromStrings(values []string) []any {
	out := make([]any, len(values))
	for i, s := range values {
		out[i] = boxed(s)
	}
	return out
}

// Registered is a document of the registered members alone, in their order. The
// values are shared: whoever changes inside one copies it first ([CloneValue]).
func (m *Metadata) Registered() *Metadata {
	r := &Metadata{members: make([]Member, 0, len(m.members)+4)} // with room for what a dialect adds
	for _, member := range m.members {
		if KindOf(member.Name) != 0 {
			r.members = append(r.members, member)
		}
	}
	return r
}

// Clone is a copy that shares nothing that can be changed.
func (m *Metadata) Clone() *Metadata {
	c := &Metadata{members: make([]Member, len(m.members))}
	for i, member := range m.members {
		c.members[i] = Member{Name: member.Name, Value: CloneValue(member.Value)}
	}
	return c
}

// CloneValue copies what can be changed of a value: arrays and objects.
func CloneValue(v any) any {
	switch v := v.(type) {
	case []any:
		c := make([]any, len(v))
		for i := range v {
			c[i] = CloneValue(v[i])
		}
		return c
	case *Metadata:
		return v.Clone()
	}
	return v
}

// Equal compares two values as JSON: objects without regard to the order of
// members, arrays with regard to the order of elements.
func Equal(a, b any) bool {
	switch a := a.(type) {
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, Equal)
	case *Metadata:
		b, ok := b.(*Metadata)
		if !ok || a.Len() != b.Len() {
			return false
		}
		for _, member := range a.members {
			other, found := b.Get(member.Name)
			if !found || !Equal(member.Value, other) {
				return false
			}
		}
		return true
	default:
		return a == b
	}
}

// Encode writes the document as JSON. A document that was decoded or built of
// the value kinds that [Metadata] names always can be written.
func (m *Metadata) Encode() []byte {
	return m.appendTo(make([]byte, 0, sizeOf(m)))
}

// sizeOf is about how many bytes a value is written in: exactly, but for
// escapes.
func sizeOf(v any) int {
	switch v := v.(type) {
	case string:
		return len(v) + len(`"",`)
	case Number:
		return len(v) + len(",")
	case []any:
		size := len("[],")
		for _, e := range v {
			size += sizeOf(e)
		}
		return size
	case *Metadata:
		size := len("{},")
		for _, member := range v.members {
			size += len(member.Name) + len(`"":`) + sizeOf(member.Value)
		}
		return size
	default:
		return len("false,")
	}
}

// MarshalJSON is [Metadata.Encode], for encoding/json.
func (m *Metadata) MarshalJSON() ([]byte, error) { return m.Encode(), nil }

// UnmarshalJSON is [Decode], for encoding/json.
func (m *Metadata) UnmarshalJSON(text []byte) error {
	decoded, err := Decode(text)
	if err != nil {
		// Not the cause: it speaks of a request, which this is not.
		return errors.New("not a JSON object in which no name occurs twice")
	}
	*m = *decoded
	return nil
}

func (m *Metadata) appendTo(dst []byte) []byte {
	dst = append(dst, '{')
	for i, member := range m.members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, member.Name)
		dst = append(dst, ':')
		dst = appendValue(dst, member.Value)
	}
	return append(dst, '}')
}

func appendValue(dst []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return appendString(dst, v)
	case bool:
		if v {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	case Number:
		return append(dst, v...)
	case []any:
		dst = append(dst, '[')
		for i, e := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendValue(dst, e)
		}
		return append(dst, ']')
	case *Metadata:
		return v.appendTo(dst)
	default:
		return append(dst, "null"...)
	}
}

func appendString(dst []byte, s string) []byte {
	if plain(s) == len(s) {
		dst = append(append(append(dst, '"'), s...), '"')
		return dst
	}
	// The only error is invalid UTF-8, which AppendQuote mends by replacement;
	// what was decoded never has any.
	quoted, _ := jsontext.AppendQuote(dst, s)
	return quoted
}
