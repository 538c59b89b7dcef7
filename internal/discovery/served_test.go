package discovery

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/goleak"
)

// These tests run a whole Caddy, which a process has only one of: they are not
// parallel.

const (
	ours      = "https://auth.example.org/register"
	original  = `{"issuer": "https://as.example.org", "registration_endpoint": "http://internal/register", "n": 1.0}`
	rewritten = `{"issuer":"https://as.example.org","registration_endpoint":"` + ours + `","n":1.0}`
	statement = `{"resourceType":"CapabilityStatement","rest":[{"mode":"server","security":{"extension":[{"url":"http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris","extension":[{"url":"register","valueUri":"http://internal/register"}]}]}}]}`

	openID = "/.well-known/openid-configuration"
	smart  = "/.well-known/smart-configuration"
)

// site has the lines in its block and the server behind it, from which gzip is
// taken as it comes. Logs are JSON lines.
func site(address, log, before, lines, server string) string {
	return fmt.Sprintf(`{
	admin off
	auto_https off
	persist_config off
	log {
		output %s
		format json
		level DEBUG
	}
}
http://%s {
	bind 127.0.0.1
	%s
	smart_discovery {
		registration_endpoint %s
		%s
	}
	reverse_proxy %s {
		transport http {
			compression off
		}
	}
}
`, log, address, before, ours, lines, server)
}

// start runs Caddy for as long as the test takes and returns the site's address
// and the file of its log.
func start(t *testing.T, before, lines string, server http.Handler) (string, string) {
	t.Helper()
	behind := httptest.NewServer(server)
	t.Cleanup(behind.Close)
	address, log := freeAddress(t), filepath.Join(t.TempDir(), "log")
	load(t, site(address, "file "+log, before, lines, behind.URL))
	t.Cleanup(func() {
		if err := caddy.Stop(); err != nil {
			t.Error(err)
		}
	})
	return "http://" + address, log
}

func load(t *testing.T, caddyfile string) {
	t.Helper()
	config, err := adapt(caddyfile)
	if err != nil {
		t.Fatal(err)
	}
	if err := caddy.Load(config, true); err != nil {
		t.Fatal(err)
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// client asks for nothing by itself: no compression, no redirects.
var client = &http.Client{Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true}}

type response struct {
	status int
	header http.Header
	length int64
	body   string
}

// send sends a request. A header is "Name: value".
func send(t *testing.T, method, url string, headers ...string) response {
	t.Helper()
	request, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		request.Header.Set(name, value)
	}
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatalf("%v after %d bytes", err, len(body))
	}
	return response{answer.StatusCode, answer.Header, answer.ContentLength, string(body)}
}

