package document

import (
	"bytes"
	"errors"
	"io"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

var (
	errNoObject = errors.New("not a JSON object")
	errNoArray  = errors.New("not a JSON array")
	errTrailing = errors.New("there is something behind the JSON value")
)

// object is a JSON object, taken apart one level deep. Its members keep their
// order, and their values the text that they came as.
type object struct {
	members []member
}

type member struct {
	name  string
	value jsontext.Value
}

// parseObject reads a JSON object in UTF-8 in which no name occurs twice, at any
// depth: of two members of a name, two readers may see two.
func parseObject(text []byte) (*object, error) {
	d := jsontext.NewDecoder(bytes.NewBuffer(text))
	switch begin, err := d.ReadToken(); {
	case err != nil:
		return nil, err
	case begin.Kind() != '{':
		return nil, errNoObject
	}
	o := &object{}
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return nil, err
		}
		m := member{name: name.String()}
		if m.value, err = readValue(d, text); err != nil {
			return nil, err
		}
		o.members = append(o.members, m)
	}
	return o, readEnd(d)
}

// parseArray reads a JSON array, one level deep.
func parseArray(text []byte) ([]jsontext.Value, error) {
	d := jsontext.NewDecoder(bytes.NewBuffer(text))
	switch begin, err := d.ReadToken(); {
	case err != nil:
		return nil, err
	case begin.Kind() != '[':
		return nil, errNoArray
	}
	var elements []jsontext.Value
	for kind := d.PeekKind(); kind != ']' && kind != 0; kind = d.PeekKind() {
		element, err := readValue(d, text)
		if err != nil {
			return nil, err
		}
		elements = append(elements, element)
	}
	return elements, readEnd(d)
}

// readValue returns the next value as a part of the text: what the decoder
// returns is only good until its next call.
func readValue(d *jsontext.Decoder, text []byte) (jsontext.Value, error) {
	value, err := d.ReadValue()
	if err != nil {
		return nil, err
	}
	end := int(d.InputOffset())
	return text[end-len(value) : end : end], nil
}

// readEnd reads the end of what is open, and of the text.
func readEnd(d *jsontext.Decoder) error {
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	switch _, err := d.ReadToken(); {
	case err == nil:
		return errTrailing
	case !errors.Is(err, io.EOF):
		return err
	}
	return nil
}

// get returns a member's value, nil if it is not there.
func (o *object) get(name string) jsontext.Value {
	for _, m := range o.members {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// set replaces a member's value in place, or adds the member at the end.
func (o *object) set(name string, value jsontext.Value) {
	for i := range o.members {
		if o.members[i].name == name {
			o.members[i].value = value
			return
		}
	}
	o.members = append(o.members, member{name, value})
}

// setString makes a member a string and tells whether it was another.
func (o *object) setString(name, s string) bool {
	if was, ok := stringOf(o.get(name)); ok && was == s {
		return false
	}
	o.set(name, quote(s))
	return true
}

// remove removes a member and tells whether it was there.
func (o *object) remove(name string) bool {
	before := len(o.members)
	o.members = slices.DeleteFunc(o.members, func(m member) bool { return m.name == name })
	return len(o.members) != before
}

// edit has a member that is an object changed, and tells whether it was.
func (o *object) edit(name string, change func(*object) bool) bool {
	inner, err := parseObject(o.get(name))
	if err != nil || !change(inner) {
		return false
	}
	o.set(name, inner.encode())
	return true
}

// editEach has the objects in a member that is an array changed, and tells
// whether any was.
func (o *object) editEach(name string, change func(*object) bool) bool {
	elements, err := parseArray(o.get(name))
	if err != nil {
		return false
	}
	changed := false
	for i, element := range elements {
		if inner, err := parseObject(element); err == nil && change(inner) {
			elements[i] = inner.encode()
			changed = true
		}
	}
	if changed {
		o.set(name, encodeArray(elements))
	}
	return changed
}

// encode writes the object as JSON.
func (o *object) encode() jsontext.Value {
	size := len("{}")
	for _, m := range o.members {
		size += len(m.name) + len(m.value) + len(`"":,`)
	}
	text := append(make([]byte, 0, size), '{')
	for i, m := range o.members {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(append(text, quote(m.name)...), ':')
		text = append(text, m.value...)
	}
	return append(text, '}')
}

func encodeArray(elements []jsontext.Value) jsontext.Value {
	parts := make([][]byte, len(elements))
	for i, element := range elements {
		parts[i] = element
	}
	return append(append([]byte{'['}, bytes.Join(parts, []byte{','})...), ']')
}

// quote writes a string as JSON.
func quote(s string) jsontext.Value {
	// The only error is invalid UTF-8, which AppendQuote mends by replacement.
	text, _ := jsontext.AppendQuote(nil, s)
	return text
}

// stringOf returns the string that a value is, and whether it is one.
func stringOf(value jsontext.Value) (string, bool) {
	if value.Kind() != '"' {
		return "", false
	}
	s, err := jsontext.AppendUnquote(nil, value)
	return string(s), err == nil
}

// stringsOf returns the strings that an array is made of, and whether it is one
// of nothing else.
func stringsOf(value jsontext.Value) ([]string, bool) {
	elements, err := parseArray(value)
	if err != nil {
		return nil, false
	}
	all := make([]string, len(elements))
	for i, element := range elements {
		var ok bool
		if all[i], ok = stringOf(element); !ok {
			return nil, false
		}
	}
	return all, true
}

// quoteAll writes an array of strings as JSON.
func quoteAll(values []string) jsontext.Value {
	elements := make([]jsontext.Value, len(values))
	for i, s := range values {
		elements[i] = quote(s)
	}
	return encodeArray(elements)
}
