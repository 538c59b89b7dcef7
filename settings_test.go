package smartregistration_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	smartregistration "github.com/caddy-smart/smartregistration"
)

// TestSettings: each setting changes what happens. A case names the lines, a
// request, and what comes of it with the lines and without them.
func TestSettings(t *testing.T) {
	s := newServer(t, echo)
	const redirects = `"redirect_uris":["https://app.example.org/cb"]`
	portalToken := hmacToken(portalSecret, `{"iss":"https://portal.example.org","aud":["https://auth.example.org"],"exp":99999999999,"scope":"register","tenant":"a"}`)
	jwt := func(lines string) string {
		return `
			upstream {UPSTREAM}
			upstream_path /realms/r/clients-registrations/openid-connect
			upstream_credential bearer ours
			initial_access_token {
				jwt {
					secret "` + portalSecret + `"
					` + lines + `
				}
			}
		`
	}
	kc := bearer(initialToken)
	for name, test := range map[string]struct {
		without, with string // blocks
		body          string
		header        string
		status        [2]int // without, with
		scope         [2]any // in the answer, where it says 201
	}{
		"policy: essential":          {passthrough, passthrough + "policy {\n contacts essential\n}", app, kc, [2]int{201, 400}, [2]any{}},
		"scopes: default":            {passthrough, passthrough + "scopes {\n default openid\n}", app, kc, [2]int{201, 201}, [2]any{"launch/patient openid fhirUser patient/*.rs", "openid"}},
		"scopes: allow":              {passthrough, passthrough + "scopes {\n allow openid user/*.rs\n}", `{` + redirects + `,"scope":"openid user/*.rs"}`, kc, [2]int{201, 201}, [2]any{"openid", "openid user/*.rs"}},
		"scopes: excess":             {passthrough, passthrough + "scopes {\n excess reject\n}", `{` + redirects + `,"scope":"openid user/*.rs"}`, kc, [2]int{201, 400}, [2]any{"openid", nil}},
		"scopes: inject":             {passthrough, passthrough + "scopes {\n inject always\n}", `{` + redirects + `,"scope":"openid"}`, kc, [2]int{201, 201}, [2]any{"openid", "openid launch/patient fhirUser patient/*.rs"}},
		"allow_grants":               {passthrough, passthrough + "allow_grants password", `{` + redirects + `,"grant_types":["authorization_code","password"]}`, kc, [2]int{400, 201}, [2]any{}},
		"built_in off":               {passthrough, passthrough + "built_in off redirect_uri_localhost", `{"redirect_uris":["http://localhost:8080/cb"]}`, kc, [2]int{400, 201}, [2]any{}},
		"max_body":                   {passthrough, passthrough + "max_body 10B", app, kc, [2]int{201, 413}, [2]any{}},
		"passthrough: issuer":        {passthrough, strings.Replace(passthrough, "passthrough", "passthrough https://another.example/realms/r", 1), app, kc, [2]int{201, 401}, [2]any{}},
		"passthrough: allow_bearer":  {passthrough, strings.Replace(passthrough, "passthrough", "passthrough {\n allow_bearer\n}", 1), app, bearer(unsigned(`{"exp":99999999999,"iss":"http://kc","typ":"Bearer"}`)), [2]int{401, 201}, [2]any{}},
		"dialect":                    {passthrough, passthrough + "dialect generic", app, bearer("opaque"), [2]int{401, 201}, [2]any{}},
		"open":                       {passthrough, strings.Replace(passthrough, "passthrough", "passthrough\n open", 1) + "upstream_credential bearer ours", app, "", [2]int{401, 201}, [2]any{}},
		"jwt: secret":                {jwt(""), strings.Replace(jwt(""), "for tests alone", "for tests, another", 1), app, bearer(portalToken), [2]int{201, 401}, [2]any{}},
		"jwt: issuer":                {jwt(""), jwt("issuer https://another.example"), app, bearer(portalToken), [2]int{201, 401}, [2]any{}},
		"jwt: audience":              {jwt("audience https://auth.example.org"), jwt("audience https://another.example"), app, bearer(portalToken), [2]int{201, 401}, [2]any{}},
		"jwt: algorithms":            {jwt("algorithms HS256"), jwt("algorithms HS256\n type initial"), app, bearer(portalToken), [2]int{201, 401}, [2]any{}},
		"jwt: type":                  {jwt("type JWT"), jwt("type initial"), app, bearer(portalToken), [2]int{201, 401}, [2]any{}},
		"jwt: claims":                {jwt("claims tenant a b\nclaims scope register"), jwt("claims tenant c"), app, bearer(portalToken), [2]int{201, 403}, [2]any{}},
		"jwt: expiry":                {jwt(""), jwt("expiry optional"), app, bearer(hmacToken(portalSecret, `{"exp":0}`)), [2]int{401, 201}, [2]any{}},
		"jwt: leeway":                {jwt(""), jwt("leeway 100d"), app, bearer(hmacToken(portalSecret, fmt.Sprintf(`{"exp":%d}`, nowUnix()-3600))), [2]int{401, 201}, [2]any{}},
		"jwt: one of two portals":    {jwt("issuer https://another.example"), jwt("issuer https://another.example\n}\njwt {\nsecret \"" + portalSecret + "\""), app, bearer(portalToken), [2]int{401, 201}, [2]any{}},
		"jwt beside passthrough":     {jwt("issuer https://portal.example.org"), strings.Replace(jwt("issuer https://portal.example.org"), "jwt {", "passthrough\njwt {", 1), app, kc, [2]int{401, 201}, [2]any{}},
		"no token, though a portal ": {jwt(""), jwt("expiry optional"), app, "", [2]int{401, 401}, [2]any{}},
	} {
		t.Run(name, func(t *testing.T) {
			for i, lines := range []string{test.without, test.with} {
				base := gateway(t, s.URL, lines)
				var headers []string
				if test.header != "" {
					headers = append(headers, test.header)
				}
				a := ask(t, http.MethodPost, base+"/register", test.body, headers...)
				if a.status != test.status[i] {
					t.Errorf("%s: got %s, want %d", []string{"without", "with"}[i], a, test.status[i])
				}
				if test.scope[i] != nil && a.body["scope"] != test.scope[i] {
					t.Errorf("%s: scope is %v, want %v", []string{"without", "with"}[i], a.body["scope"], test.scope[i])
				}
			}
		})
	}
}