// warnings are the handler's in a log.
func warnings(t *testing.T, log string) []string {
	t.Helper()
	content, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for line := range strings.Lines(string(content)) {
		var entry struct{ Level, Logger, Msg, Path string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if entry.Level == "warn" && entry.Logger == "http.handlers.smart_discovery" {
			all = append(all, entry.Path+": "+entry.Msg)
		}
	}
	return all
}

func zipped(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.Bytes()
}

// behind answers by the base of the path.
func behind(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Method", r.Method)
	h.Set("X-Asked", strings.Join(conditions(r), ","))
	send := func(body string) {
		h.Set("Content-Length", fmt.Sprint(len(body)))
		_, _ = io.WriteString(w, body)
	}
	base, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch base {
	case "metadata":
		h.Set("Content-Type", "application/fhir+json;charset=UTF-8")
		send(statement)
	case "validators":
		h.Set("ETag", `"theirs"`)
		h.Set("Last-Modified", "Wed, 21 Oct 2015 07:28:00 GMT")
		h.Set("Accept-Ranges", "none")
		h.Set("Content-MD5", "x")
		h.Set("Digest", "x")
		h.Set("Repr-Digest", "x")
		h.Set("Cache-Control", "no-cache")
		send(original)
	case "right":
		h.Set("ETag", `W/"theirs"`)
		send(strings.Replace(original, "http://internal/register", ours, 1))
	case "chunked":
		h.Set("Trailer", "X-Sum")
		for part := range strings.SplitSeq(original, ",") {
			_, _ = io.WriteString(w, part)
			if !strings.HasSuffix(part, "}") {
				_, _ = io.WriteString(w, ",")
			}
			_ = http.NewResponseController(w).Flush()
		}
		h.Set("X-Sum", "1")
	case "zipped", "garbled", "bomb":
		body := zipped(original)
		if base == "garbled" {
			body = body[:len(body)-10]
		}
		if base == "bomb" {
			body = zipped(`{"x":"` + strings.Repeat("x", 10_000) + `"}`)
		}
		h.Set("Content-Encoding", "gzip")
		send(string(body))
	case "brotli":
		h.Set("Content-Encoding", "br")
		send("not really Brotli")
	case "missing":
		h.Set("ETag", `"error"`)
		w.WriteHeader(http.StatusNotFound)
		send(original)
	case "html":
		h.Set("Content-Type", "text/html")
		send("<html>" + original)
	case "unreadable":
		h.Set("ETag", `"odd"`)
		send(original + "x")
	case "large":
		send(large)
	case "large-chunked":
		h.Set("Trailer", "X-Sum")
		for i := 0; i < len(large); i += 700 {
			_, _ = io.WriteString(w, large[i:min(i+700, len(large))])
			_ = http.NewResponseController(w).Flush()
		}
		h.Set("X-Sum", "1")
	case "hints":
		h.Set("Link", "</x>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		send(original)
	case "empty":
	case "signed":
		send(`{"signed_metadata":"a.b.c"}`)
	case "cors":
		h.Set("Access-Control-Allow-Origin", "https://app.example.org")
		h.Set("Access-Control-Allow-Credentials", "true")
		send(original)
	case "broken":
		h.Set("Content-Length", "1000")
		_, _ = io.WriteString(w, original)
		panic(http.ErrAbortHandler)
	case "broken-late":
		_, _ = io.WriteString(w, large[:len(large)-1])
		panic(http.ErrAbortHandler)
	default:
		send(original)
	}
}

var large = `{"x":"` + strings.Repeat("x", 5_000) + `","registration_endpoint":"http://internal/register"}`

// conditions are the request headers that a server behind the handler must not
// see.
func conditions(r *http.Request) []string {
	var names []string
	for _, name := range []string{
		"Accept-Encoding", "If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since", "Range",
	} {
		if r.Header.Get(name) != "" {
			names = append(names, name)
		}
	}
	return names
}

func TestServed(t *testing.T) {
	address, log := start(t, "", "max_body 4KB", http.HandlerFunc(behind))
	for name, test := range map[string]struct {
		path string
		body string
	}{
		"openid-configuration":     {"/realms/x" + openID, rewritten},
		"smart-configuration":      {"/fhir/r4" + smart, rewritten},
		"server metadata":          {"/realms/x/.well-known/oauth-authorization-server", rewritten},
		"path behind":              {"/.well-known/oauth-authorization-server/realms/x", rewritten},
		"path behind, OpenID":      {"/.well-known/openid-configuration/realms/x", rewritten},
		"statement":                {"/metadata", strings.Replace(statement, "http://internal/register", ours, 1)},
		"JSON that is no resource": {"/other/metadata", original},
		"chunked":                  {"/chunked" + openID, rewritten},
		"gzip":                     {"/zipped" + openID, rewritten},
		"early hints":              {"/hints" + openID, rewritten},
		"signed":                   {"/signed" + openID, `{"registration_endpoint":"` + ours + `"}`},
		"right already":            {"/right" + openID, strings.Replace(original, "http://internal/register", ours, 1)},
		"another path":             {"/realms/x/other", original},
		"HTML":                     {"/html" + openID, "<html>" + original},
		"unreadable":               {"/unreadable" + openID, original + "x"},
		"nothing":                  {"/empty" + openID, ""},
		"large":                    {"/large" + openID, large},
		"large and chunked":        {"/large-chunked" + openID, large},
		"Brotli":                   {"/brotli" + openID, "not really Brotli"},
		"half a gzip":              {"/garbled" + openID, string(zipped(original)[:len(zipped(original))-10])},
		"large when unzipped":      {"/bomb" + openID, string(zipped(`{"x":"` + strings.Repeat("x", 10_000) + `"}`))},
	} {
		t.Run(name, func(t *testing.T) {
			got := send(t, "GET", address+test.path)
			if got.status != http.StatusOK || got.body != test.body {
				t.Errorf("%d\n%s\nwant\n%s", got.status, got.body, test.body)
			}
			if got.length >= 0 && int(got.length) != len(test.body) {
				t.Errorf("Content-Length %d for %d bytes", got.length, len(test.body))
			}
			if test.body == rewritten && got.header.Get("Trailer") != "" {
				t.Error("a trailer is announced that never comes")
			}
			head := send(t, "HEAD", address+test.path)
			if head.status != got.status || head.body != "" {
				t.Errorf("HEAD: %d %q", head.status, head.body)
			}
			for _, h := range []http.Header{got.header, head.header} {
				h.Del("Date")
				h.Del("X-Method")
				h.Del("Trailer") // of what is chunked, and has no body in an answer to HEAD
			}
			if fmt.Sprint(head.header) != fmt.Sprint(got.header) && got.length >= 0 && test.path != "/realms/x/other" {
				t.Errorf("HEAD is told %v\nGET          %v", head.header, got.header)
			}
		})
	}
	want := []string{ // once each, whatever the order
		"a document cannot be read and passes unchanged",
		"a document has a content encoding other than gzip and passes unchanged",
		"a document is larger than max_body and passes unchanged",
		"signed_metadata was removed from a document: it would go before the registration endpoint that the document names now",
	}
	var got []string
	for _, w := range warnings(t, log) {
		_, message, _ := strings.Cut(w, ": ")
		got = append(got, message)
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("warnings: got %q, want %q", got, want)
	}
}

func TestServedErrors(t *testing.T) {
	address, _ := start(t, "", "max_body 4KB\ncors", http.HandlerFunc(behind))
	got := send(t, "GET", address+"/missing"+openID)
	if got.status != 404 || got.body != original || got.header.Get("ETag") != `"error"` || got.length != int64(len(original)) {
		t.Errorf("%+v", got)
	}
	if got.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("an error cannot be read by a script: %v", got.header)
	}
	if got := send(t, "HEAD", address+"/missing"+openID); got.status != 404 || got.length != int64(len(original)) {
		t.Errorf("HEAD: %+v", got)
	}
	got = send(t, "POST", address+"/realms/x"+openID)
	if got.body != original || got.header.Get("X-Method") != "POST" {
		t.Errorf("POST: %+v", got)
	}
	// A reply that breaks off while nothing has been said is an error...
	if got := send(t, "GET", address+"/broken"+openID); got.status != http.StatusBadGateway || got.body != "" {
		t.Errorf("broken: %+v", got)
	} else if got.header.Get("Access-Control-Allow-Origin") != "*" || got.header.Get("Content-Type") != "" {
		t.Errorf("broken: %v", got.header)
	}
	// ... and afterwards cuts the connection.
	answer, err := client.Get(address + "/broken-late" + openID)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if body, err := io.ReadAll(answer.Body); err == nil {
		t.Errorf("half a document passes for a whole one: %d of %d bytes", len(body), len(large))
	}
}

func TestServedUnreachable(t *testing.T) {
	address := freeAddress(t)
	load(t, site(address, "discard", "", "", freeAddress(t)))
	defer func() {
		if err := caddy.Stop(); err != nil {
			t.Error(err)
		}
	}()
	if got := send(t, "GET", "http://"+address+openID); got.status != http.StatusBadGateway {
		t.Errorf("%+v", got)
	}
}

func TestServedConditions(t *testing.T) {
	address, _ := start(t, "", "", http.HandlerFunc(behind))
	url := address + "/validators" + openID
	first := send(t, "GET", url)
	etag := first.header.Get("ETag")
	if len(etag) != 66 || etag[0] != '"' {
		t.Fatalf("ETag %s", etag)
	}
	for _, name := range []string{"Last-Modified", "Content-MD5", "Digest", "Repr-Digest"} {
		if first.header.Get(name) != "" {
			t.Errorf("%s is still the server's: %v", name, first.header)
		}
	}
	if first.header.Get("Cache-Control") != "no-cache" || first.header.Get("Accept-Ranges") != "bytes" {
		t.Errorf("%v", first.header)
	}
	for name, test := range map[string]struct {
		path    string
		headers []string
		status  int
		body    string
	}{
		"known":            {"/validators" + openID, []string{"If-None-Match: " + etag}, 304, ""},
		"known, weakly":    {"/validators" + openID, []string{`If-None-Match: "x", W/` + etag}, 304, ""},
		"any":              {"/validators" + openID, []string{"If-None-Match: *"}, 304, ""},
		"the server's":     {"/validators" + openID, []string{`If-None-Match: "theirs"`}, 200, rewritten},
		"a time":           {"/validators" + openID, []string{"If-Modified-Since: Wed, 21 Oct 2037 07:28:00 GMT"}, 200, rewritten},
		"unless":           {"/validators" + openID, []string{`If-Match: "theirs"`}, 412, ""},
		"a range":          {"/validators" + openID, []string{"Range: bytes=0-7"}, 206, rewritten[:8]},
		"an old range":     {"/validators" + openID, []string{"Range: bytes=0-7", `If-Range: "theirs"`}, 200, rewritten},
		"compressed":       {"/validators" + openID, []string{"Accept-Encoding: br, gzip"}, 200, rewritten},
		"unchanged, known": {"/right" + openID, []string{`If-None-Match: W/"theirs"`}, 304, ""},
		"a time since":     {"/validators" + openID, []string{"If-Unmodified-Since: Wed, 21 Oct 2009 07:28:00 GMT"}, 200, rewritten},
		"unreadable":       {"/unreadable" + openID, []string{"If-None-Match: *", "Range: bytes=0-7"}, 200, original + "x"},
		"passing":          {"/html" + openID, []string{"If-None-Match: *", "Range: bytes=0-7"}, 200, "<html>" + original},
	} {
		t.Run(name, func(t *testing.T) {
			for _, method := range []string{"GET", "HEAD"} {
				got := send(t, method, address+test.path, test.headers...)
				want := test.body
				if method == "HEAD" {
					want = ""
				}
				if got.status != test.status || got.body != want {
					t.Errorf("%s: %d %q, want %d %q", method, got.status, got.body, test.status, want)
				}
				if asked := got.header.Get("X-Asked"); asked != "" || got.header.Get("X-Method") != "GET" {
					t.Errorf("the server was asked %s with %s", got.header.Get("X-Method"), asked)
				}
			}
		})
	}
	// What another server answers with depends on nobody else's request.
	if again := send(t, "GET", url); again.header.Get("ETag") != etag || again.body != rewritten {
		t.Errorf("%+v", again)
	}
}

// encode stands outside: it compresses the changed document, and knows the ETag
// again that it has given it.
func TestServedCompressed(t *testing.T) {
	address, _ := start(t, "encode gzip {\n\t\tminimum_length 1\n\t}", "", http.HandlerFunc(behind))
	for _, base := range []string{"/validators", "/zipped", "/chunked", "/realms"} {
		got := send(t, "GET", address+base+openID, "Accept-Encoding: gzip")
		if got.header.Get("Content-Encoding") != "gzip" {
			t.Fatalf("%s: %v", base, got.header)
		}
		reader, err := gzip.NewReader(strings.NewReader(got.body))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(reader)
		if err != nil || string(body) != rewritten {
			t.Errorf("%s: %q, %v", base, body, err)
		}
		etag := got.header.Get("ETag")
		if !strings.HasSuffix(etag, `-gzip"`) {
			t.Errorf("%s: ETag %s", base, etag)
		}
		if again := send(t, "GET", address+base+openID, "Accept-Encoding: gzip", "If-None-Match: "+etag); again.status != 304 {
			t.Errorf("%s: %d for what is known", base, again.status)
		}
	}
}

// What handlers outside and inside set for all answers stays.
func TestServedHeaders(t *testing.T) {
	address, _ := start(t, `header X-Outside 1
	header >X-Outside-Late 1
	header -X-Asked`, "", http.HandlerFunc(behind))
	got := send(t, "GET", address+"/realms/x"+openID)
	for _, name := range []string{"X-Outside", "X-Outside-Late", "X-Method", "Via"} {
		if got.header.Get(name) == "" {
			t.Errorf("%s is missing: %v", name, got.header)
		}
	}
	if _, there := got.header["X-Asked"]; there {
		t.Errorf("%v", got.header)
	}
}

// Handlers further on change the request; placeholders have to see it. And the
// transport may ask for gzip, which it undoes.
func TestServedPlaceholders(t *testing.T) {
	behind := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", r.Header.Get("Accept-Encoding"))
		_, _ = w.Write(zipped(fmt.Sprintf(`{"path":%q,"told":%q}`, r.URL.Path, r.Header.Get("X-Path"))))
	}))
	defer behind.Close()
	address := freeAddress(t)
	inner := `handle_path /prefix/* {
		reverse_proxy ` + behind.URL + ` {
			header_up X-Path {http.request.uri.path}
		}
	}`
	load(t, site(address, "discard", inner, "", behind.URL))
	defer func() {
		if err := caddy.Stop(); err != nil {
			t.Error(err)
		}
	}()
	got := send(t, "GET", "http://"+address+"/prefix"+smart)
	if want := `{"path":"` + smart + `","told":"` + smart + `","registration_endpoint":"` + ours + `"}`; got.body != want {
		t.Errorf("got %s, want %s", got.body, want)
	}
}

