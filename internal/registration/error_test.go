package registration_test

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

func TestErrorWrite(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		refusal   registration.Error
		challenge string
		header    map[string]string
	}{
		"no token at all": {
			registration.Error{Status: 401, Code: registration.InvalidToken, Challenge: true, Anonymous: true, Description: "needed"},
			`Bearer realm="client registration"`, nil,
		},
		"a bad token": {
			registration.Error{Status: 401, Code: registration.InvalidToken, Challenge: true, Description: `it is "bad"\é`},
			`Bearer realm="client registration", error="invalid_token", error_description="it is ?bad???"`, nil,
		},
		"wrong method": {
			registration.Error{Status: 405, Code: registration.InvalidRequest, Allow: []string{"GET", "PUT"}},
			"",
			map[string]string{"Allow": "GET, PUT"},
		},
		"come back": {
			registration.Error{Status: 503, Code: registration.TemporarilyUnavailable, RetryAfter: 1500 * time.Millisecond},
			"",
			map[string]string{"Retry-After": "2"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.refusal.Err = errors.New("the cause, which has a SECRET in it")
			w := httptest.NewRecorder()
			test.refusal.Write(w)
			if w.Code != test.refusal.Status {
				t.Errorf("status %d, want %d", w.Code, test.refusal.Status)
			}
			if got := w.Header().Get("WWW-Authenticate"); got != test.challenge {
				t.Errorf("challenge %s, want %s", got, test.challenge)
			}
			for name, want := range map[string]string{"Content-Type": "application/json", "Cache-Control": "no-store", "Pragma": "no-cache"} {
				if got := w.Header().Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			for name, want := range test.header {
				if got := w.Header().Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			if strings.Contains(w.Body.String(), "SECRET") {
				t.Error("the cause was told to the caller")
			}
			var body struct {
				Error       string
				Description string `json:"error_description"`
			}
			if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
				t.Fatal(err)
			}
			if body.Error != string(test.refusal.Code) {
				t.Errorf("error %q, want %q", body.Error, test.refusal.Code)
			}
			for _, c := range body.Description {
				if c < 0x20 || c > 0x7e || c == '"' || c == '\\' {
					t.Errorf("description %q has a character that RFC 6750 does not allow", body.Description)
				}
			}
		})
	}
}

// FuzzErrorWrite: the body is what encoding/json makes of it.
func FuzzErrorWrite(f *testing.F) {
	f.Add("invalid_redirect_uri", "one rule is broken", "https", "/redirect_uris/0", "it must be https", "a", "", 2)
	f.Add("", `"<é>"\`, "", "/a~1<b>&", "\u2028\x7f\xff", "\x00", "layer", 1)
	f.Add("", "", "", "", "", "", "", 0)
	f.Fuzz(func(t *testing.T, code, description, rule, pointer, detail, allowed, layer string, n int) {
		violations := make([]registration.Violation, n&3)
		for i := range violations {
			violations[i] = registration.Violation{Rule: rule, Pointer: pointer, Detail: detail, Layer: layer, Given: "SECRET", Code: "SECRET"}
			for range i {
				violations[i].Allowed = append(violations[i].Allowed, allowed)
			}
		}
		w := httptest.NewRecorder()
		(&registration.Error{Status: 400, Code: registration.Code(code), Description: description, Violations: violations}).Write(w)
		var told struct {
			Description string `json:"error_description"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &told); err != nil {
			t.Fatal(err)
		}
		want, err := json.Marshal(struct {
			Code        string                   `json:"error"`
			Description string                   `json:"error_description,omitempty"`
			Violations  []registration.Violation `json:"violations,omitempty"`
		}{code, told.Description, violations})
		if err != nil {
			t.Fatal(err)
		}
		if w.Body.String() != string(want) {
			t.Fatalf("got %s, want %s", w.Body, want)
		}
		for i, r := range []rune(description) {
			ok := r >= 0x20 && r <= 0x7e && r != '"' && r != '\\'
			if !ok {
				r = '?'
			}
			if i >= len(told.Description) || rune(told.Description[i]) != r {
				t.Fatalf("description %q of %q", told.Description, description)
			}
		}
	})
}
