package registration

import (
	"encoding/json"
	"strings"
)

// appendBody writes the refusal as a caller reads it. encoding/json would write
// the very same, as FuzzErrorWrite has it, for several times as much.
func (e *Error) appendBody(dst []byte) []byte {
	dst = appendText(append(dst, `{"error":`...), string(e.Code))
	if e.Description != "" {
		dst = appendText(append(dst, `,"error_description":`...), ascii(e.Description))
	}
	separator := `,"violations":[`
	for i := range e.Violations {
		dst = e.Violations[i].appendTo(append(dst, separator...))
		separator = ","
	}
	if len(e.Violations) > 0 {
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

func (v *Violation) appendTo(dst []byte) []byte {
	dst = appendText(append(dst, `{"rule":`...), v.Rule)
	dst = appendText(append(dst, `,"pointer":`...), v.Pointer)
	if v.Detail != "" {
		dst = appendText(append(dst, `,"detail":`...), v.Detail)
	}
	separator := `,"allowed":[`
	for _, allowed := range v.Allowed {
		dst = appendText(append(dst, separator...), allowed)
		separator = ","
	}
	if len(v.Allowed) > 0 {
		dst = append(dst, ']')
	}
	if v.Layer != "" {
		dst = appendText(append(dst, `,"layer":`...), v.Layer)
	}
	return append(dst, '}')
}

// appendText is appendString for what is not a document's: as encoding/json has
// it, with what means something in HTML escaped.
func appendText(dst []byte, s string) []byte {
	if plain(s) == len(s) && !strings.ContainsAny(s, "<>&") {
		return append(append(append(dst, '"'), s...), '"')
	}
	quoted, _ := json.Marshal(s) // a string: cannot fail
	return append(dst, quoted...)
}