const serveBlock = `serve {
		token_endpoint https://as.example.org/token
		grant_types_supported client_credentials
		capabilities permission-v2
		code_challenge_methods_supported S256
	}`

func TestServedDocument(t *testing.T) {
	asked := 0
	address, _ := start(t, "", serveBlock+"\ncors", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		behind(w, r)
	}))
	// In the order of adapted configuration, which Caddy sorts.
	const want = `{"capabilities":["permission-v2"],"code_challenge_methods_supported":["S256"],` +
		`"grant_types_supported":["client_credentials"],"token_endpoint":"https://as.example.org/token","registration_endpoint":"` + ours + `"}`
	got := send(t, "GET", address+smart, "Accept: text/html")
	if got.status != 200 || got.body != want || got.header.Get("Content-Type") != "application/json" ||
		got.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("%+v", got)
	}
	if again := send(t, "GET", address+smart, "If-None-Match: "+got.header.Get("ETag")); again.status != 304 {
		t.Errorf("%+v", again)
	}
	if head := send(t, "HEAD", address+smart); head.status != 200 || head.length != int64(len(want)) || head.body != "" {
		t.Errorf("%+v", head)
	}
	if asked > 0 {
		t.Errorf("the server was asked %d times", asked)
	}
	if got := send(t, "GET", address+"/fhir"+smart); got.body != rewritten || asked != 1 {
		t.Errorf("at another path: %s", got.body)
	}
	if got := send(t, "POST", address+smart); got.body != original || asked != 2 {
		t.Errorf("POST: %s", got.body)
	}
}

