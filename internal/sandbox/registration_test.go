package sandbox

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// What the recorded life of one client leaves open.
func TestLifecycle(t *testing.T) {
	t.Parallel()
	s, _ := provision(t, new(Sandbox))
	token := mint(t, s, "")
	created := register(t, s, token, `{"client_name":"App","redirect_uris":["https://a.example.org/"],"scope":"patient/*.rs","contacts":["a@example.org"],"jwks_uri":"https://a.example.org/jwks"}`)
	if created.status != 201 {
		t.Fatalf("%d %s", created.status, created.raw)
	}
	other := register(t, s, token, `{}`)
	uri, rat := created.text("registration_client_uri"), created.text("registration_access_token")
	call := func(method, token, body string) answer {
		return send(t, s, method, uri, body, "Authorization", "Bearer "+token)
	}
	id := `"client_id":"` + created.text("client_id") + `"`

	if a := call("GET", rat, ""); a.status != 200 || a.text("registration_access_token") != rat || a.text("client_secret") != created.text("client_secret") || a.body["client_id_issued_at"] != nil {
		t.Errorf("GET: %d %s", a.status, a.raw)
	}
	for method, want := range map[string]*wireError{"GET": errViewUnauthorized, "PUT": errUpdateUnauthorized, "DELETE": errUpdateUnauthorized} {
		if a := call(method, other.text("registration_access_token"), `{`+id+`}`); a.status != 401 || a.text("error_description") != want.Description {
			t.Errorf("%s with another client's token: %d %s", method, a.status, a.raw)
		}
	}
	if a := call("PUT", token, `{`+id+`}`); a.status != 401 || a.text("error_description") != errUpdateUnauthorized.Description {
		t.Errorf("PUT with an initial access token: %d %s", a.status, a.raw)
	}
	if a := register(t, s, rat, `{}`); a.status != 403 || a.text("error_description") != errHostNotTrusted.Description {
		t.Errorf("POST with a registration access token: %d %s", a.status, a.raw)
	}

	// The body is judged before the token, and a refused update rotates nothing.
	for body, want := range map[string]int{
		`{`:                                    400,
		`{"unknown":1}`:                        400,
		`{` + id + `,"grant_types":"code"}`:    400,
		`{` + id + `,"redirect_uris":["a#b"]}`: 400,
		`{` + id + `,"scope":"openid"}`:        403,
		`{"scope":"openid"}`:                   403,
		`{` + id + `,"client_name":"` + strings.Repeat("x", 256) + `"}`: 500,
	} {
		if a := call("PUT", rat, body); a.status != want {
			t.Errorf("PUT %s: %d %s, want %d", body, a.status, a.raw, want)
		}
	}

	a := call("PUT", rat, `{`+id+`}`)
	if a.status != 200 || a.text("registration_access_token") == rat {
		t.Fatalf("PUT: %d %s", a.status, a.raw)
	}
	if a.text("client_secret") != created.text("client_secret") || a.text("scope") != "patient/*.rs" {
		t.Errorf("PUT changed the secret or the scopes: %s", a.raw)
	}
	for _, name := range []string{"client_name", "jwks_uri", "redirect_uris"} {
		if !reflect.DeepEqual(a.body[name], created.body[name]) {
			t.Errorf("a silent PUT changed %s: %s", name, a.raw)
		}
	}
	rat = a.text("registration_access_token")
	a = call("PUT", rat, `{`+id+`,"client_name":"","jwks_uri":"","redirect_uris":[]}`)
	if uris, _ := a.body["redirect_uris"].([]any); len(uris) != 0 || a.text("client_name") != "" || a.body["jwks_uri"] != nil {
		t.Errorf("PUT kept what it emptied: %s", a.raw)
	}
	rat = a.text("registration_access_token")
	if a := call("DELETE", rat, ""); a.status != 204 || len(a.raw) != 0 {
		t.Errorf("DELETE: %d %s", a.status, a.raw)
	}
	if a := call("DELETE", rat, ""); a.status != 401 {
		t.Errorf("second DELETE: %d %s", a.status, a.raw)
	}
}

// A change that was admitted before another one was stored must not win over it.
func TestUpdateLosesAgainstRotation(t *testing.T) {
	t.Parallel()
	s := newRealm()
	s.clients["c"] = &client{id: "c", tokenID: "new"}
	if s.replace("old", &client{id: "c", tokenID: "newer"}) || s.remove("c", "old") {
		t.Error("a superseded registration access token was good for a change")
	}
}

