package registration

import (
	"errors"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// walk takes valid JSON apart. It checks nothing: [Decode] has had the text
// validated. All strings without escapes are parts of the one text, which is
// kept alive by them; a document is as short-lived as its request.
type walk struct {
	text  string
	at    int
	depth int
}

var errTooDeep = errors.New("nested too deep")

// next is the first byte of what comes next.
func (w *walk) next() byte {
	for {
		switch c := w.text[w.at]; c {
		case ' ', '\t', '\r', '\n':
			w.at++
		default:
			return c
		}
	}
}

func (w *walk) enter() error {
	w.at++ // { or [
	if w.depth++; w.depth > MaxDepth {
		return errTooDeep
	}
	return nil
}

// more tells whether another element comes before the end of what is open.
func (w *walk) more(end byte) bool {
	switch w.next() {
	case end:
		w.at++
		w.depth--
		return false
	case ',':
		w.at++
		w.next()
	}
	return true
}

func (w *walk) object() (*Metadata, error) {
	if err := w.enter(); err != nil {
		return nil, err
	}
	capacity := 4 // a key
	if w.depth == 1 {
		capacity = 16 // a document, with room for what the policy adds
	}
	m := &Metadata{members: make([]Member, 0, capacity)}
	for w.more('}') {
		member := Member{Name: w.string()}
		w.next() // :
		w.at++
		var err error
		if member.Value, err = w.value(); err != nil {
			return nil, err
		}
		m.members = append(m.members, member)
	}
	return m, nil
}

func (w *walk) array() ([]any, error) {
	if err := w.enter(); err != nil {
		return nil, err
	}
	array := []any{}
	for w.more(']') {
		v, err := w.value()
		if err != nil {
			return nil, err
		}
		array = append(array, v)
	}
	return array, nil
}

func (w *walk) value() (any, error) {
	switch w.next() {
	case '{':
		return w.object()
	case '[':
		return w.array()
	case '"':
		return w.string(), nil
	case 't':
		w.at += len("true")
		return true, nil
	case 'f':
		w.at += len("false")
		return false, nil
	case 'n':
		w.at += len("null")
		return nil, nil //nolint:nilnil // JSON null is a value
	default:
		return w.number(), nil
	}
}

func (w *walk) number() Number {
	start := w.at
	for w.at < len(w.text) && strings.IndexByte("+-.0123456789Ee", w.text[w.at]) >= 0 {
		w.at++
	}
	return Number(w.text[start:w.at])
}

func (w *walk) string() string {
	start := w.at
	escaped := false
	for w.at++; w.text[w.at] != '"'; w.at++ {
		if w.text[w.at] == '\\' {
			escaped = true
			w.at++
		}
	}
	w.at++
	quoted := w.text[start:w.at]
	if !escaped {
		return quoted[1 : len(quoted)-1]
	}
	unquoted, _ := jsontext.AppendUnquote(nil, quoted) // valid, so it cannot fail
	return string(unquoted)
}
