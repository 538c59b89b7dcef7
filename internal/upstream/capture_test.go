package upstream

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

func TestCaptureStatus(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		write func(*capture)
		want  int
		err   error
	}{
		{"none", func(*capture) {}, 0, ErrUnusable},
		{"zero", func(c *capture) { c.WriteHeader(0) }, 0, ErrUnusable},
		{"informational alone", func(c *capture) { c.WriteHeader(101) }, 0, ErrUnusable},
		{"informational first", func(c *capture) { c.WriteHeader(103); c.WriteHeader(201) }, 201, nil},
		{"the first counts", func(c *capture) { c.WriteHeader(201); c.WriteHeader(500) }, 201, nil},
		{"a body alone", func(c *capture) { _, _ = c.Write([]byte("{}")) }, 200, nil},
		{"a body after it", func(c *capture) { c.WriteHeader(401); _, _ = c.Write([]byte("{}")) }, 401, nil},
		{"broken off", func(c *capture) { c.WriteHeader(499) }, 499, ErrUnusable},
		{"encoded", func(c *capture) { c.Header().Set("Content-Encoding", "br"); c.WriteHeader(200) }, 200, ErrUnusable},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newCapture(10)
			test.write(c)
			if c.status != test.want {
				t.Errorf("status %d, want %d", c.status, test.want)
			}
			if err := c.usable(); !errors.Is(err, test.err) || (err == nil) != (test.err == nil) {
				t.Errorf("usable: %v, want %v", err, test.err)
			}
		})
	}
}

func TestCaptureLimit(t *testing.T) {
	t.Parallel()
	c := newCapture(10)
	for _, part := range []string{"01234", "56789", ""} {
		if n, err := c.Write([]byte(part)); n != len(part) || err != nil {
			t.Fatalf("%q: %d, %v", part, n, err)
		}
	}
	if err := c.usable(); err != nil {
		t.Fatalf("a reply of just the size: %v", err)
	}
	if _, err := c.Write([]byte("a")); err == nil {
		t.Error("one byte more was taken")
	}
	if err := c.usable(); !errors.Is(err, ErrUnusable) {
		t.Errorf("a reply over the limit: %v", err)
	}
	if c.body.Len() != 10 {
		t.Errorf("%d bytes were kept, want 10", c.body.Len())
	}

	c = newCapture(10)
	if _, err := c.Write([]byte(strings.Repeat("x", 1<<20))); err == nil || c.body.Cap() > 1<<10 {
		t.Errorf("a write over the limit: %v, and %d bytes were set aside for it", err, c.body.Cap())
	}
}

// What cannot be reached from the writer cannot be flushed or taken over behind
// the gateway's back.
func TestCaptureHidesTheConnection(t *testing.T) {
	t.Parallel()
	control := http.NewResponseController(newCapture(10))
	if err := control.Flush(); err != nil {
		t.Errorf("flush: %v, want nothing to happen", err)
	}
	if _, _, err := control.Hijack(); !errors.Is(err, http.ErrNotSupported) {
		t.Errorf("hijack: %v, want %v", err, http.ErrNotSupported)
	}
	if _, unwraps := any(newCapture(10)).(interface{ Unwrap() http.ResponseWriter }); unwraps {
		t.Error("the capture unwraps")
	}
}