// TestExplain: whether a refusal says what would have been allowed.
func TestExplain(t *testing.T) {
	s := newServer(t, echo)
	const body = `{"redirect_uris":["https://app.example.org/cb"],"grant_types":["authorization_code","password"]}`
	verified := portal + "upstream_credential bearer ours\n"
	portalToken := bearer(hmacToken(portalSecret, `{}`))
	for name, test := range map[string]struct {
		lines, token string
		tells        bool
	}{
		"a stranger may have forged it": {passthrough, bearer(initialToken), false},
		"full all the same":             {passthrough + "explain full", bearer(initialToken), true},
		"verified here":                 {verified, portalToken, true},
		"brief all the same":            {verified + "explain brief", portalToken, false},
	} {
		t.Run(name, func(t *testing.T) {
			a := ask(t, http.MethodPost, gateway(t, s.URL, test.lines)+"/register", body, test.token)
			violations, _ := a.body["violations"].([]any)
			if a.status != 400 || len(violations) != 1 {
				t.Fatalf("got %s", a)
			}
			violation, _ := violations[0].(map[string]any)
			if violation["rule"] != "grant_type" || violation["pointer"] != "/grant_types/1" {
				t.Errorf("got %v", violation)
			}
			if _, tells := violation["allowed"]; tells != test.tells || strings.Contains(a.text, "client_credentials") != test.tells {
				t.Errorf("tells what is allowed: %v, want %v: %s", tells, test.tells, a)
			}
		})
	}
}

