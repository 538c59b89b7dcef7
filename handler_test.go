package smartregistration_test

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func unsigned(claims string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"HS512","typ":"JWT","kid":"k"}`)) + "." + encode([]byte(claims)) + "." + encode([]byte("signature"))
}

// TestTargets: what is answered here, what goes on, and what is nowhere. Nothing
// of the latter two reaches the server.
func TestTargets(t *testing.T) {
	s := newServer(t, echo)
	base := gateway(t, s.URL, opaque)
	for path, want := range map[string]int{
		"/":                                     299,
		"/Register":                             299,
		"/registers":                            299,
		"/%72egister":                           299,
		"//register":                            299,
		"/x/../register":                        299,
		"/register/":                            404,
		"/register/a/b":                         404,
		"/register/c1/":                         404,
		"/register/.":                           404,
		"/register/..":                          404,
		"/register/...":                         404,
		"/register/%2e%2e":                      404,
		"/register/..%2fdefault":                404,
		"/register/c1%2f..":                     404,
		"/register/%252e%252e":                  404,
		"/register/c1;x=y":                      404,
		"/register/c1%3bx":                      404,
		"/register/c1%3fx":                      404,
		"/register/c1%23x":                      404,
		"/register/c1%00":                       404,
		"/register/c1%0a":                       404,
		"/register/c1%5c..":                     404,
		"/register/%c3%a9":                      404,
		"/register/" + strings.Repeat("a", 256): 404,
	} {
		a := ask(t, http.MethodGet, base+path, "", bearer("token"))
		if a.status != want {
			t.Errorf("%s: got %s, want %d", path, a, want)
		}
		if want == 404 && (a.body["error"] == nil || a.header.Get("Cache-Control") != "no-store") {
			t.Errorf("%s: got %s, want JSON that is not stored", path, a)
		}
	}
	if got := s.received(); len(got) != 0 {
		t.Errorf("%d requests reached the server: %+v", len(got), got)
	}
	if a := ask(t, http.MethodGet, base+"/register/%63%31", "", bearer("token")); a.status != 200 {
		t.Errorf("an encoded letter is a letter: got %s", a)
	}
	if got := s.received(); len(got) != 1 || got[0].uri != "/connect/register/c1" {
		t.Errorf("got %+v, want one request for /connect/register/c1", got)
	}
}

func TestMethods(t *testing.T) {
	s := newServer(t, echo)
	for name, test := range map[string]struct {
		lines, method, path string
		status              int
		allow               string
	}{
		"GET the endpoint":     {opaque, "GET", "/register", 405, "POST"},
		"PUT the endpoint":     {opaque, "PUT", "/register", 405, "POST"},
		"OPTIONS the endpoint": {opaque, "OPTIONS", "/register", 405, "POST"},
		"POST a client":        {opaque, "POST", "/register/c1", 405, "GET, PUT, DELETE"},
		"PATCH a client":       {opaque, "PATCH", "/register/c1", 405, "GET, PUT, DELETE"},
		"read only: PUT":       {opaque + "management read", "PUT", "/register/c1", 405, "GET"},
		"read only: DELETE":    {opaque + "management read", "DELETE", "/register/c1", 405, "GET"},
		"off: GET":             {opaque + "management off", "GET", "/register/c1", 404, ""},
		"off: DELETE":          {opaque + "management off", "DELETE", "/register/c1", 404, ""},
	} {
		t.Run(name, func(t *testing.T) {
			base := gateway(t, s.URL, test.lines)
			a := ask(t, test.method, base+test.path, "", bearer("token"))
			if a.status != test.status || a.header.Get("Allow") != test.allow || a.body["error"] != "invalid_request" {
				t.Errorf("got %s with Allow %q, want %d with %q", a, a.header.Get("Allow"), test.status, test.allow)
			}
		})
	}
	if got := s.received(); len(got) != 0 {
		t.Errorf("%d requests reached the server", len(got))
	}
}

// TestAnswer: what the caller is told, and that nothing else of the server's
// gets out.
func TestAnswer(t *testing.T) {
	s := newServer(t, echo)
	base := gateway(t, s.URL, opaque)
	a := ask(t, http.MethodPost, base+"/register", app, bearer("token"))
	if a.status != 201 {
		t.Fatalf("got %s", a)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/json", "Cache-Control": "no-store", "Pragma": "no-cache", "Location": base + "/register/c1",
	} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for name := range a.header {
		if !slices.Contains([]string{"Content-Type", "Cache-Control", "Pragma", "Location", "Content-Length", "Date", "Server"}, name) {
			t.Errorf("the answer has the header %s", name)
		}
	}
	for member, want := range map[string]any{
		"client_id": "c1", "registration_client_uri": base + "/register/c1", "registration_access_token": "the.next.token",
		"client_secret": "the-client-secret", "client_secret_expires_at": 0.0,
		"scope": "launch/patient openid fhirUser patient/*.rs", "token_endpoint_auth_method": "client_secret_basic",
	} {
		if got := a.body[member]; got != want {
			t.Errorf("%s is %v, want %v", member, got, want)
		}
	}
}

// TestFreeScopes: a read names openid, which Keycloak keeps no record of, where the
// policy lets the client have it.
func TestFreeScopes(t *testing.T) {
	const recorded = "fhirUser launch/patient patient/*.rs" // in the order of a read
	s := newServer(t, echo)
	for name, test := range map[string]struct{ lines, want string }{
		"by default":          {"", recorded + " openid"},
		"allowed":             {"scopes {\n allow openid " + recorded + "\n}", recorded + " openid"},
		"not allowed":         {"scopes {\n allow " + recorded + "\n}", recorded},
		"denied":              {"scopes {\n deny openid\n}", recorded},
		"not in subset_of":    {"policy {\n scope subset_of " + recorded + "\n}", recorded},
		"of another server's": {"dialect generic", recorded},
	} {
		t.Run(name, func(t *testing.T) {
			a := ask(t, http.MethodGet, gateway(t, s.URL, passthrough+test.lines)+"/register/c1", "", bearer(registrationToken))
			if a.status != 200 || a.body["scope"] != test.want {
				t.Errorf("got %s, want scope %q", a, test.want)
			}
		})
	}
}

func TestAnswerSettings(t *testing.T) {
	s := newServer(t, echo)
	for name, test := range map[string]struct {
		lines    string
		headers  []string
		status   int
		location string // {BASE} is the gateway
		managed  bool
	}{
		"success_status":   {opaque + "success_status 200", nil, 200, "{BASE}/register/c1", true},
		"path":             {opaque + "path /apps/new", nil, 201, "{BASE}/apps/new/c1", true},
		"public_url":       {opaque + "public_url https://apps.example.org/fhir/", nil, 201, "https://apps.example.org/fhir/register/c1", true},
		"management read":  {opaque + "management read", nil, 201, "{BASE}/register/c1", true},
		"management off":   {opaque + "management off", nil, 201, "", false},
		"untrusted proxy":  {opaque, []string{"X-Forwarded-Proto: https", "X-Forwarded-Host: evil.example"}, 201, "{BASE}/register/c1", true},
		"its Host is told": {opaque, nil, 201, "{BASE}/register/c1", true},
	} {
		t.Run(name, func(t *testing.T) {
			base := gateway(t, s.URL, test.lines)
			path := "/register"
			if name == "path" {
				path = "/apps/new"
			}
			a := ask(t, http.MethodPost, base+path, app, append(test.headers, bearer("token"))...)
			location := strings.Replace(test.location, "{BASE}", base, 1)
			if a.status != test.status || a.header.Get("Location") != location {
				t.Errorf("got %s at %q, want %d at %q", a, a.header.Get("Location"), test.status, location)
			}
			for _, member := range []string{"registration_client_uri", "registration_access_token"} {
				if _, there := a.body[member]; there != test.managed {
					t.Errorf("%s is there: %v, want %v", member, there, test.managed)
				}
			}
			if test.managed && a.body["registration_client_uri"] != location {
				t.Errorf("registration_client_uri is %v, want %s", a.body["registration_client_uri"], location)
			}
		})
	}
}

// TestStrippedPrefix: the address that a caller is told leads back to the gateway,
// whatever was taken off the path on the way in.
func TestStrippedPrefix(t *testing.T) {
	s := newClients(t, nil)
	for name, test := range map[string]struct{ before, lines, path, location string }{
		"handle_path":         {"handle_path /fhir/* {", "", "/fhir/register", "{BASE}/fhir/register/"},
		"encoded":             {"handle_path /fhir/* {", "", "/%66hir/register", "{BASE}/%66hir/register/"},
		"uri strip_prefix":    {"route {\nuri strip_prefix /a/b", "", "/a/b/register", "{BASE}/a/b/register/"},
		"nothing stripped":    {"route {", "", "/register", "{BASE}/register/"},
		"rewritten to more":   {"route {\nrewrite /apps /register", "", "/apps", "{BASE}/register/"},
		"public_url says all": {"handle_path /fhir/* {", "public_url {BASE}/fhir", "/fhir/register", "{BASE}/fhir/register/"},
		"another one before":  {"handle_path /fhir/* {", "public_url https://apps.example.org", "/fhir/register", "https://apps.example.org/register/"},
	} {
		t.Run(name, func(t *testing.T) {
			address := freeAddress(t)
			base := "http://" + address
			config := strings.Replace(site(address, s.URL, passthrough+"dialect generic\n"+test.lines), "smart_registration", test.before+"\nsmart_registration", 1)
			config = strings.Replace(config, `respond "next handler"`, "}\nrespond \"next handler\"", 1)
			run(t, strings.ReplaceAll(config, "{BASE}", base))
			a := ask(t, http.MethodPost, base+test.path, app, bearer("token"))
			id, _ := a.body["client_id"].(string)
			uri, _ := a.body["registration_client_uri"].(string)
			if want := strings.ReplaceAll(test.location, "{BASE}", base) + id; a.status != 201 || uri != want || a.header.Get("Location") != want {
				t.Fatalf("got %s at %q, want %q", a, a.header.Get("Location"), want)
			}
			if !strings.HasPrefix(uri, base) {
				return
			}
			token, _ := a.body["registration_access_token"].(string)
			if read := ask(t, http.MethodGet, uri, "", bearer(token)); read.status != 200 || read.body["registration_client_uri"] != uri {
				t.Errorf("GET %s: got %s", uri, read)
			}
			if gone := ask(t, http.MethodDelete, uri, "", bearer(token)); gone.status != 204 {
				t.Errorf("DELETE %s: got %s", uri, gone)
			}
		})
	}
}

// TestForwarded: what reaches the server is the decided document, the list of
// headers, and the right credential; of the caller's other headers nothing.
func TestForwarded(t *testing.T) {
	s := newServer(t, echo)
	base := gateway(t, s.URL, passthrough)
	a := ask(t, http.MethodPost, base+"/register",
		`{"redirect_uris":["https://app.example.org/cb"],"client_name":"App","client_id":"mine","client_secret":"s3cret","fhir_versions":["4.0.1"],"client_name#de":"Anwendung"}`,
		bearer(initialToken), "Cookie: a=b", "Origin: https://evil.example", "X-Evil: 1", "Forwarded: for=1.2.3.4",
		"X-Forwarded-For: 6.6.6.6", "X-Forwarded-Host: evil.example", "Accept-Language: de", "User-Agent: test",
		"X-Http-Method-Override: DELETE", "Content-Language: de", "If-Match: *", "Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	if a.status != 201 {
		t.Fatalf("got %s", a)
	}
	got := s.received()
	if len(got) != 1 {
		t.Fatalf("%d requests reached the server", len(got))
	}
	r := got[0]
	if r.method != "POST" || r.uri != "/realms/r/clients-registrations/openid-connect" || r.authorization != "Bearer "+initialToken {
		t.Errorf("got %s %s with %q", r.method, r.uri, r.authorization)
	}
	want := `{"redirect_uris":["https://app.example.org/cb"],"client_name":"App","grant_types":["authorization_code"],` +
		`"token_endpoint_auth_method":"client_secret_basic","response_types":["code"],"application_type":"web",` +
		`"scope":"launch/patient fhirUser patient/*.rs"}`
	if string(r.body) != want {
		t.Errorf("sent\n%s\nwant\n%s", r.body, want)
	}
	if "http://"+r.host != base {
		t.Errorf("Host is %q", r.host)
	}
	allowed := []string{
		"Accept", "Authorization", "Content-Type", "Content-Length", "Traceparent", "Accept-Encoding",
		"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Via",
	}
	for name, values := range r.header {
		if !slices.Contains(allowed, name) {
			t.Errorf("the server was sent %s: %v", name, values)
		}
		if strings.Contains(strings.Join(values, " "), "evil") || strings.Contains(strings.Join(values, " "), "6.6.6.6") {
			t.Errorf("the server was sent the caller's %s: %v", name, values)
		}
	}
}

// TestRefusedNeverReachesTheServer: one of each kind of refusal.
func TestRefusedNeverReachesTheServer(t *testing.T) {
	s := newServer(t, echo)
	base := gateway(t, s.URL, passthrough+"max_body 2KiB")
	token := bearer(initialToken)
	for name, test := range map[string]struct {
		body    string
		headers []string
		status  int
		code    string
	}{
		"no token":             {app, nil, 401, "invalid_token"},
		"another scheme":       {app, []string{"Authorization: Basic eDp5"}, 401, "invalid_token"},
		"garbage for a token":  {app, []string{bearer("nope")}, 401, "invalid_token"},
		"an empty token":       {app, []string{"Authorization: Bearer "}, 400, "invalid_request"},
		"a client's token":     {app, []string{bearer(registrationToken)}, 401, "invalid_token"},
		"an access token":      {app, []string{bearer(unsigned(`{"exp":0,"iss":"http://kc/realms/r","typ":"Bearer"}`))}, 401, "invalid_token"},
		"an expired token":     {app, []string{bearer(unsigned(`{"exp":1,"iss":"http://kc/realms/r","typ":"InitialAccessToken"}`))}, 401, "invalid_token"},
		"content type":         {app, []string{token, "Content-Type: text/plain"}, 415, "invalid_request"},
		"empty content type":   {app, []string{token, "Content-Type: "}, 415, "invalid_request"},
		"too large":            {`{"client_name":"` + strings.Repeat("x", 3000) + `"}`, []string{token}, 413, "invalid_request"},
		"not JSON":             {"{", []string{token}, 400, "invalid_client_metadata"},
		"null":                 {"null", []string{token}, 400, "invalid_client_metadata"},
		"nothing":              {"", []string{token, "Content-Type: application/json"}, 400, "invalid_client_metadata"},
		"wildcard":             {`{"redirect_uris":["https://app.example.org/*"]}`, []string{token}, 400, "invalid_redirect_uri"},
		"no redirect URI":      {`{"client_name":"App"}`, []string{token}, 400, "invalid_redirect_uri"},
		"password grant":       {`{"redirect_uris":["https://app.example.org/cb"],"grant_types":["authorization_code","password"]}`, []string{token}, 400, "invalid_client_metadata"},
		"private key":          {`{"redirect_uris":["https://app.example.org/cb"],"jwks":{"keys":[{"kty":"EC","d":"x"}]}}`, []string{token}, 400, "invalid_client_metadata"},
		"no scope left":        {`{"redirect_uris":["https://app.example.org/cb"],"scope":"system/*.rs"}`, []string{token}, 400, "invalid_client_metadata"},
		"scope of wrong type":  {`{"redirect_uris":["https://app.example.org/cb"],"scope":["openid"]}`, []string{token}, 400, "invalid_client_metadata"},
		"metadata address":     {`{"redirect_uris":["https://app.example.org/cb"],"jwks_uri":"http://169.254.169.254/"}`, []string{token}, 400, "invalid_client_metadata"},
		"long name":            {`{"redirect_uris":["https://app.example.org/cb"],"client_name":"` + strings.Repeat("x", 256) + `"}`, []string{token}, 400, "invalid_client_metadata"},
		"token in the address": {app, nil, 401, "invalid_token"},
	} {
		t.Run(name, func(t *testing.T) {
			path := "/register"
			if name == "token in the address" {
				path += "?access_token=" + initialToken
			}
			a := ask(t, http.MethodPost, base+path, test.body, test.headers...)
			if a.status != test.status || a.body["error"] != test.code {
				t.Errorf("got %s, want %d %s", a, test.status, test.code)
			}
			challenge := a.header.Get("WWW-Authenticate")
			if (a.status == 401) != strings.HasPrefix(challenge, "Bearer ") && a.body["error"] != "invalid_request" {
				t.Errorf("the challenge is %q", challenge)
			}
			if anonymous := len(test.headers) == 0 || strings.Contains(test.headers[0], "Basic"); anonymous && strings.Contains(challenge, "error") {
				t.Errorf("no token was sent, and the challenge has an error: %s", challenge)
			}
			if a.header.Get("Cache-Control") != "no-store" || a.header.Get("Content-Type") != "application/json" {
				t.Errorf("the headers are %v", a.header)
			}
		})
	}
	if got := s.received(); len(got) != 0 {
		t.Errorf("%d requests reached the server: %+v", len(got), got)
	}
}
