package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

var errFraming = errors.New("the message has no Content-Length, or the connection is not kept")

// readMessage reads one HTTP/1.1 message and returns its first line; the body is
// added to body, or thrown away if that is nil. It knows only what the bench's
// own peers say. net/http would do, and would cost as much as what is measured.
func readMessage(r *bufio.Reader, body *bytes.Buffer) (first string, err error) {
	length := -1
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return "", err
		}
		line = bytes.TrimRight(line, "\r\n")
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch {
		case first == "":
			first = string(line)
		case len(line) == 0:
			if length < 0 && !hasNoBody(first) {
				return first, errFraming
			}
			return first, readBody(r, max(length, 0), body)
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return first, fmt.Errorf("content length: %w", err)
			}
		case bytes.EqualFold(name, []byte("Connection")) && bytes.EqualFold(bytes.TrimSpace(value), []byte("close")):
			return first, errFraming
		}
	}
}

// hasNoBody tells whether a message is one that ends with its head and needs not
// say so (RFC 9112 section 6.3): an answer without content, or a request that
// reads or deletes.
func hasNoBody(first string) bool {
	return strings.HasPrefix(first, "HTTP/1.1 204 ") || strings.HasPrefix(first, "GET ") || strings.HasPrefix(first, "DELETE ")
}

func readBody(r *bufio.Reader, length int, body *bytes.Buffer) error {
	if body == nil {
		_, err := r.Discard(length)
		return err
	}
	_, err := io.CopyN(body, r, int64(length))
	return err
}