// TestUpstreamHost: the Host that the server derives its issuer from.
func TestUpstreamHost(t *testing.T) {
	s := newServer(t, echo)
	tlsServer := httptest.NewTLSServer(s.Config.Handler)
	t.Cleanup(tlsServer.Close)
	const insecure = "{\n transport http {\n tls_insecure_skip_verify\n }\n }"
	for name, test := range map[string]struct{ upstream, lines, want string }{
		"the caller's":           {s.URL, "", "{ADDRESS}"},
		"set":                    {s.URL, "upstream_host kc.example:8443", "kc.example:8443"},
		"the caller's, over TLS": {tlsServer.URL + " " + insecure, "", "{ADDRESS}"},
		"set, over TLS":          {tlsServer.URL + " " + insecure, "upstream_host kc.example", "kc.example"},
		"the operator's header":  {s.URL + " {\n header_up Host mine.example\n }", "upstream_host kc.example", "mine.example"},
	} {
		t.Run(name, func(t *testing.T) {
			base := gateway(t, test.upstream, opaque+test.lines)
			if a := ask(t, http.MethodPost, base+"/register", app, bearer("t")); a.status != 201 {
				t.Fatalf("got %s", a)
			}
			received := s.received()
			want := strings.Replace(test.want, "{ADDRESS}", strings.TrimPrefix(base, "http://"), 1)
			if got := received[len(received)-1].host; got != want {
				t.Errorf("the server was asked as %q, want %q", got, want)
			}
		})
	}
}

// TestUpstreamPlaceholders: an address may be known at start, or of each request.
func TestUpstreamPlaceholders(t *testing.T) {
	s := newServer(t, echo)
	address := strings.TrimPrefix(s.URL, "http://")
	t.Setenv("UPSTREAM_OF_THE_TEST", address)
	for _, upstream := range []string{"{env.UPSTREAM_OF_THE_TEST}", "{http.request.header.Backend}"} {
		t.Run(upstream, func(t *testing.T) {
			a := ask(t, http.MethodPost, gateway(t, upstream, passthrough)+"/register", app, bearer(initialToken), "Backend: "+address)
			if a.status != http.StatusCreated {
				t.Errorf("got %s", a)
			}
		})
	}
}

// TestTrustedProxy: another proxy's word about the public address counts if
// Caddy trusts it.
func TestTrustedProxy(t *testing.T) {
	s := newServer(t, echo)
	address := freeAddress(t)
	run(t, strings.Replace(site(address, s.URL, opaque), "admin off", "admin off\n\tservers {\n\t\ttrusted_proxies static 127.0.0.0/8\n\t}", 1))
	a := ask(t, http.MethodPost, "http://"+address+"/register", app, bearer("t"), "X-Forwarded-Proto: https", "X-Forwarded-Host: auth.example.org", "X-Forwarded-For: 9.9.9.9")
	if got := a.header.Get("Location"); got != "https://auth.example.org/register/c1" {
		t.Errorf("Location is %q", got)
	}
	for _, evil := range []string{"a.example, b.evil", "a.example/evil?x#", "a@b", " "} {
		a := ask(t, http.MethodPost, "http://"+address+"/register", app, bearer("t"), "X-Forwarded-Proto: https", "X-Forwarded-Host: "+evil)
		if got := a.header.Get("Location"); got != "https://"+address+"/register/c1" {
			t.Errorf("%q: Location is %q", evil, got)
		}
	}
	a = ask(t, http.MethodPost, "http://"+address+"/register", app, bearer("t"), "X-Forwarded-Host: auth.example.org", "X-Forwarded-For: 9.9.9.9", "Early-Data: 1")
	if a.status != http.StatusTooEarly {
		t.Errorf("early data at the proxy in front: got %s", a)
	}
	received := s.received()
	header := received[0].header
	if got := header.Get("X-Forwarded-Host"); got != "auth.example.org" {
		t.Errorf("X-Forwarded-Host is %q", got)
	}
	if got := header.Get("X-Forwarded-For"); !strings.HasPrefix(got, "9.9.9.9") {
		t.Errorf("X-Forwarded-For is %q", got)
	}
}