func TestMembersComeBackAsTheServerDoesIt(t *testing.T) {
	t.Parallel()
	s, _ := provision(t, new(Sandbox))
	// Members with rules of their own get a value that passes them.
	special := map[string]any{
		"token_endpoint_auth_method": "client_secret_post",
		"response_types":             []string{"code"},
		"grant_types":                []string{"authorization_code"},
		"scope":                      "patient/*.rs",
		"subject_type":               "pairwise",
	}
	ask := make(map[string]any)
	for _, m := range members {
		switch {
		case m.name == "client_id" || m.name == "jwks":
			continue
		case special[m.name] != nil:
			ask[m.name] = special[m.name]
		case m.kind == text:
			ask[m.name] = "https://" + strings.ReplaceAll(m.name, "_", "-") + ".example.org/"
		case m.kind == texts:
			ask[m.name] = []string{"https://" + strings.ReplaceAll(m.name, "_", "-") + ".example.org/"}
		case m.kind == flag:
			ask[m.name] = true
		case m.kind == number:
			ask[m.name] = 42
		}
	}
	body, err := json.Marshal(ask)
	if err != nil {
		t.Fatal(err)
	}
	a := register(t, s, mint(t, s, ""), string(body))
	if a.status != 201 {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	for _, m := range members {
		value, shown := a.body[m.name]
		if want := m.fate == echoed || m.fate == derived; m.name != "jwks" && shown != want {
			t.Errorf("%s shown: %v, want %v", m.name, shown, want)
		}
		if m.fate == echoed && m.kind == text && value != ask[m.name] {
			t.Errorf("%s is %v, want %v", m.name, value, ask[m.name])
		}
	}
	if a.text("client_secret") == ask["client_secret"] || a.body["client_id_issued_at"] == 42.0 {
		t.Errorf("the caller chose what the server assigns: %s", a.raw)
	}
}

func TestFlows(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, body        string
		grants, responses []string
		err               error
	}{
		{"both, agreeing", `{"grant_types":["authorization_code","refresh_token"],"response_types":["code"]}`, []string{"authorization_code", "refresh_token"}, []string{"code", "none"}, nil},
		{"backend, no response types", `{"grant_types":["client_credentials"],"response_types":[]}`, []string{"client_credentials"}, []string{}, nil},
		{"hybrid", `{"response_types":["code id_token"]}`, []string{"authorization_code", "implicit", "refresh_token"}, []string{"code", "none", "id_token", "id_token token", "code id_token", "code token", "code id_token token"}, nil},
		{"none with code", `{"response_types":["none code"]}`, nil, nil, errUnfitMetadata},
		{"empty response type", `{"response_types":[""]}`, nil, nil, errUnfitMetadata},
	} {
		asked, err := parseMetadata([]byte(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		f, err := flowsOf(asked)
		if !errors.Is(err, tt.err) {
			t.Errorf("%s: error %v, want %v", tt.name, err, tt.err)
		}
		if err == nil && (!slices.Equal(f.grantTypes(), tt.grants) || !slices.Equal(f.responseTypes(), tt.responses)) {
			t.Errorf("%s: %v %v, want %v %v", tt.name, f.grantTypes(), f.responseTypes(), tt.grants, tt.responses)
		}
	}
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	s, _ := provision(t, &Sandbox{Realm: "routes"})
	for _, tt := range []struct {
		method, path string
		status       int
		code         string
	}{
		{"GET", "/", 404, errNotFound.Code},
		{"GET", "/realms/routes", 404, errNotFound.Code},
		{"GET", "/realms/", 404, errRealmUnknown.Code},
		{"POST", "/realms/Routes/clients-registrations/openid-connect", 404, errRealmUnknown.Code},
		{"POST", "//realms/routes/clients-registrations/openid-connect", 404, errNotFound.Code},
		{"POST", "/realms/routes/clients-registrations", 404, errNotFound.Code},
		{"POST", "/realms/routes/clients-registrations/", 404, errProviderUnknown.Code},
		{"POST", "/realms/routes/clients-registrations/Default", 404, errProviderUnknown.Code},
		{"POST", "/realms/routes/clients-registrations/openid-connect/x", 404, errNotFound.Code},
		{"POST", "/realms/routes/clients-registrations/openid-connect/x%2Fy", 404, errNotFound.Code},
		{"GET", "/realms/routes/clients-registrations/openid-connect/x%2Fy", 401, "invalid_token"},
		{"DELETE", "/realms/routes/clients-registrations/openid-connect", 404, errNotFound.Code},
		{"PATCH", "/realms/routes/clients-registrations/openid-connect", 405, errMethodNotAllowed.Code},
		{"PATCH", "/realms/routes/clients-registrations/openid-connect/x", 405, errMethodNotAllowed.Code},
		{"GET", "/realms/routes/clients-registrations/default/x", 404, errNotFound.Code},
		{"POST", "/realms/routes/clients-registrations/default", 400, "invalid_request"}, // an empty body
		{"POST", "/realms/routes/.well-known/openid-configuration", 405, errMethodNotAllowed.Code},
		{"OPTIONS", "/realms/routes/clients-registrations/openid-connect/x", 200, ""},
	} {
		a := send(t, s, tt.method, "http://localhost:8081"+tt.path, "")
		if a.status != tt.status || a.text("error") != tt.code {
			t.Errorf("%s %s: %d %s, want %d %q", tt.method, tt.path, a.status, a.raw, tt.status, tt.code)
		}
	}
}

// The provider that a gateway must hide asks for the same tokens.
func TestDefaultProviderTakesAUse(t *testing.T) {
	t.Parallel()
	s, _ := provision(t, new(Sandbox))
	token := mint(t, s, `{"count":1}`)
	target := "http://localhost:8081/realms/" + s.Realm + "/clients-registrations/default"
	for i, want := range []int{http.StatusCreated, http.StatusUnauthorized} {
		a := send(t, s, "POST", target, `{"publicClient":true}`, "Authorization", "Bearer "+token)
		if a.status != want {
			t.Fatalf("request %d: %d %s, want %d", i, a.status, a.raw, want)
		}
		if want == http.StatusCreated && (a.text("clientId") != a.text("id") || a.body["publicClient"] != true) {
			t.Errorf("%s", a.raw)
		}
	}
	if a := send(t, s, "POST", target, `{}`); a.status != 403 {
		t.Errorf("without a token: %d %s", a.status, a.raw)
	}
}

// A client of that provider can be deleted there, and an identifier is taken once.
func TestDefaultProviderDeletes(t *testing.T) {
	t.Parallel()
	s, _ := provision(t, new(Sandbox))
	token := mint(t, s, `{"count":10}`)
	target := "http://localhost:8081/realms/" + s.Realm + "/clients-registrations/default"
	created := send(t, s, "POST", target, `{"clientId":"a"}`, "Authorization", "Bearer "+token)
	again := send(t, s, "POST", target, `{"clientId":"a"}`, "Authorization", "Bearer "+token)
	if created.status != 201 || again.status != 400 || again.text("error_description") != "Client Identifier in use" {
		t.Errorf("%d, then %d %s", created.status, again.status, again.raw)
	}
	for i, want := range []int{http.StatusNoContent, http.StatusUnauthorized} {
		a := send(t, s, "DELETE", target+"/a", "", "Authorization", "Bearer "+created.text("registrationAccessToken"))
		if a.status != want {
			t.Errorf("deletion %d: %d %s", i, a.status, a.raw)
		}
	}
}

func TestOriginIsRefusedOnEveryMethod(t *testing.T) {
	t.Parallel()
	s, _ := provision(t, new(Sandbox))
	created := register(t, s, mint(t, s, ""), `{}`)
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		a := send(t, s, method, created.text("registration_client_uri"), `{}`,
			"Origin", "http://localhost:8081", "Authorization", "Bearer "+created.text("registration_access_token"))
		if a.status != 403 || string(a.raw) != `{"error":"Invalid origin"}` {
			t.Errorf("%s: %d %s", method, a.status, a.raw)
		}
	}
	a := send(t, s, "POST", "http://localhost:8081/realms/"+s.Realm+"/clients-registrations/default", `{}`, "Origin", "https://a.example.org")
	if a.status != 403 || a.text("error") != "Invalid origin" {
		t.Errorf("default: %d %s", a.status, a.raw)
	}
}
