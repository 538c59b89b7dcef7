package token

import (
	"errors"
	"slices"
	"strconv"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// object is a JSON object that was read as strictly as the documents that tokens
// vouch for: no member twice at any depth, valid UTF-8, nothing behind it.
type object struct {
	*registration.Metadata
}

// lastDate is the last second of the year 9999. Dates beyond it are refused
// because time.Unix wraps around for them, and a wrapped nbf lies in the past.
const lastDate = 253402300799

var (
	errNotObject = errors.New("not one JSON object")
	errDate      = errors.New("not a date in whole seconds")
)

func readObject(data string) (object, error) {
	members, err := registration.DecodeString(data)
	if err != nil {
		// Not the cause: it is a refusal by type, of a document that this is not.
		return object{}, errNotObject
	}
	return object{members}, nil
}

// text returns a string member. Absent is "" and true; another type is false.
func (o object) text(name string) (string, bool) {
	value, present := o.Get(name)
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
	value, present := o.Get(name)
	if !present {
		return 0, false, nil
	}
	number, ok := value.(registration.Number)
	if !ok {
		return 0, true, errDate
	}
	seconds, err = strconv.ParseInt(string(number), 10, 64)
	if err != nil || seconds < 0 || seconds > lastDate {
		return 0, true, errDate
	}
	return seconds, true, nil
}

// oneOf tells whether a member that is a string or an array of strings, like aud
// (RFC 7519 section 4.1.3), is or has one of some values. Absent is false and
// true; of another type is false and false.
func (o object) oneOf(name string, values []string) (found, ok bool) {
	value, present := o.Get(name)
	switch value := value.(type) {
	case string:
		return slices.Contains(values, value), true
	case []any:
		for _, element := range value {
			s, ok := element.(string)
			if !ok {
				return false, false
			}
			found = found || slices.Contains(values, s)
		}
		return found, true
	default:
		return false, !present
	}
}