// TestEarlyData: what comes before the TLS handshake is complete can be replayed.
func TestEarlyData(t *testing.T) {
	t.Parallel()
	h := &smartregistration.Handler{
		UpstreamRaw:        []byte(`{"handler": "static_response", "status_code": 201}`),
		UpstreamPath:       "/realms/r/clients-registrations/openid-connect",
		InitialAccessToken: []smartregistration.InitialAccessToken{{Kind: "passthrough"}},
	}
	ctx, cancel := caddy.NewContext(caddy.Context{Context: context.Background()})
	t.Cleanup(cancel)
	if err := h.Provision(ctx); err != nil {
		t.Fatal(err)
	}
	for method, path := range map[string]string{http.MethodPost: "/register", http.MethodGet: "/register/c1", http.MethodDelete: "/register/c1"} {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(context.Background(), method, path, strings.NewReader(app))
		r.Header.Set("Content-Type", "application/json")
		r.TLS = &tls.ConnectionState{HandshakeComplete: false}
		r = caddyhttp.PrepareRequest(r, caddy.NewReplacer(), w, nil)
		if err := h.ServeHTTP(w, r, nil); err != nil {
			t.Fatal(err)
		}
		if w.Code != http.StatusTooEarly {
			t.Errorf("%s %s: got %d %s", method, path, w.Code, w.Body)
		}
	}
}

// TestInvalidConfigurations: what only JSON can say, or only provisioning can
// find, is found before traffic.
func TestInvalidConfigurations(t *testing.T) {
	for name, test := range map[string]struct{ lines, want string }{
		"a placeholder without a value": {passthrough + "upstream_host {env.SURELY_NOT_SET}", "upstream_host"},
		"an address without a value":    {strings.Replace(passthrough, "{UPSTREAM}", "{env.SURELY_NOT_SET}", 1), "upstream: evaluated placeholder {env.SURELY_NOT_SET} is empty"},
		"a host without a value":        {strings.Replace(passthrough, "{UPSTREAM}", "{env.SURELY_NOT_SET}:8080", 1), "upstream: evaluated placeholder {env.SURELY_NOT_SET} is empty"},
		"an address without a port":     {strings.Replace(passthrough, "{UPSTREAM}", "{env.HOME}", 1), "must be a host with one port"},
		"an unreadable secret":          {strings.Replace(portal, `"`+portalSecret+`"`, "{file./nowhere/secret}", 1) + "upstream_credential bearer ours", "secret"},
		"a short secret":                {strings.Replace(portal, portalSecret, "short", 1) + "upstream_credential bearer ours", "at least 32 bytes"},
		"an unreadable key file":        {strings.Replace(portal, `secret "`+portalSecret+`"`, "issuer a\naudience b\njwks /nowhere/keys.json", 1) + "upstream_credential bearer ours", "/nowhere/keys.json"},
		"a key set without TLS":         {strings.Replace(portal, `secret "`+portalSecret+`"`, "issuer a\naudience b\njwks http://portal.example.org/keys", 1) + "upstream_credential bearer ours", "key set address"},
		"none as an algorithm":          {strings.Replace(portal, "expiry optional", "algorithms none", 1) + "upstream_credential bearer ours", "none"},
		"a public-key algorithm":        {strings.Replace(portal, "expiry optional", "algorithms RS256", 1) + "upstream_credential bearer ours", "RS256"},
		"two tokens":                    {portal + "upstream_credential bearer one,two", "bearer must be a token"},
		"a file that is no token":       {portal + "upstream_credential bearer {file.README.md}", "bearer must be a token"},
		"no secret file":                {portal + "upstream_credential client_credentials {\n token_endpoint https://a.example/token\n client_id a\n client_secret_file /nowhere/secret\n}", "client_secret_file"},
		"no secret":                     {portal + "upstream_credential client_credentials {\n token_endpoint https://a.example/token\n client_id a\n}", "exactly one of client_secret and client_secret_file"},
		"a token endpoint that is none": {portal + "upstream_credential client_credentials {\n token_endpoint a.example\n client_id a\n client_secret b\n}", "token_endpoint"},
		"a path that is a placeholder":  {passthrough + "path {env.HOME}", "cannot have placeholders"},
		"a provider that is no API":     {strings.Replace(passthrough, "openid-connect", "default", 1) + "dialect keycloak", "only Keycloak's provider openid-connect"},
		"a placeholder for nonsense":    {passthrough + "public_url {env.PATH}", "public_url"},
		"a password in an address":      {portal + "upstream_credential client_credentials {\n token_endpoint https://user:S3CRETPW@a.example/token\n client_id a\n client_secret b\n}", "token_endpoint"},
		"a rule that does not exist":    {passthrough + "built_in off nonsense", `there is no built-in rule "nonsense"`},
		"a default beyond allow":        {passthrough + "scopes {\n default openid\n allow fhirUser\n}", "is not among those allowed by policy"},
	} {
		t.Run(name, func(t *testing.T) {
			config, _, err := adapt(site(freeAddress(t), "127.0.0.1:1", test.lines))
			if err == nil {
				var parsed *caddy.Config
				if parsed, err = parse(config); err == nil {
					err = caddy.Validate(parsed)
				}
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want something with %q", err, test.want)
			}
			if err != nil && (strings.Contains(err.Error(), portalSecret) || strings.Contains(err.Error(), "S3CRETPW")) {
				t.Errorf("the error tells the secret: %v", err)
			}
		})
	}
}

