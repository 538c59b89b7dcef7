package main

import (
	"bufio"
	"bytes"
	"strings"
	"testing"
)

func TestReadMessage(t *testing.T) {
	t.Parallel()
	const two = "HTTP/1.1 201 Created\r\nX: y\r\ncontent-length: 3\r\n\r\nabcHTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
	r := bufio.NewReader(strings.NewReader(two))
	var body bytes.Buffer
	for _, want := range []struct{ first, body string }{{"HTTP/1.1 201 Created", "abc"}, {"HTTP/1.1 400 Bad Request", ""}} {
		body.Reset()
		first, err := readMessage(r, &body)
		if err != nil || first != want.first || body.String() != want.body {
			t.Errorf("got %q, %q, %v; want %q, %q", first, body.String(), err, want.first, want.body)
		}
	}
}

// What the reader does not know must end a measurement, not distort it.
func TestReadMessageRefuses(t *testing.T) {
	t.Parallel()
	for name, wire := range map[string]string{
		"chunked":          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"not kept":         "HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n",
		"no number":        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
		"cut off in head":  "HTTP/1.1 200 OK\r\nContent-Le",
		"cut off in body":  "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
		"nothing whatever": "",
	} {
		for _, body := range []*bytes.Buffer{nil, new(bytes.Buffer)} {
			if first, err := readMessage(bufio.NewReader(strings.NewReader(wire)), body); err == nil {
				t.Errorf("%s: got %q and no error", name, first)
			}
		}
	}
}
