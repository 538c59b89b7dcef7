package registration

import (
	"encoding/binary"
	"math/bits"
)

// plain is how many bytes at the beginning of s stand in a JSON string as they
// are: printable ASCII but for the quote and the backslash. Nearly all strings of
// a document are nothing else, so it looks at eight bytes at a time.
func plain(s string) int {
	i := 0
	for ; len(s)-i >= 8; i += 8 {
		if marks := special(binary.LittleEndian.Uint64([]byte(s[i : i+8]))); marks != 0 {
			return i + bits.TrailingZeros64(marks)/8
		}
	}
	for ; i < len(s); i++ {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			break
		}
	}
	return i
}

// special marks which of eight bytes are not plain by their top bits, up to the
// lowest: what is beyond ASCII has it set, adding one sets it in DEL, and taking
// away sets it where the byte is less than what is taken. Only marked bytes carry
// to the bytes above them, so nothing below the first is ever marked.
func special(eight uint64) uint64 {
	const each = 0x0101010101010101 // times a byte: eight of it
	del := eight + each
	control := eight - ' '*each
	quote := (eight ^ '"'*each) - each
	backslash := (eight ^ '\\'*each) - each
	return (eight | del | control | quote | backslash) & (0x80 * each)
}
