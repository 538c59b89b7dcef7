package token

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// object is a JSON object that was read strictly: no member twice at any depth,
// valid UTF-8, nothing behind it. Numbers are json.Number.
type object map[string]any

// maxDepth bounds the recursion of the reader; no claims set comes near it.
const maxDepth = 16

// lastDate is the last second of the year 9999. Dates beyond it are refused
// because time.Unix wraps around for them, and a wrapped nbf lies in the past.
const lastDate = 253402300799

var (
	errNotObject = errors.New("not one JSON object")
	errDepth     = errors.New("nested too deeply")
	errDate      = errors.New("not a date in whole seconds")
)

func readObject(data []byte) (object, error) {
	dec := jsontext.NewDecoder(bytes.NewBuffer(data))
	value, err := readValue(dec)
	if err != nil {
		return nil, err
	}
	members, ok := value.(map[string]any)
	if !ok {
		return nil, errNotObject
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errNotObject
	}
	return members, nil
}

func readValue(dec *jsontext.Decoder) (any, error) {
	if dec.StackDepth() > maxDepth {
		return nil, errDepth
	}
	tok, err := dec.ReadToken()
	if err != nil {
		return nil, err
	}

	switch tok.Kind() {
	case jsontext.KindBeginObject:
		members := make(map[string]any)
		for dec.PeekKind() != jsontext.KindEndObject {
			name, err := dec.ReadToken()
			if err != nil {
				return nil, err
			}
			key := name.String() // before the next read: it invalidates the token
			if members[key], err = readValue(dec); err != nil {
				return nil, err
			}
		}
		_, err = dec.ReadToken()
		return members, err
	case jsontext.KindBeginArray:
		elements := []any{}
		for dec.PeekKind() != jsontext.KindEndArray {
			element, err := readValue(dec)
			if err != nil {
				return nil, err
			}
			elements = append(elements, element)
		}
		_, err = dec.ReadToken()
		return elements, err
	case jsontext.KindString:
		return tok.String(), nil
	case jsontext.KindNumber:
		return json.Number(tok.String()), nil
	case jsontext.KindTrue, jsontext.KindFalse:
		return tok.Bool(), nil
	default:
		return nil, nil // JSON null
	}
}

// text returns a string member. Absent is "" and true; another type is false.
func (o object) text(name string) (string, bool) {
	value, present := o[name]
	if !present {
		return "", true
	}
	s, ok := value.(string)
	return s, ok
}

// date returns a NumericDate member (RFC 7519 section 2) in seconds, and
// whether it is there. RFC 7519 allows fractions; they are refused, as are
// strings: no issuer needs them, and libraries disagree on how to round 0.9.
func (o object) date(name string) (seconds int64, present bool, err error) {
	value, present := o[name]
	if !present {
		return 0, false, nil
	}
	number, ok := value.(json.Number)
	if !ok {
		return 0, true, errDate
	}
	seconds, err = strconv.ParseInt(string(number), 10, 64)
	if err != nil || seconds < 0 || seconds > lastDate {
		return 0, true, errDate
	}
	return seconds, true, nil
}

// list returns a member that is a string or an array of strings, like aud
// (RFC 7519 section 4.1.3). Absent is nil and true; another type is false.
func (o object) list(name string) ([]string, bool) {
	value, present := o[name]
	if !present {
		return nil, true
	}
	switch value := value.(type) {
	case string:
		return []string{value}, true
	case []any:
		list := make([]string, 0, len(value))
		for _, element := range value {
			s, ok := element.(string)
			if !ok {
				return nil, false
			}
			list = append(list, s)
		}
		return list, true
	default:
		return nil, false
	}
}