func TestServedCORS(t *testing.T) {
	address, _ := start(t, "", "cors", http.HandlerFunc(behind))
	const origin = "Origin: https://app.example.org"
	for _, path := range []string{"/cors" + openID, "/cors" + smart, "/html" + openID, "/large" + openID, "/empty" + openID} {
		got := send(t, "GET", address+path, origin)
		if values := got.header.Values("Access-Control-Allow-Origin"); !slices.Equal(values, []string{"*"}) {
			t.Errorf("%s: allowed are %q", path, values)
		}
		if got.header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: %v", path, got.header)
		}
	}
	for name, test := range map[string]struct {
		path    string
		headers []string
		allowed bool
	}{
		"a preflight":            {"/cors" + smart, []string{origin, "Access-Control-Request-Method: GET"}, true},
		"one for /metadata":      {"/metadata", []string{origin, "Access-Control-Request-Method: GET"}, true},
		"one for HEAD":           {"/cors" + smart, []string{origin, "Access-Control-Request-Method: HEAD"}, true},
		"one for something else": {"/x" + smart, []string{origin, "Access-Control-Request-Method: POST"}, false},
		"one elsewhere":          {"/x/register", []string{origin, "Access-Control-Request-Method: GET"}, false},
		"none, without origin":   {"/x" + smart, []string{"Access-Control-Request-Method: GET"}, false},
		"none, without method":   {"/x" + smart, []string{origin}, false},
	} {
		got := send(t, "OPTIONS", address+test.path, test.headers...)
		if test.allowed {
			if got.status != 204 || got.header.Get("Access-Control-Allow-Origin") != "*" || got.header.Get("X-Method") != "" ||
				got.header.Get("Access-Control-Allow-Methods") != "GET, HEAD" || got.header.Get("Access-Control-Allow-Headers") != "*, Authorization" {
				t.Errorf("%s: %+v", name, got)
			}
		} else if got.header.Get("X-Method") != "OPTIONS" || got.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// Without the option, CORS is the server's.
func TestServedWithoutCORS(t *testing.T) {
	address, _ := start(t, "", "", http.HandlerFunc(behind))
	got := send(t, "GET", address+"/cors"+openID)
	if got.header.Get("Access-Control-Allow-Origin") != "https://app.example.org" || got.header.Get("Access-Control-Allow-Credentials") != "true" {
		t.Errorf("%v", got.header)
	}
	got = send(t, "OPTIONS", address+"/x"+smart, "Origin: https://app.example.org", "Access-Control-Request-Method: GET")
	if got.header.Get("X-Method") != "OPTIONS" {
		t.Errorf("%+v", got)
	}
}

func TestServedNarrow(t *testing.T) {
	const text = `{"scopes_supported":["openid","patient/Observation.read","system/*.rs"],"grant_types_supported":["password"]}`
	address, log := start(t, "", "narrow {\n\t\tscopes_supported openid patient/*.rs\n\t\tgrant_types_supported authorization_code\n\t}",
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, text)
		}))
	for range 2 {
		got := send(t, "GET", address+openID)
		if want := `{"scopes_supported":["openid","patient/Observation.read"],"grant_types_supported":[],"registration_endpoint":"` + ours + `"}`; got.body != want {
			t.Errorf("got %s, want %s", got.body, want)
		}
	}
	if got := warnings(t, log); !slices.Equal(got, []string{openID + ": a document and what it is narrowed to have nothing in common"}) {
		t.Errorf("warnings %q", got)
	}
}

// Nothing that was started for an answer outlives it, however the answer ends.
func TestServedLeavesNothing(t *testing.T) {
	before := goleak.IgnoreCurrent()
	server := httptest.NewServer(http.HandlerFunc(behind))
	address := freeAddress(t)
	load(t, site(address, "discard", "", "max_body 4KB", server.URL))
	for _, path := range []string{"/realms/x", "/zipped", "/chunked", "/large-chunked", "/broken", "/html"} {
		send(t, "GET", "http://"+address+path+openID)
		send(t, "GET", "http://"+address+path+openID, "Range: bytes=0-1,3-4")
		send(t, "HEAD", "http://"+address+path+openID)
	}
	if err := caddy.Stop(); err != nil {
		t.Fatal(err)
	}
	server.Close()
	// Caddy's storage keeps a lock file fresh and looks once in 5 s whether it may
	// stop.
	goleak.VerifyNone(t, before, goleak.IgnoreAnyFunction("github.com/caddyserver/certmagic.keepLockfileFresh"))
}
