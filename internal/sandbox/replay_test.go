package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// exchange is one request to the real server and what it answered. Identifiers,
// secrets, tokens and addresses are replaced by names in angle brackets.
type exchange struct {
	Name           string            `json:"name"`
	Method         string            `json:"method"`
	Path           string            `json:"path"`
	Request        json.RawMessage   `json:"request"`
	RequestHeaders map[string]string `json:"request_headers"`
	Status         int               `json:"status"`
	Headers        map[string]string `json:"headers"`
	Body           json.RawMessage   `json:"body"`
}

// notReplayed are the exchanges that the sandbox does not claim to match.
var notReplayed = map[string]string{
	"as_metadata":  "RFC 8414 metadata: a gateway makes its own",
	"as_metadata2": "RFC 8414 metadata: a gateway makes its own",

	"put_fewer_grants": "the client is of a registration that was not recorded",
	"put_silent":       "the client is of a registration that was not recorded",
	"put_emptied":      "the client is of a registration that was not recorded",
	"unknown_client":   "nobody may see every client here",
}

// bodies rebuilds the request bodies that were too long to be recorded whole.
var bodies = map[string]string{
	"redirect_many": `{"redirect_uris": [` + func() string {
		uris := make([]string, 0, 300)
		for i := range 300 {
			uris = append(uris, fmt.Sprintf(`"https://a%d.example.org/"`, i))
		}
		return strings.Join(uris, ", ")
	}() + `], "client_name": "App"}`,
	"redirect_5000": `{"redirect_uris": ["https://app.example.org/` + strings.Repeat("x", 5000) + `"], "client_name": "App"}`,
	"logo_long":     `{"redirect_uris": ["https://app.example.org/cb"], "client_name": "App", "logo_uri": "https://app.example.org/` + strings.Repeat("x", 5000) + `"}`,
	"big_1m":        `{"client_name":"` + strings.Repeat("x", 1_000_000) + `"}`,
	"big_11m":       `{"client_name":"` + strings.Repeat("x", 11_000_000) + `"}`,
	"deep":          `{"jwks":` + strings.Repeat("[", 3000) + strings.Repeat("]", 3000) + `}`,
}

const exchangesFile = "../../testdata/exchanges/keycloak-26.7.5.jsonl"

func readExchanges(t *testing.T) []exchange {
	t.Helper()
	file, err := os.ReadFile(exchangesFile)
	if err != nil {
		t.Fatal(err)
	}
	var all []exchange
	for line := range bytes.Lines(file) {
		var e exchange
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		if e.Name != "" { // the first line describes the server
			all = append(all, e)
		}
	}
	if len(all) != 152 {
		t.Fatalf("%d exchanges, want 152", len(all))
	}
	return all
}

// replay holds what one exchange leaves for the next.
type replay struct {
	s      *Sandbox
	clock  *testClock
	server *httptest.Server

	shared   string // initial access token with uses to spare
	oneUse   string
	account  string // access token of the service account
	clientID string // of the client whose life the exchanges named life_… follow
	secret   string
	firstRAT string
	lastRAT  string
}

// TestReplay sends every recorded request to the sandbox and holds its answer
// against the real server's.
func TestReplay(t *testing.T) {
	p := newReplay(t)
	for _, e := range readExchanges(t) {
		if _, ok := notReplayed[e.Name]; ok {
			continue
		}
		// One after the other: they tell the story of one realm.
		t.Run(e.Name, func(t *testing.T) { p.run(t, e) })
	}
}

func newReplay(t *testing.T) *replay {
	t.Helper()
	p := new(replay)
	p.s, p.clock = provision(t, &Sandbox{
		Realm:          "fhir",
		ServiceAccount: &ServiceAccount{ClientID: "registrar", ClientSecret: "s3cret"},
	})
	p.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := p.s.ServeHTTP(w, r, caddyhttp.HandlerFunc(func(http.ResponseWriter, *http.Request) error {
			t.Errorf("%s %s was left to the next handler", r.Method, r.URL)
			return nil
		})); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(p.server.Close)
	p.shared = p.mint(t, `{"count":1000}`)
	p.oneUse = p.mint(t, `{"count":1}`)
	form := strings.NewReader("grant_type=client_credentials&client_id=registrar&client_secret=s3cret")
	res, err := http.Post(p.server.URL+"/realms/fhir/protocol/openid-connect/token", "application/x-www-form-urlencoded", form)
	if err != nil {
		t.Fatal(err)
	}
	p.account = read(t, res).text("access_token")
	return p
}

