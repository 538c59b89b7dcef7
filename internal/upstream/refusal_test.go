package upstream

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// told is what a caller is told of a refusal.
type told struct {
	status    int
	code      registration.Code
	pointer   string // of the violation, "-" if there is none
	challenge bool
}

var (
	badMetadata  = told{400, registration.InvalidClientMetadata, "", false}
	badScope     = told{400, registration.InvalidClientMetadata, "/scope", false}
	badRedirect  = told{400, registration.InvalidRedirectURI, "/redirect_uris", false}
	badToken     = told{401, registration.InvalidToken, "-", true}
	forbidden    = told{403, registration.InsufficientScope, "-", true}
	badGateway   = told{502, registration.ServerError, "-", false}
	notAtPresent = told{503, registration.TemporarilyUnavailable, "-", false}
)

// withOwn is what the caller is told where the credential was the gateway's: no
// caller can do anything about that.
func (w told) withOwn() told {
	if w.challenge {
		return badGateway
	}
	return w
}

// assertTold checks everything that leaves the gateway, and that the server's
// words are only in what does not.
func assertTold(t *testing.T, e *registration.Error, want told, reply *Reply) {
	t.Helper()
	got := told{e.Status, e.Code, "-", e.Challenge}
	if len(e.Violations) > 0 {
		got.pointer = e.Violations[0].Pointer
	}
	if got != want || len(e.Violations) > 1 || e.Anonymous {
		t.Errorf("told %+v (%d violations, anonymous %t), want %+v", got, len(e.Violations), e.Anonymous, want)
	}
	if e.Description == "" {
		t.Error("no description")
	}

	w := httptest.NewRecorder()
	e.Write(w)
	public := w.Body.String() + w.Header().Get("WWW-Authenticate")
	var said struct {
		Error            string `json:"error"`
		ErrorDescription string `json:"error_description"`
	}
	_ = json.Unmarshal([]byte(reply.Body), &said) // a page says nothing
	code := said.Error
	switch {
	case code == string(want.code):
		code = "" // it is the right one
	case code != "" && !strings.Contains(code, " "):
		code = `"` + code + `"` // not where it is the beginning of another
	}
	for _, words := range []string{code, said.ErrorDescription, "Policy", "keycloak", "Keycloak", "<html>"} {
		if words != "" && strings.Contains(public, words) {
			t.Errorf("the caller is told %q of the server's: %s", words, public)
		}
	}
	for _, words := range []string{said.Error, said.ErrorDescription} {
		if quoted, _ := json.Marshal(words); !strings.Contains(e.Error(), strings.Trim(string(quoted), `"`)) {
			t.Errorf("the log is not told %q: %s", words, e.Error())
		}
	}
}

func refusalOf(d *Dialect, op registration.Operation, own bool, reply *Reply) *registration.Error {
	e, _ := d.Refusal(op, own, reply)
	return e
}

// recordedRefusals is what each recorded refusal means.
var recordedRefusals = map[string]told{
	"unknown_field": badMetadata, "software_statement": badMetadata, "lang_tag": badMetadata, "anon_unknown": badMetadata,
	"response_types:bogus": badMetadata, "auth_method:private_key_jwt": badMetadata,
	"auth_method:self_signed_tls_client_auth": badMetadata, "auth_method:bogus": badMetadata,
	"pkjwt_jwks_nouse": badMetadata, "jwks_and_uri": badMetadata, "jwks_empty": badMetadata,
	"client_uri_custom": badMetadata, "logo_js": badMetadata, "client_id_in_post": badMetadata, "client_id_empty": badMetadata,
	"life_put_noid": badMetadata, "life_put_wrong_id": badMetadata,
	"malformed": badMetadata, "anon_bad_json": badMetadata, "array_body": badMetadata, "string_for_array": badMetadata, "deep": badMetadata,

	"scope:openid": badScope, "scope:openid profile": badScope, "scope:patient/Observation.r": badScope,
	"scope:nonexistent": badScope, "scope:profile email": badScope, "scope:": badScope, "scope:basic": badScope,
	"scope:openid launch/patient patient/*.rs offline_access fhirUser": badScope, "one_use_1": badScope,

	"redirect:javascript:alert(1)": badRedirect, "redirect:https://app.example.org/cb#f": badRedirect,
	"redirect:data:text/html,x": badRedirect, "redirect:https://app.example.org/c b": badRedirect,

	"bearer_garbage": badToken, "bearer_tampered": badToken, "admin_master": badToken, "one_use_3": badToken,
	"iat_expired": badToken, "iat_deleted": badToken, "life_get_iat": badToken, "life_get_anon": badToken,
	"life_get_old_rat": badToken, "life_get_deleted": badToken, "life_get_unknown": badToken,
	"unknown_client": badToken, // 404 to who may see every client

	// Trusted Hosts looks at the caller's address, Forbidden at its roles.
	"anon": forbidden, "basic": forbidden, "life_get_sa": forbidden,

	"name_long": badGateway, "redirect_long": badGateway, "redirect_5000": badGateway, "client_uri_long": badGateway,
	"ct_text": badGateway, "ct_empty": badGateway, "null_body": badGateway, "empty_body": badGateway, "big_1m": badGateway,
	"preflight": badGateway, "origin": badGateway, "get_collection": badGateway, "put_collection": badGateway,
	"wrong_realm": badGateway, "path_traversal": badGateway, "as_metadata": badGateway, "as_metadata2": badGateway,
}

