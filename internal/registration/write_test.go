package registration_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

func TestAnswerWrite(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer registration.Answer
		body   string
		header http.Header
	}{
		"created": {
			registration.Answer{Status: 201, Location: "https://a.example/register/c", Body: decode(t, `{"client_id":"c"}`)},
			`{"client_id":"c"}`,
			http.Header{
				"Location": {"https://a.example/register/c"}, "Cache-Control": {"no-store"}, "Pragma": {"no-cache"},
				"Content-Type": {"application/json"}, "Content-Length": {"17"},
			},
		},
		"deleted": {registration.Answer{Status: 204}, "", http.Header{"Cache-Control": {"no-store"}, "Pragma": {"no-cache"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			test.answer.Write(w)
			if w.Code != test.answer.Status || w.Body.String() != test.body {
				t.Errorf("got %d %s, want %d %s", w.Code, w.Body, test.answer.Status, test.body)
			}
			if got, want := headerText(w.Header()), headerText(test.header); got != want {
				t.Errorf("got\n%swant\n%s", got, want)
			}
		})
	}
}

// TestAnswersShareNothing: what is done to the header of one answer, in place or by
// adding, stays with that header of that answer.
func TestAnswersShareNothing(t *testing.T) {
	t.Parallel()
	a := registration.Answer{Status: 201, Body: decode(t, `{"client_id":"c"}`)}
	first, second := httptest.NewRecorder(), httptest.NewRecorder()
	a.Write(first)
	a.Write(second)
	want := headerText(second.Header())
	for name := range first.Header() {
		first.Header()[name][0] += ", more"
		first.Header().Add(name, "another")
	}
	if got := headerText(second.Header()); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	for name, values := range first.Header() {
		if len(values) != 2 || !strings.HasSuffix(values[0], ", more") || strings.Contains(values[0], "another") || values[1] != "another" {
			t.Errorf("%s: %q", name, values)
		}
	}
}

func TestAnswersAtOnce(t *testing.T) {
	t.Parallel()
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			body := `{"client_id":"` + strings.Repeat(strconv.Itoa(i), 100*i) + `"}`
			a := registration.Answer{Status: 200, Body: registration.New(registration.Member{Name: "client_id", Value: strings.Repeat(strconv.Itoa(i), 100*i)})}
			for range 100 {
				w := httptest.NewRecorder()
				a.Write(w)
				if w.Body.String() != body || w.Header().Get("Content-Length") != strconv.Itoa(len(body)) {
					t.Errorf("got %s, want %s", w.Body, body)
				}
			}
		})
	}
	all.Wait()
}

func headerText(h http.Header) string {
	var b strings.Builder
	_ = h.Write(&b) // sorted; a strings.Builder takes everything
	return b.String()
}
