package contract

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// Trace headers are the caller's and do pass.
const (
	requestID   = "5b6e9d9e-contract"
	traceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
)

const cookie = "session=evil-4f1d2c9a77"

// junk is what every request of a caller carries and what must not pass. The
// X-Forwarded-* ones have names that may pass, but these values may not: this
// caller is no trusted proxy.
var junk = http.Header{
	"Accept":                 {"text/html, evil/*"},
	"Accept-Encoding":        {"br, zstd"},
	"Accept-Language":        {"de-evil"},
	"Cookie":                 {cookie},
	"Dpop":                   {"evil"},
	"Forwarded":              {"for=192.0.2.1;host=evil.example.org;proto=https"},
	"If-None-Match":          {`"evil"`},
	"Origin":                 {"https://evil.example.org"},
	"Proxy-Authorization":    {"Basic evil"},
	"Referer":                {"https://evil.example.org/"},
	"User-Agent":             {"evil/1.0"},
	"X-Client-Cert":          {"evil"},
	"X-Evil":                 {"evil"},
	"X-Forwarded-For":        {"192.0.2.1, evil"},
	"X-Forwarded-Host":       {"evil.example.org"},
	"X-Forwarded-Port":       {"6666"},
	"X-Forwarded-Prefix":     {"/evil"},
	"X-Forwarded-Proto":      {"evil"},
	"X-Http-Method-Override": {"DELETE"},
	"X-Real-Ip":              {"192.0.2.1"},
	"X-Request-Id":           {requestID},
	"Traceparent":            {traceParent},
}

// call is one request of a caller.
type call struct {
	method string // default: POST
	path   string // or a whole URL. default: the plain variant's
	token  string // "" sends none
	body   any    // a document, text that is sent as it is, or nil
	header http.Header
}

// answer is what a caller gets, and what its request caused at the server.
type answer struct {
	status   int
	header   http.Header
	raw      string
	body     map[string]any
	upstream []exchange
}

func (a *answer) text(name string) string { return text(a.body, name) }

func (a *answer) list(name string) []string { return list(a.body, name) }

// do sends a request and holds the answer against what all answers promise.
func (g *gateway) do(t *testing.T, c call) *answer {
	t.Helper()
	mark := g.upstream.mark()
	response, err := g.client.Do(g.request(t, c))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := &answer{status: response.StatusCode, header: response.Header, raw: string(raw), upstream: g.upstream.since(mark)}
	g.secrets.keepReply(raw)
	if response.Request.Method != http.MethodHead && a.status != http.StatusNoContent {
		if err := json.Unmarshal(raw, &a.body); err != nil {
			t.Fatalf("%d with a body that is no JSON object: %q", a.status, raw)
		}
	}
	a.checkHeader(t)
	if a.status >= 400 {
		a.checkError(t)
	}
	return a
}

func (g *gateway) request(t *testing.T, c call) *http.Request {
	t.Helper()
	if c.method == "" {
		c.method = http.MethodPost
	}
	if c.path == "" {
		c.path = plain
	}
	if !strings.HasPrefix(c.path, "http://") {
		c.path = g.url + c.path
	}
	var body io.Reader
	switch content := c.body.(type) {
	case nil:
	case string:
		body = strings.NewReader(content)
	default:
		encoded, err := json.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		body = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(t.Context(), c.method, c.path, body)
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(request.Header, junk)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
		g.secrets.keep("a caller's token", c.token)
	}

	for name, values := range c.header {
		request.Header[name] = values
		if values == nil {
			delete(request.Header, name)
		}
	}
	return request
}

// raw sends a request as it is written and returns the answer's status.
func raw(t *testing.T, address, request string) int {
	t.Helper()
	connection, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if _, err := io.WriteString(connection, request); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		t.Fatalf("%.200s: %v", request, err)
	}
	response.Body.Close()
	return response.StatusCode
}

// answerHeaders are the headers that an answer may have. What the server says
// beyond that is none of the caller's business.
var answerHeaders = []string{
	"Allow", "Cache-Control", "Connection", "Content-Length", "Content-Type", "Date", "Location",
	"Pragma", "Retry-After", "Server", "Www-Authenticate",
}

func (a *answer) checkHeader(t *testing.T) {
	t.Helper()
	want := map[string]string{"Cache-Control": "no-store", "Pragma": "no-cache", "Content-Type": "application/json", "Server": "Caddy"}
	if a.status == http.StatusNoContent {
		want["Content-Type"] = ""
	}
	for name, value := range want {
		if got := a.header.Get(name); got != value {
			t.Errorf("%d has %s %q, want %q", a.status, name, got, value)
		}
	}
	for name, values := range a.header {
		if !slices.Contains(answerHeaders, name) || len(values) != 1 {
			t.Errorf("%d has the header %s: %q", a.status, name, values)
		}
	}
	if challenge := a.header.Get("WWW-Authenticate"); a.status == http.StatusUnauthorized && !strings.HasPrefix(challenge, "Bearer ") {
		t.Errorf("401 has the challenge %q", challenge)
	}
}

