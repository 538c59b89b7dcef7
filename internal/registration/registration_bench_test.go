package registration_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// documents are what is read for one registration: two parts of a token, what the
// caller sends, and what Keycloak answers.
var documents = map[string]string{
	"header": `{"alg":"ES256","kid":"portal-1","typ":"JWT"}`,
	"claims": `{"iss":"https://portal.example.org","aud":"https://auth.example.org/register","sub":"developer-4711",` +
		`"jti":"3f0c5f1e-9a57-4f0a-9f5e-0f3c1c6f0a11","iat":1795436956,"exp":1795523356,"typ":"InitialAccessToken"}`,
	"request": `{"redirect_uris":["https://app.example.org/cb"],"client_name":"App",` +
		`"grant_types":["authorization_code","refresh_token"],"token_endpoint_auth_method":"client_secret_basic",` +
		`"logo_uri":"https://app.example.org/logo.png","contacts":["developers@app.example.org"]}`,
	"reply": `{"redirect_uris":["https://app.example.org/cb"],"token_endpoint_auth_method":"client_secret_basic",` +
		`"grant_types":["authorization_code","refresh_token"],"response_types":["code","none"],` +
		`"client_id":"0b6a6f4e-5a3e-4a52-8f0b-1f0d3c0e7a55","client_secret":"k7Qzk7Qzk7Qzk7Qzk7Qzk7Qzk7Qzk7Qz","client_name":"App",` +
		`"scope":"launch/patient patient/*.rs","subject_type":"public","request_uris":[],` +
		`"tls_client_certificate_bound_access_tokens":false,"dpop_bound_access_tokens":false,` +
		`"post_logout_redirect_uris":["https://app.example.org/cb"],"client_id_issued_at":1795436956,"client_secret_expires_at":0,` +
		`"registration_client_uri":"https://auth.example.org/realms/fhir/clients-registrations/openid-connect/0b6a6f4e-5a3e-4a52-8f0b-1f0d3c0e7a55",` +
		`"registration_access_token":"` + strings.Repeat("e", 110) + "." + strings.Repeat("y", 420) + "." + strings.Repeat("J", 86) + `",` +
		`"backchannel_logout_session_required":false,"require_pushed_authorization_requests":false,` +
		`"frontchannel_logout_session_required":false}`,
}

func BenchmarkDecode(b *testing.B) {
	for name, text := range documents {
		b.Run(name, func(b *testing.B) {
			body := []byte(text)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := registration.Decode(body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	m := read(b, "reply")
	b.ReportAllocs()
	for b.Loop() {
		_ = m.Encode()
	}
}

func BenchmarkRegistered(b *testing.B) {
	m := read(b, "reply")
	b.ReportAllocs()
	for b.Loop() {
		_ = m.Registered()
	}
}

func BenchmarkCheckTypes(b *testing.B) {
	m := read(b, "reply")
	b.ReportAllocs()
	for b.Loop() {
		if registration.CheckTypes(m) != nil {
			b.Fatal("it is well typed")
		}
	}
}

func BenchmarkGet(b *testing.B) {
	m := read(b, "reply")
	for _, name := range []string{"grant_types", "scope", "frontchannel_logout_session_required", "jwks"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				m.Get(name)
			}
		})
	}
}

func BenchmarkAnswer(b *testing.B) {
	a := registration.Answer{Status: http.StatusCreated, Location: "https://auth.example.org/register/x", Body: read(b, "reply")}
	benchmarkWrite(b, a.Write)
}

func BenchmarkRefusal(b *testing.B) {
	e := registration.Error{
		Status: http.StatusBadRequest, Code: registration.InvalidRedirectURI, Description: "2 rules of this server's policy are broken",
		Violations: []registration.Violation{
			{Rule: "https", Pointer: "/redirect_uris/0", Detail: "a redirect URI must be https, or http on a loopback address"},
			{Rule: "subset_of", Pointer: "/grant_types/1", Detail: "the value is not allowed", Allowed: []string{"authorization_code", "refresh_token"}, Layer: "policy"},
		},
	}
	benchmarkWrite(b, e.Write)
}

func BenchmarkChallenge(b *testing.B) {
	e := registration.Error{Status: http.StatusUnauthorized, Code: registration.InvalidToken, Challenge: true, Description: "the token has expired"}
	benchmarkWrite(b, e.Write)
}

func benchmarkWrite(b *testing.B, write func(http.ResponseWriter)) {
	b.Helper()
	w := discarding{}
	b.ReportAllocs()
	for b.Loop() {
		clear(w)
		write(w)
	}
}

// discarding is a http.ResponseWriter of nothing but a header.
type discarding http.Header

func (w discarding) Header() http.Header         { return http.Header(w) }
func (w discarding) WriteHeader(int)             {}
func (w discarding) Write(p []byte) (int, error) { return len(p), nil }

func read(b *testing.B, name string) *registration.Metadata {
	b.Helper()
	m, err := registration.Decode([]byte(documents[name]))
	if err != nil {
		b.Fatal(err)
	}
	return m
}
