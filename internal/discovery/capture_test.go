package discovery

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestCaptureDecides(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status  int
		header  string // "Name: value", separated by "; "
		passing bool
		why     passReason
	}{
		"JSON":                    {200, "Content-Type: application/json", false, 0},
		"with a charset":          {200, "Content-Type: Application/JSON;charset=UTF-8", false, 0},
		"FHIR":                    {200, "Content-Type: application/fhir+json", false, 0},
		"FHIR before R3":          {200, "Content-Type: application/json+fhir", false, 0},
		"gzip":                    {200, "Content-Type: application/json|Content-Encoding: GZIP", false, 0},
		"identity":                {200, "Content-Type: application/json|Content-Encoding: identity", false, 0},
		"as long as may be":       {200, "Content-Type: application/json|Content-Length: 10", false, 0},
		"length unreadable":       {200, "Content-Type: application/json|Content-Length: x", false, 0},
		"length negative":         {200, "Content-Type: application/json|Content-Length: -5", false, 0},
		"longer than may be":      {200, "Content-Type: application/json|Content-Length: 11", true, passTooLarge},
		"Brotli":                  {200, "Content-Type: application/json|Content-Encoding: br", true, passEncoding},
		"gzip twice":              {200, "Content-Type: application/json|Content-Encoding: gzip, gzip", true, passEncoding},
		"HTML":                    {200, "Content-Type: text/html", true, passOther},
		"no type":                 {200, "X: y", true, passOther},
		"a type that is none":     {200, "Content-Type: json", true, passOther},
		"not found":               {404, "Content-Type: application/json", true, passOther},
		"created":                 {201, "Content-Type: application/json", true, passOther},
		"part of a document":      {206, "Content-Type: application/json", true, passOther},
		"not modified":            {304, "X: y", true, passOther},
		"the caller broke it off": {499, "Content-Type: application/json", true, passOther},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			c := &capture{to: w, header: http.Header{}, limit: 10}
			for line := range strings.SplitSeq(test.header, "|") {
				field, value, _ := strings.Cut(line, ": ")
				c.Header().Add(field, value)
			}
			c.WriteHeader(103)
			c.WriteHeader(test.status)
			c.WriteHeader(500)
			if c.passing != test.passing || c.why != test.why || c.status != test.status {
				t.Errorf("passing %t, %d, status %d", c.passing, c.why, c.status)
			}
			if test.passing && w.Code != test.status {
				t.Errorf("status %d reached the caller", w.Code)
			}
			if !test.passing && len(w.Result().Header) > 0 {
				t.Errorf("headers reached the caller: %v", w.Result().Header)
			}
		})
	}
}

// What was held back is not lost when more comes than may be held.
func TestCaptureOverflows(t *testing.T) {
	t.Parallel()
	for _, bodyless := range []bool{false, true} {
		w := httptest.NewRecorder()
		w.Header().Set("Server", "Caddy")
		c := &capture{to: w, header: w.Header().Clone(), limit: 10, bodyless: bodyless}
		c.Header().Set("Content-Type", "application/json")
		c.Header().Del("Server")
		for _, part := range []string{"01234", "56789"} {
			if n, err := c.Write([]byte(part)); n != 5 || err != nil {
				t.Fatal(n, err)
			}
		}
		if err := http.NewResponseController(c).Flush(); err != nil || w.Flushed {
			t.Fatalf("flushed %t: %v", w.Flushed, err)
		}
		c.Header().Set("X-Late", "1") // not a header of this answer any more
		if c.passing || w.Body.Len() > 0 {
			t.Fatal("it passed too early")
		}
		for _, part := range []string{"abc", "def"} {
			if n, err := c.Write([]byte(part)); n != 3 || err != nil {
				t.Fatal(n, err)
			}
		}
		if err := http.NewResponseController(c).Flush(); err != nil || !w.Flushed {
			t.Fatalf("flushed %t: %v", w.Flushed, err)
		}
		want := "0123456789abcdef"
		if bodyless {
			want = ""
		}
		c.Header().Set(http.TrailerPrefix+"X-Sum", "1")
		header := w.Result().Header
		if w.Body.String() != want || header.Get("Content-Type") != "application/json" || header.Get("Server") != "" || header.Get("X-Late") != "" {
			t.Errorf("got %q, %v", w.Body, header)
		}
		if w.Result().Trailer.Get("X-Sum") != "1" {
			t.Errorf("the trailer is lost: %v", w.Header())
		}
	}
}

func TestCaptureText(t *testing.T) {
	t.Parallel()
	for _, encoding := range []string{"", "gzip", "x-gzip"} {
		for _, size := range []int{99, 100, 101} {
			text := strings.Repeat("x", size)
			c := &capture{header: http.Header{}, limit: 100}
			c.Header().Set("Content-Type", "application/json")
			body := []byte(text)
			if encoding != "" {
				c.Header().Set("Content-Encoding", encoding)
				body = zipped(text)
			} else if size > c.limit {
				continue // it passes
			}
			_, _ = c.Write(body)
			got, err := c.text()
			if size > c.limit {
				if !errors.Is(err, errTextTooLarge) {
					t.Errorf("%s, %d bytes: %v", encoding, size, err)
				}
			} else if err != nil || string(got) != text {
				t.Errorf("%s, %d bytes: %q, %v", encoding, size, got, err)
			}
		}
	}
	for name, body := range map[string]string{"no gzip": original, "half": string(zipped(original)[:50]), "rubbish behind": string(zipped(original)) + "x", "nothing": ""} {
		c := &capture{header: http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}}, limit: 1000}
		_, _ = c.Write([]byte(body))
		if text, err := c.text(); err == nil {
			t.Errorf("%s: %q", name, text)
		}
	}
}

// What cannot be reached from the writer cannot be taken over behind our back.
func TestCaptureHidesTheConnection(t *testing.T) {
	t.Parallel()
	c := &capture{to: httptest.NewRecorder(), header: http.Header{}}
	if _, _, err := http.NewResponseController(c).Hijack(); !errors.Is(err, http.ErrNotSupported) {
		t.Errorf("hijack: %v, want %v", err, http.ErrNotSupported)
	}
	if _, unwraps := any(c).(interface{ Unwrap() http.ResponseWriter }); unwraps {
		t.Error("the capture unwraps")
	}
}
