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
//
// What [parse] reads has been judged by that; what it does not is judged by
// jsontext, which alone refuses, since it knows what is wrong and where.
func Decode(body []byte) (*Metadata, error) { return decode(string(body), fillIns) }

// fillIns is how many members are filled in where a caller has left out most: there
// is room for them from the start.
const fillIns = 5

// DecodeString is [Decode] for a text that nobody will change: it becomes part of
// the document as it is.
func DecodeString(body string) (*Metadata, error) { return decode(body, 0) }

func decode(body string, more int) (*Metadata, error) {
	if m, ok := parse(body, more); ok {
		return m, nil
	}
	return nil, refusal([]byte(body))
}

// refusal is why a text that [parse] has not taken is refused.
func refusal(body []byte) *Error {
	// Both are the library's defaults; they are what is meant, so they are said.
	strict := []jsontext.Options{jsontext.AllowDuplicateNames(false), jsontext.AllowInvalidUTF8(false)}
	value := jsontext.Value(body)
	switch {
	case !value.IsValid(strict...):
		return syntaxError(body, strict)
	case value.Kind() != jsontext.KindBeginObject:
		return unreadable("the request body is not a JSON object", "")
	default:
		return unreadable("the JSON is nested too deep", "")
	}
}

// syntaxError tells the caller what is wrong and where, without repeating the
// caller's text: a JSON pointer, never the offending bytes.
func syntaxError(body []byte, strict []jsontext.Options) *Error {
	d := jsontext.NewDecoder(bytes.NewBuffer(body), strict...)
	var err error
	for err == nil {
		if _, err = d.ReadToken(); d.StackDepth() > MaxDepth {
			return unreadable("the JSON is nested too deep", "")
		}
		if err == nil && d.StackDepth() == 0 {
			// The first value is whole, and the text is not valid for all that.
			return unreadable("there is something behind the JSON object", "")
		}
	}
	switch {
	case errors.Is(err, io.EOF):
		return unreadable("the request body is empty", "")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return unreadable("the JSON ends too early", "")
	case errors.Is(err, jsontext.ErrDuplicateName):
		pointer := ""
		if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
			pointer = string(syntactic.JSONPointer)
		}
		return unreadable("a member name occurs twice", pointer)
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
