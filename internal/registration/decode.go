package registration

import (
	"bytes"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// MaxDepth is how deep a document may nest: the deepest that RFC 7591 has a
// use for is a key inside a JWK Set inside the document.
const MaxDepth = 16

// Decode reads one client metadata document, strictly: one JSON object in
// UTF-8 (RFC 8259), no member twice at any depth, nothing behind it, at most
// [MaxDepth] deep. What two parsers could read differently is refused, since
// the server's parser reads what this one let through. The error is always an
// [*Error] with status 400.
func Decode(body []byte) (*Metadata, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, unreadable("the request body is empty", "")
	}
	// Both are the library's defaults; they are why it is used, so they are said.
	d := jsontext.NewDecoder(bytes.NewReader(body),
		jsontext.AllowDuplicateNames(false), jsontext.AllowInvalidUTF8(false))
	if d.PeekKind() != '{' {
		if _, err := d.ReadToken(); err != nil {
			return nil, syntaxError(err)
		}
		return nil, unreadable("the request body is not a JSON object", "")
	}
	m, err := decodeObject(d)
	if err != nil {
		return nil, syntaxError(err)
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, unreadable("there is something behind the JSON object", "")
	}
	return m, nil
}

var errTooDeep = errors.New("nested too deep")

func decodeObject(d *jsontext.Decoder) (*Metadata, error) {
	if _, err := d.ReadToken(); err != nil { // {
		return nil, err
	}
	if d.StackDepth() > MaxDepth {
		return nil, errTooDeep
	}
	m := &Metadata{members: make([]Member, 0, 12)}
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return nil, err
		}
		member := Member{Name: name.String()} // before the next read: a token lives until then
		if member.Value, err = decodeValue(d); err != nil {
			return nil, err
		}
		m.members = append(m.members, member)
	}
	_, err := d.ReadToken() // }
	return m, err
}

func decodeArray(d *jsontext.Decoder) ([]any, error) {
	if _, err := d.ReadToken(); err != nil { // [
		return nil, err
	}
	if d.StackDepth() > MaxDepth {
		return nil, errTooDeep
	}
	array := []any{}
	for d.PeekKind() != ']' {
		v, err := decodeValue(d)
		if err != nil {
			return nil, err
		}
		array = append(array, v)
	}
	_, err := d.ReadToken() // ]
	return array, err
}

func decodeValue(d *jsontext.Decoder) (any, error) {
	switch d.PeekKind() {
	case '{':
		return decodeObject(d)
	case '[':
		return decodeArray(d)
	}
	t, err := d.ReadToken()
	if err != nil {
		return nil, err
	}
	switch t.Kind() {
	case '"':
		return t.String(), nil
	case '0':
		return Number(t.String()), nil
	case 't', 'f':
		return t.Bool(), nil
	}
	return nil, nil //nolint:nilnil // JSON null is a value
}

// syntaxError tells the caller what is wrong and where, without repeating the
// caller's text: a JSON pointer, never the offending bytes.
func syntaxError(err error) *Error {
	switch {
	case errors.Is(err, errTooDeep):
		return unreadable("the JSON is nested too deep", "")
	case errors.Is(err, jsontext.ErrDuplicateName):
		e := unreadable("a member name occurs twice", "")
		if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
			e.Violations[0].Pointer = string(syntactic.JSONPointer)
		}
		return e
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return unreadable("the JSON ends too early", "")
	default:
		return unreadable("the request body is not valid JSON in UTF-8", "")
	}
}

func unreadable(description, pointer string) *Error {
	return &Error{
		Status: 400, Code: InvalidClientMetadata, Description: description,
		Violations: []Violation{{Rule: "json", Pointer: pointer, Detail: description}},
	}
}
