package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"
)

// metadata is the client metadata of a request, by member: string, []string,
// bool or jwks. A member that is null is not there.
type metadata map[string]any

// jwks is a JSON Web Key Set as the client sent it. The keys are not looked at
// closely: private ones are taken, kept and shown, as the server does.
type jwks struct {
	Keys []map[string]any `json:"keys"`
}

func (m metadata) has(name string) bool      { _, ok := m[name]; return ok }
func (m metadata) text(name string) string   { v, _ := m[name].(string); return v }
func (m metadata) list(name string) []string { v, _ := m[name].([]string); return v }
func (m metadata) flag(name string) bool     { v, _ := m[name].(bool); return v }

// readMetadata reads the body of a registration or an update. What it refuses, it
// refuses before anybody has asked who is calling: the server's order.
func readMetadata(r *http.Request) (metadata, error) {
	if err := checkContentType(r); err != nil {
		return nil, err
	}
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	return parseMetadata(body)
}

func checkContentType(r *http.Request) error {
	values, ok := r.Header["Content-Type"]
	if !ok {
		return nil
	}
	if values[0] == "" {
		return errInternal // a header without a value is more than the server can take
	}
	mediaType, _, err := mime.ParseMediaType(values[0])
	if err != nil {
		return errContentType
	}
	switch mediaType {
	case "application/json", "application/*", "*/*":
		return nil
	}
	return errContentType
}

// parseMetadata reads one JSON object member by member, so that the first thing
// wrong decides the error. What follows the object is not read, and a member that
// is there twice counts the second time.
func parseMetadata(body []byte) (metadata, error) {
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	if !utf8.Valid(body) {
		return nil, errSyntax
	}
	switch trimmed := bytes.TrimSpace(body); {
	case len(trimmed) == 0, bytes.Equal(trimmed, []byte("null")):
		return nil, errInternal
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	start, err := dec.Token()
	if err != nil {
		return nil, errSyntax
	}
	if start != json.Delim('{') {
		return nil, errMemberType
	}
	asked := make(metadata)
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, errSyntax
		}
		wanted, known := kinds[name.(string)]
		if !known {
			return nil, unrecognized(name.(string), body, dec.InputOffset())
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return nil, errSyntax
		}
		value, err := convert(raw, wanted)
		if err != nil {
			return nil, err
		}
		delete(asked, name.(string))
		if value != nil {
			asked[name.(string)] = value
		}
	}
	if _, err := dec.Token(); err != nil {
		return nil, errSyntax
	}
	return asked, nil
}

// convert reads a value as the wanted kind; nil means null.
func convert(raw json.RawMessage, wanted kind) (any, error) {
	if string(raw) == "null" {
		return nil, nil
	}
	switch wanted {
	case texts:
		var items []json.RawMessage
		if json.Unmarshal(raw, &items) != nil {
			return nil, errMemberType
		}
		list := make([]string, 0, len(items))
		for _, item := range items {
			s, err := scalar(item)
			if err != nil {
				return nil, err
			}
			list = append(list, s)
		}
		return list, nil
	case flag:
		s, err := scalar(raw)
		if err != nil || (s != "true" && s != "false") {
			return nil, errMemberType
		}
		return s == "true", nil
	case keySet:
		var set jwks
		if raw[0] != '{' || json.Unmarshal(raw, &set) != nil {
			return nil, errMemberType
		}
		return set, nil
	default:
		return scalar(raw)
	}
}

// scalar reads a string, and any other scalar as one: the server's JSON library
// is lenient there.
func scalar(raw json.RawMessage) (string, error) {
	switch raw[0] {
	case '{', '[':
		return "", errMemberType
	case '"':
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return "", errMemberType
		}
		return s, nil
	}
	return string(raw), nil
}

// unrecognized words the refusal of a member that the server does not know. The
// position is where its parser stands then: behind the first token of the
// member's value, which for a string is the opening quote.
func unrecognized(name string, body []byte, afterName int64) error {
	at := int(afterName)
	at += len(body[at:]) - len(bytes.TrimLeft(body[at:], ": \t\r\n"))
	if at < len(body) {
		switch body[at] {
		case '"', '{', '[':
			at++
		default:
			length := bytes.IndexAny(body[at:], ",}] \t\r\n")
			if length < 0 {
				return errSyntax
			}
			at += length
		}
	}
	line := 1 + bytes.Count(body[:at], []byte("\n"))
	column := at - bytes.LastIndexByte(body[:at], '\n')
	return &wireError{
		status: http.StatusBadRequest,
		Code: fmt.Sprintf("Invalid json representation for OIDCClientRepresentation. Unrecognized field \"%s\" at line %d column %d.",
			strings.ToValidUTF8(name, "\ufffd"), line, column),
	}
}