// TestJSONIsStrict: JSON configurations are checked like Caddyfiles.
func TestJSONIsStrict(t *testing.T) {
	config, _, err := adapt(site(freeAddress(t), "127.0.0.1:1", passthrough))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ from, to, want string }{
		"an unknown name":       {`"dialect": "keycloak",`, `"dialekt": "keycloak",`, "dialekt"},
		"no upstream path":      {`"upstream_path": "/realms/r/clients-registrations/openid-connect"`, `"upstream_path": ""`, "upstream_path"},
		"an unknown kind":       {`"kind": "passthrough"`, `"kind": "magic"`, "kind must be"},
		"an unknown management": {`"initial_access_token":`, `"management": "perhaps", "initial_access_token":`, "management"},
		"negative size":         {`"initial_access_token":`, `"max_body": -1, "initial_access_token":`, "max_body"},
		"a size beyond all":     {`"initial_access_token":`, `"max_body": 1000000000000000, "initial_access_token":`, "max_body is 1000000000000000, must be between 1 byte and 1 GiB"},
		"refresh before now":    {`"initial_access_token":`, `"offered": {"from": "https://a.example", "refresh": -1}, "initial_access_token":`, "refresh is -1ns, must be 1s or more"},
		"refresh in seconds":    {`"initial_access_token":`, `"offered": {"from": "https://a.example", "refresh": 60}, "initial_access_token":`, "refresh is 60ns, must be 1s or more"},
		"a policy of no object": {`"initial_access_token":`, `"policy": {"metadata_policy": []}, "initial_access_token":`, "policy"},
		"no policy":             {`"initial_access_token":`, `"policy": null, "initial_access_token":`, "policy is null; leave it out"},
		"a URL to dial":         {`"dial": "127.0.0.1:1"`, `"dial": "http://127.0.0.1:1"`, `upstream "http://127.0.0.1:1": "http://127.0.0.1:1" must be a host with one port`},
		"no shadow":             {`"initial_access_token":`, `"shadow": null, "initial_access_token":`, "shadow is null; leave it out"},
		"a policy of nothing":   {`"initial_access_token":`, `"policy": {"metadata_policy": null}, "initial_access_token":`, "policy"},
	} {
		t.Run(name, func(t *testing.T) {
			changed := strings.Replace(config, test.from, test.to, 1)
			if name == "an unknown name" {
				changed = strings.Replace(config, `"initial_access_token":`, `"dialekt": "keycloak", "initial_access_token":`, 1)
			}
			parsed, err := parse(changed)
			if err == nil {
				err = caddy.Validate(parsed)
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want something with %q", err, test.want)
			}
		})
	}
}