func TestKeycloakRefusalRecorded(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, version := range keycloakVersions {
		for name, e := range recorded(t, version) {
			if e.Status < 400 {
				continue
			}
			seen[name] = true
			want, known := recordedRefusals[name]
			if name == "bearer_empty" { // an error up to 26.5, anonymous since
				want, known = badGateway, true
				if e.Status == http.StatusForbidden {
					want = forbidden
				}
			}
			if !known {
				t.Errorf("%s %s: %d %s: what does it mean?", version, name, e.Status, e.Body)
				continue
			}
			t.Run(version+" "+name, func(t *testing.T) {
				t.Parallel()
				assertTold(t, refusalOf(keycloak, e.operation(), false, e.reply()), want, e.reply())
				own := want.withOwn()
				if name == "unknown_client" {
					own = want // whoever asked, there is none
				}
				assertTold(t, refusalOf(keycloak, e.operation(), true, e.reply()), own, e.reply())
			})
		}
	}
	for name := range recordedRefusals {
		if !seen[name] {
			t.Errorf("%s was never refused", name)
		}
	}
}

func refusalBody(code, description string) string {
	body, err := json.Marshal(map[string]string{"error": code, "error_description": description})
	if err != nil {
		panic(err)
	}
	return string(body)
}

func policySays(policy, details string) string {
	return refusalBody("insufficient_scope", "Policy '"+policy+"' rejected request to client-registration service. Details: "+details)
}

// What was not recorded, since it takes another realm.
func TestKeycloakRefusal(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		op     registration.Operation
		status int
		body   string
		want   told
		own    told
	}{
		{"untrusted URL", registration.Create, 403, policySays("Trusted Hosts", "URL doesn't match any trusted host or trusted domain"), badRedirect, badRedirect},
		{"untrusted URI", registration.Create, 403, policySays("Trusted Hosts", "URI doesn't match any trusted host or trusted domain"), badRedirect, badRedirect},
		{"malformed URL", registration.Create, 403, policySays("Trusted Hosts", "URL is malformed"), badRedirect, badRedirect},
		{"malformed URI", registration.Update, 403, policySays("Trusted Hosts", "URI is malformed"), badRedirect, badRedirect},
		{"untrusted caller", registration.Create, 403, policySays("Trusted Hosts", "Host not trusted."), forbidden, badGateway},
		{"too many clients", registration.Create, 403, policySays("Max Clients Limit", "It's allowed to have max 200 clients per realm"), notAtPresent, notAtPresent},
		{"mapper", registration.Create, 403, policySays("Allowed Protocol Mapper Types", "ProtocolMapper type not allowed"), badMetadata, badMetadata},
		{"consent", registration.Update, 403, policySays("Consent Required", "Not permitted to update consentRequired to false"), badMetadata, badMetadata},
		{"a policy under another name", registration.Create, 403, policySays("Hausregeln", "Not permitted to use specified clientScope"), badScope, badScope},
		{"client policy before", registration.Create, 403, refusalBody("insufficient_scope", "Invalid parameter: redirect_uris"), badMetadata, badMetadata},
		{"client policy after", registration.Create, 400, refusalBody("invalid_client_metadata", "Invalid client metadata: jwks_uri"), badMetadata, badMetadata},
		{"no role", registration.Create, 403, refusalBody("insufficient_scope", "Forbidden"), forbidden, badGateway},
		{"HTTPS", registration.Create, 403, refusalBody("invalid_request", "HTTPS required"), badGateway, badGateway},
		{"a firewall", registration.Read, 403, `<html>Access denied</html>`, badGateway, badGateway},
		{"no client, to an administrator", registration.Read, 404, refusalBody("invalid_request", "Client not found"), badToken, badToken},
		{"no provider", registration.Read, 404, `{"error":"Client registration provider not found"}`, badGateway, badGateway},
		{"no realm", registration.Delete, 404, `{"error":"Realm does not exist"}`, badGateway, badGateway},
		{"another protocol's client", registration.Read, 400, refusalBody("invalid_client", "Wrong client protocol."), badMetadata, badMetadata},
		// Instead of 401, in 26.6.2 to 26.6.4; see TestBadTokenError.
		{"bad token as an error", registration.Create, 500, refusalBody("unknown_error", "For more on this error consult the server log."), badGateway, badGateway},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			reply := &Reply{Status: test.status, Body: test.body}
			assertTold(t, refusalOf(keycloak, test.op, false, reply), test.want, reply)
			assertTold(t, refusalOf(keycloak, test.op, true, reply), test.own, reply)
		})
	}
}