// checkError: RFC 7591 section 3.2.2.
func (a *answer) checkError(t *testing.T) {
	t.Helper()
	if a.body == nil { // HEAD
		return
	}
	description := a.text("error_description")
	if a.text("error") == "" || description == "" {
		t.Errorf("%d without error or error_description: %s", a.status, a.raw)
	}
	if strings.ContainsFunc(description, func(r rune) bool { return r < 0x20 || r > 0x7e }) {
		t.Errorf("the description is not ASCII: %q", description)
	}
	for _, v := range a.violations() {
		pointer := text(v, "pointer")
		if text(v, "rule") == "" || text(v, "detail") == "" || pointer != "" && pointer[0] != '/' {
			t.Errorf("incomplete violation %v", v)
		}
	}
	for _, word := range []string{"Policy '", "keycloak", "Keycloak", "OIDCClientRepresentation", "Failed decode"} {
		if strings.Contains(a.raw, word) {
			t.Errorf("the server's own words are in the refusal: %s", a.raw)
		}
	}
}

func (a *answer) violations() []map[string]any {
	array, _ := a.body["violations"].([]any)
	violations := make([]map[string]any, len(array))
	for i, v := range array {
		violations[i], _ = v.(map[string]any)
	}
	return violations
}

// register makes a client that must come to be, and checks what every such
// answer says (RFC 7591 section 3.2.1).
func (g *gateway) register(t *testing.T, path, token string, document any) *answer {
	t.Helper()
	a := g.do(t, call{path: path, token: token, body: document})
	if a.status != http.StatusCreated {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	a.checkRegistration(t, g.url+path)
	if location := a.header.Get("Location"); location != a.text("registration_client_uri") {
		t.Errorf("Location %q, registration_client_uri %q", location, a.text("registration_client_uri"))
	}
	if len(a.upstream) != 1 || a.upstream[0].method != http.MethodPost || a.upstream[0].status != http.StatusCreated {
		t.Errorf("upstream: %v", a.upstream)
	}
	return a
}

func (a *answer) checkRegistration(t *testing.T, endpoint string) {
	t.Helper()
	id := a.text("client_id")
	if id == "" {
		t.Fatalf("no client_id: %s", a.raw)
	}
	if uri := a.text("registration_client_uri"); uri != endpoint+"/"+id {
		t.Errorf("registration_client_uri is %q, want it below %q", uri, endpoint)
	}
	if a.text("registration_access_token") == "" {
		t.Error("no registration_access_token")
	}
	if a.body["client_secret"] != nil && a.body["client_secret_expires_at"] != 0.0 {
		t.Errorf("client_secret_expires_at is %v", a.body["client_secret_expires_at"])
	}
	for _, name := range []string{"redirect_uris", "grant_types", "response_types", "scope", "token_endpoint_auth_method"} {
		if _, there := a.body[name]; !there {
			t.Errorf("the answer does not name %s", name)
		}
	}
	if slices.Contains(a.list("response_types"), "none") {
		t.Errorf("response_types %q", a.list("response_types"))
	}
}

// refused wants a request to have been refused by the gateway, for these rules,
// and the server to have seen nothing of it but, before an update, the read that
// authenticates the caller.
func (a *answer) refused(t *testing.T, status int, code string, rules ...string) {
	t.Helper()
	a.is(t, status, code)
	var broken []string
	for _, v := range a.violations() {
		broken = append(broken, text(v, "rule"))
	}
	for _, rule := range rules {
		if !slices.Contains(broken, rule) {
			t.Errorf("violations %q lack %s", broken, rule)
		}
	}
	for _, x := range a.upstream {
		if x.method != http.MethodGet {
			t.Errorf("a refused request reached the server: %s %s %s", x.method, x.path, x.body)
		}
	}
}

// is wants a status and an error code.
func (a *answer) is(t *testing.T, status int, code string) {
	t.Helper()
	if a.status != status || a.text("error") != code {
		t.Errorf("%d %s, want %d %s", a.status, a.raw, status, code)
	}
}

// text is a string member, "" where there is none.
func text(object map[string]any, name string) string {
	s, _ := object[name].(string)
	return s
}

// list is a member that is an array of strings, never nil.
func list(object map[string]any, name string) []string {
	array, _ := object[name].([]any)
	strings := make([]string, len(array))
	for i, v := range array {
		strings[i], _ = v.(string)
	}
	return strings
}