// TestLogWarnings: what is allowed and seldom meant is pointed out at start.
func TestLogWarnings(t *testing.T) {
	s := newServer(t, echo)
	for name, test := range map[string]struct {
		lines, bind string
		want        []string
	}{
		"nothing to say":       {passthrough, "127.0.0.1", nil},
		"no TLS":               {passthrough, "0.0.0.0", []string{"without TLS"}},
		"no TLS, but before":   {passthrough + "public_url https://auth.example.org", "0.0.0.0", nil},
		"open":                 {strings.Replace(passthrough, "passthrough", "open", 1) + "upstream_credential bearer ours", "127.0.0.1", []string{"registration is open"}},
		"a slip of the pen":    {passthrough + "policy {\n clientname essential\n}", "127.0.0.1", []string{"not registered client metadata"}},
		"a slip behind it":     {passthrough + "policy {\n client_uri same_host_as redirect_uri\n}", "127.0.0.1", []string{"not registered client metadata"}},
		"a scope that is none": {passthrough + "scopes {\n allow openid patient/*.rs patient/*.sr system/Patient.$export\n}", "127.0.0.1", []string{"scopes that look like SMART's and are none"}},
		"denied, and not so":   {passthrough + "profile a {\n scopes {\n deny patient/Observations.rs\n}\n}", "127.0.0.1", []string{"scopes that look like SMART's and are none"}},
		"a value of no use":    {passthrough + "policy {\n token_endpoint_auth_method one_of none client_secret_basc\n}", "127.0.0.1", []string{"values that the built-in rules refuse"}},
		"a profile of nobody":  {passthrough + "profile a {\n match {\n token kind passthrough\n}\n}\nprofile b {\n match {\n token claim tier gold\n}\n}\nprofile patient", "127.0.0.1", []string{"no token that is admitted"}},
		"a placeholder":        {passthrough + "policy {\n software_id one_of {env.HOME}\n}", "127.0.0.1", []string{"placeholders in a policy are not replaced"}},
		"none":                 {passthrough + "policy {\n software_id pattern [a-z]{3}\n tos_uri value https://{$SURELY_NOT_SET:a.example}/\n rule r `{'a': 1}.size() == 1` no\n}", "127.0.0.1", nil},
		"token endpoint":       {portal + "upstream_credential client_credentials {\n token_endpoint http://kc.example/token\n client_id a\n client_secret b\n}", "127.0.0.1", []string{"an address without TLS is trusted"}},
	} {
		t.Run(name, func(t *testing.T) {
			log := t.TempDir() + "/log"
			address := freeAddress(t)
			config := strings.Replace(site(address, s.URL, test.lines), "bind 127.0.0.1", "bind "+test.bind, 1)
			run(t, loggingTo(config, log))
			warnings := warningsOf(t, log)
			if len(warnings) != len(test.want) {
				t.Fatalf("got %v, want %v", warnings, test.want)
			}
			for i, want := range test.want {
				if !strings.Contains(warnings[i], want) {
					t.Errorf("got %v, want %v", warnings, test.want)
				}
			}
		})
	}
}