func TestGenericRefusal(t *testing.T) {
	t.Parallel()
	badStatement := told{400, registration.InvalidSoftwareStatement, "/software_statement", false}
	for _, test := range []struct {
		name   string
		op     registration.Operation
		status int
		body   string
		want   told
		own    told
	}{
		{"metadata", registration.Create, 400, refusalBody("invalid_client_metadata", "Nein, danke"), badMetadata, badMetadata},
		{"redirect URI", registration.Create, 400, refusalBody("invalid_redirect_uri", "Nein, danke"), badRedirect, badRedirect},
		{"software statement", registration.Create, 400, refusalBody("invalid_software_statement", "Nein, danke"), badStatement, badStatement},
		{"another code", registration.Update, 400, refusalBody("unapproved_thing", "Nein, danke"), badMetadata, badMetadata},
		{"a page", registration.Create, 400, "<html>", badMetadata, badMetadata},
		{"codes that are none", registration.Create, 400, `{"error":7,"error_description":[1]}`, badMetadata, badMetadata},
		{"token", registration.Create, 401, refusalBody("invalid_token", "Nein, danke"), badToken, badGateway},
		{"token without a word", registration.Read, 401, "", badToken, badGateway},
		{"rights", registration.Delete, 403, refusalBody("insufficient_scope", "Nein, danke"), forbidden, badGateway},
		// RFC 7592 section 2.1: whether a client is there is not for strangers.
		{"no such client", registration.Read, 404, "", badToken, badToken},
		{"no such API", registration.Create, 404, "", badGateway, badGateway},
		{"redirect", registration.Create, 302, "", badGateway, badGateway},
		{"method", registration.Update, 405, "", badGateway, badGateway},
		{"too large", registration.Create, 413, "", badGateway, badGateway},
		{"too many", registration.Create, 429, "", notAtPresent, notAtPresent},
		{"error", registration.Create, 500, "", badGateway, badGateway},
		{"maintenance", registration.Create, 503, "<html>", notAtPresent, notAtPresent},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			reply := &Reply{Status: test.status, Body: test.body}
			assertTold(t, refusalOf(generic, test.op, false, reply), test.want, reply)
			assertTold(t, refusalOf(generic, test.op, true, reply), test.own, reply)
		})
	}
}

// A wrong token, an unknown client and somebody else's cannot be told apart.
func TestRefusalTellsNothingOfClients(t *testing.T) {
	t.Parallel()
	all := recorded(t, "26.7.5")
	answers := make(map[string]bool)
	for _, name := range []string{"life_get_old_rat", "life_get_deleted", "life_get_unknown", "life_get_anon"} {
		w := httptest.NewRecorder()
		refusalOf(keycloak, registration.Read, false, all[name].reply()).Write(w)
		answers[w.Body.String()+w.Header().Get("WWW-Authenticate")] = true
	}
	if len(answers) != 1 {
		t.Errorf("different answers: %v", answers)
	}
}

func TestRefusalRetryAfter(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status int
		header string
		want   time.Duration
	}{
		{503, "30", 30 * time.Second},
		{429, "1", time.Second},
		{503, "", 0},
		{503, "0", 0},
		{503, "-5", 0},
		{503, "Fri, 31 Dec 2027 23:59:59 GMT", 0},
		{503, "99999999", 24 * time.Hour},
		{503, "9223372036854775807", 24 * time.Hour},
		{500, "30", 0},
		{401, "30", 0},
	} {
		reply := &Reply{Status: test.status, Header: http.Header{"Retry-After": {test.header}}}
		if got := refusalOf(generic, registration.Create, false, reply).RetryAfter; got != test.want {
			t.Errorf("%d, Retry-After %q: %s, want %s", test.status, test.header, got, test.want)
		}
	}
}