func (p *replay) mint(t *testing.T, body string) string {
	t.Helper()
	res, err := http.Post(p.server.URL+"/initial-access-token", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return read(t, res).text("token")
}

// token is the one that stands for <jwt> in the exchange's Authorization field.
func (p *replay) token(t *testing.T, e exchange) string {
	t.Helper()
	switch e.Name {
	case "bearer_tampered":
		last := p.shared[len(p.shared)-1:]
		return strings.TrimSuffix(p.shared, last) + map[bool]string{true: "Q", false: "A"}[last == "A"]
	case "admin_master":
		// Another realm's token: another key, another issuer.
		token, err := newRealm().sign(claims{Issuer: p.server.URL + "/realms/master", Type: typeBearer})
		if err != nil {
			t.Fatal(err)
		}
		return token
	case "service_account", "life_get_sa", "life_sa_create":
		return p.account
	case "one_use_1", "one_use_2", "one_use_3":
		return p.oneUse
	case "iat_expired":
		token := p.mint(t, `{"expiration":1}`)
		p.clock.advance(2 * time.Second)
		return token
	case "iat_deleted":
		token := p.mint(t, "")
		c, err := p.s.realm.verify(token, p.server.URL+"/realms/fhir", p.clock.now())
		if err != nil {
			t.Fatal(err)
		}
		p.s.realm.mu.Lock()
		delete(p.s.realm.initial, c.ID)
		p.s.realm.mu.Unlock()
		return token
	case "life_create", "life_get_iat":
		return p.shared
	case "life_get_old_rat":
		return p.firstRAT
	}
	if strings.HasPrefix(e.Name, "life_") {
		return p.lastRAT
	}
	return p.shared
}

func (p *replay) run(t *testing.T, e exchange) {
	token := p.token(t, e)
	fill := strings.NewReplacer("<base>", p.server.URL, "<uuid>", p.clientID, "<secret>", p.secret, "<jwt>", token)
	r, err := http.NewRequest(e.Method, fill.Replace(e.Path), bytes.NewReader(requestBody(t, e, fill)))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range e.RequestHeaders {
		r.Header.Set(name, fill.Replace(value))
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if e.Status == 0 {
		if err == nil {
			res.Body.Close()
			t.Fatalf("status %d, want the connection to be closed", res.StatusCode)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	got := read(t, res)
	if got.status != e.Status {
		t.Fatalf("status %d, want %d: %s", got.status, e.Status, got.raw)
	}
	p.compareHeaders(t, e, got.header)
	p.compareBodies(t, e, got.raw)
	p.remember(e, got)
}

func requestBody(t *testing.T, e exchange, fill *strings.Replacer) []byte {
	t.Helper()
	if len(e.Request) == 0 || string(e.Request) == "null" {
		return nil
	}
	if e.Request[0] != '"' {
		// As recorded, blanks included: the server reports columns.
		return []byte(fill.Replace(string(e.Request)))
	}
	var body string
	if err := json.Unmarshal(e.Request, &body); err != nil {
		t.Fatal(err)
	}
	var size int
	if n, _ := fmt.Sscanf(body, "<%d bytes>", &size); n == 1 {
		body = bodies[e.Name]
		if len(body) != size {
			t.Fatalf("rebuilt body has %d bytes, want %d", len(body), size)
		}
	}
	return []byte(body)
}

// remember keeps what later exchanges refer to.
func (p *replay) remember(e exchange, got answer) {
	if !strings.HasPrefix(e.Name, "life_") || e.Name == "life_sa_create" {
		return
	}
	if got.status != http.StatusCreated && (e.Method != http.MethodPut || got.status != http.StatusOK) {
		return
	}
	p.clientID, p.secret, p.lastRAT = got.text("client_id"), got.text("client_secret"), got.text("registration_access_token")
	if p.firstRAT == "" {
		p.firstRAT = p.lastRAT
	}
}

var (
	uuidPattern = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	jwtPattern  = regexp.MustCompile(`^[\w-]+\.[\w-]+\.[\w-]+$`)
)

func (p *replay) compareHeaders(t *testing.T, e exchange, header http.Header) {
	t.Helper()
	got, want := make(map[string]string), make(map[string]string)
	for name, value := range e.Headers {
		want[http.CanonicalHeaderKey(name)] = value
	}
	for name := range header {
		got[name] = uuidPattern.ReplaceAllString(strings.ReplaceAll(header.Get(name), p.server.URL, "<base>"), "<uuid>")
	}
	for _, framing := range []string{"Date", "Content-Length", "Transfer-Encoding"} {
		delete(got, framing)
		delete(want, framing)
	}
	if !maps.Equal(got, want) {
		t.Errorf("header fields %v, want %v", got, want)
	}
}

func (p *replay) compareBodies(t *testing.T, e exchange, raw []byte) {
	t.Helper()
	if string(e.Body) == `""` {
		if len(raw) > 0 {
			t.Errorf("body %s, want none", raw)
		}
		return
	}
	var got, want map[string]any
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatalf("body %q: %v", raw, err)
	}
	if err := json.Unmarshal(e.Body, &want); err != nil {
		t.Fatal(err)
	}
	if e.Name == "well_known" {
		// The sandbox serves a part of this document, and only that is compared.
		for name := range want {
			if _, ok := got[name]; !ok {
				delete(want, name)
			}
		}
		sortStrings(got["scopes_supported"])
		sortStrings(want["scopes_supported"])
	} else if e.Name != "sibling_default_iat" && !slices.Equal(memberNames(t, raw), memberNames(t, e.Body)) {
		t.Errorf("members in the order %v, want %v", memberNames(t, raw), memberNames(t, e.Body))
	}
	for name := range want {
		want[name] = p.neutral(name, want[name])
		abbreviate(name, want, got)
	}
	for name := range got {
		got[name] = p.neutral(name, got[name])
	}
	// encoding/json sorts members, so equal values have equal texts.
	gotText, _ := json.MarshalIndent(got, "", " ")
	wantText, _ := json.MarshalIndent(want, "", " ")
	if !bytes.Equal(gotText, wantText) {
		t.Errorf("body %s\nwant %s", gotText, wantText)
	}
}

// neutral replaces what no two servers have in common.
func (p *replay) neutral(name string, value any) any {
	switch v := value.(type) {
	case float64:
		if name == "client_id_issued_at" {
			return "<time>"
		}
	case map[string]any:
		if _, ok := v["client.secret.creation.time"]; ok {
			v["client.secret.creation.time"] = "<time>"
		}
	case string:
		switch {
		case name == "client_secret" || name == "secret":
			return "<secret>"
		case jwtPattern.MatchString(v) && strings.Contains(strings.ToLower(name), "token"):
			return "<jwt>"
		}
		return uuidPattern.ReplaceAllString(strings.ReplaceAll(v, p.server.URL, "<base>"), "<uuid>")
	}
	return value
}

// abbreviate cuts a list of the answer to what the recording has of it.
func abbreviate(name string, want, got map[string]any) {
	recorded, _ := want[name].([]any)
	if len(recorded) == 0 {
		return
	}
	var length int
	if s, ok := recorded[len(recorded)-1].(string); ok {
		if n, _ := fmt.Sscanf(s, "… %d in all", &length); n == 1 {
			if full, _ := got[name].([]any); len(full) == length {
				got[name] = append(slices.Clone(full[:len(recorded)-1]), s)
			}
		}
	}
}

func sortStrings(list any) {
	items, _ := list.([]any)
	slices.SortFunc(items, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
}

// memberNames lists the members of a JSON object as they come.
func memberNames(t *testing.T, raw []byte) []string {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(raw))
	if _, err := dec.Token(); err != nil {
		t.Fatal(err)
	}
	var names []string
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name.(string))
		var skipped json.RawMessage
		if err := dec.Decode(&skipped); err != nil && err != io.EOF {
			t.Fatal(err)
		}
	}
	return names
}

// TestNotReplayedNamesExist keeps the list of exceptions from outliving what it
// excepts.
func TestNotReplayedNamesExist(t *testing.T) {
	t.Parallel()
	names := make(map[string]bool)
	for _, e := range readExchanges(t) {
		names[e.Name] = true
	}
	for name := range notReplayed {
		if !names[name] {
			t.Errorf("%s is no recorded exchange", name)
		}
	}
}
