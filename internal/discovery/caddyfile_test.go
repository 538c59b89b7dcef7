package discovery

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	_ "github.com/caddyserver/caddy/v2/modules/standard"
)

// everything is a block with all that there is.
const everything = `smart_discovery {
	registration_endpoint https://auth.example.org/register
	narrow {
		scopes_supported openid patient/*.rs
		grant_types_supported authorization_code
		token_endpoint_auth_methods_supported private_key_jwt client_secret_basic
		capabilities launch-ehr
	}
	serve /fhir/.well-known/smart-configuration {
		issuer https://auth.example.org
		jwks_uri https://auth.example.org/jwks
		authorization_endpoint https://auth.example.org/authorize
		token_endpoint {env.TOKEN_ENDPOINT}
		grant_types_supported authorization_code
		capabilities launch-ehr sso-openid-connect
		code_challenge_methods_supported S256
		x_support https://auth.example.org/help
	}
	cors
	max_body 1MiB
}`

func TestUnmarshalCaddyfile(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]string{
		"smart_discovery {\n\tregistration_endpoint {env.ENDPOINT}\n}": `{"registration_endpoint":"{env.ENDPOINT}"}`,
		everything: `{"registration_endpoint":"https://auth.example.org/register",` +
			`"narrow":{"scopes_supported":["openid","patient/*.rs"],"grant_types_supported":["authorization_code"],` +
			`"token_endpoint_auth_methods_supported":["private_key_jwt","client_secret_basic"],"capabilities":["launch-ehr"]},` +
			`"serve":{"path":"/fhir/.well-known/smart-configuration","document":{"issuer":"https://auth.example.org",` +
			`"jwks_uri":"https://auth.example.org/jwks","authorization_endpoint":"https://auth.example.org/authorize",` +
			`"token_endpoint":"{env.TOKEN_ENDPOINT}","grant_types_supported":["authorization_code"],` +
			`"capabilities":["launch-ehr","sso-openid-connect"],"code_challenge_methods_supported":["S256"],` +
			`"x_support":"https://auth.example.org/help"}},"cors":true,"max_body":1048576}`,
	} {
		var h Handler
		if err := h.UnmarshalCaddyfile(caddyfile.NewTestDispenser(input)); err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

// TestAdaptErrors: whatever is wrong in a Caddyfile is said with its place. Line
// 3 is the first of the directive's block.
func TestAdaptErrors(t *testing.T) {
	t.Parallel()
	const (
		endpoint = "registration_endpoint https://auth.example.org/register\n"
		served   = "token_endpoint https://a.example/token\ngrant_types_supported authorization_code\n"
	)
	for name, test := range map[string]struct{ lines, want string }{
		"nothing":                 {"", "smart_discovery needs a block with something in it"},
		"no endpoint":             {"cors\n", "registration_endpoint is required, at Caddyfile:2"},
		"unknown":                 {endpoint + "corse\n", `unrecognized subdirective "corse", at Caddyfile:4`},
		"twice":                   {endpoint + endpoint, "registration_endpoint is written twice, at Caddyfile:4"},
		"endpoint nothing":        {"registration_endpoint\n", "registration_endpoint takes exactly one argument, at Caddyfile:3"},
		"endpoint two":            {"registration_endpoint https://a.example https://b.example\n", "takes exactly one argument, at Caddyfile:3"},
		"endpoint block":          {"registration_endpoint https://a.example {\nx\n}\n", "there is a block where none belongs"},
		"endpoint http":           {"registration_endpoint http://auth.example.org/register\n", "registration_endpoint must be an absolute https URL, without user and fragment (http on the machine itself), at Caddyfile:3"},
		"endpoint a path":         {"registration_endpoint /register\n", "must be an absolute https URL"},
		"endpoint a fragment":     {"registration_endpoint https://a.example/#x\n", "must be an absolute https URL"},
		"endpoint a password":     {"registration_endpoint https://u:p@a.example/\n", "must be an absolute https URL"},
		"narrow argument":         {"narrow x {\ncapabilities x\n}\n", `narrow "x": it is policy, or a block of lists, at Caddyfile:3`},
		"narrow policy and lists": {"narrow policy {\ncapabilities x\n}\n", "there is a block where none belongs"},
		"narrow nothing":          {"narrow\n", "narrow needs a block with something in it, at Caddyfile:3"},
		"narrow empty":            {"narrow {\n}\n", "narrow needs a block with something in it, at Caddyfile:4"},
		"narrow unknown":          {"narrow {\nresponse_types_supported code\n}\n", `unrecognized subdirective "response_types_supported" of narrow, at Caddyfile:4`},
		"narrow twice":            {"narrow {\ncapabilities a\ncapabilities b\n}\n", "capabilities is written twice, at Caddyfile:5"},
		"narrow to nothing":       {"narrow {\nscopes_supported\n}\n", "scopes_supported needs at least one argument, at Caddyfile:4"},
		"narrow to no scope":      {"narrow {\nscopes_supported \"a b\"\n}\n", `scope "a b": not a scope token`},
		"narrow a block":          {"narrow {\ncapabilities a {\nb\n}\n}\n", "there is a block where none belongs, at \"b\", at Caddyfile:5"},
		"serve nothing":           {"serve\n", "serve needs a block with something in it, at Caddyfile:3"},
		"serve elsewhere":         {"serve /smart.json {\n" + served + "}\n", `the path "/smart.json" must begin with a slash and end in /.well-known/smart-configuration, at Caddyfile:3`},
		"serve two paths":         {"serve /.well-known/smart-configuration x {\n" + served + "}\n", "wrong argument count or unexpected line ending after 'x', at Caddyfile:3"},
		"serve too little":        {"serve {\n" + served + "}\n", "code_challenge_methods_supported is required (SMART App Launch 2.2), at Caddyfile:3"},
		"serve no S256":           {"serve {\ncode_challenge_methods_supported S512\n}\n", "code_challenge_methods_supported must have S256 in it and not plain (SMART App Launch 2.2), at Caddyfile:4"},
		"serve plain":             {"serve {\ncode_challenge_methods_supported S256 plain\n}\n", "and not plain (SMART App Launch 2.2), at Caddyfile:4"},
		"serve endpoint":          {"serve {\nregistration_endpoint https://a.example\n}\n", "registration_endpoint is added by itself, and not part of serve, at Caddyfile:4"},
		"serve signature":         {"serve {\nsigned_metadata a.b.c\n}\n", "signed_metadata cannot be served: it would not name the registration endpoint, at Caddyfile:4"},
		"serve twice":             {"serve {\nissuer https://a.example\nissuer https://b.example\n}\n", "issuer is written twice, at Caddyfile:5"},
		"serve two values":        {"serve {\nissuer https://a.example https://b.example\n}\n", "issuer takes exactly one argument, at Caddyfile:4"},
		"serve no value":          {"serve {\ncapabilities\n}\n", "capabilities needs at least one argument, at Caddyfile:4"},
		"serve no URL":            {"serve {\ntoken_endpoint token\n}\n", "token_endpoint must be an absolute https URL"},
		"serve unknown array":     {"serve {\nclaims_parameter_supported true\n}\n", "claims_parameter_supported cannot be written in a Caddyfile, where its type is not known; JSON configuration can have it, at Caddyfile:4"},
		"serve objects":           {"serve {\nassociated_endpoints x\n}\n", "associated_endpoints cannot be written in a Caddyfile"},
		"cors argument":           {"cors *\n", "wrong argument count or unexpected line ending after '*', at Caddyfile:3"},
		"cors block":              {"cors {\nx\n}\n", "there is a block where none belongs"},
		"max_body nothing":        {"max_body\n", "max_body takes exactly one argument, at Caddyfile:3"},
		"max_body no size":        {"max_body lots\n", `max_body "lots"`},
		"max_body zero":           {"max_body 0\n", `max_body "0" must be between 1 byte and 1 GiB, at Caddyfile:3`},
		"max_body too much":       {"max_body 2GiB\n", "must be between 1 byte and 1 GiB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := adapt(":80 {\n\tsmart_discovery {\n" + test.lines + "}\n}\n")
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
			if err != nil && !strings.Contains(err.Error(), "at Caddyfile:") {
				t.Errorf("error without a place: %v", err)
			}
		})
	}
	if _, err := adapt(":80 {\n\tsmart_discovery /x y {\n" + endpoint + "}\n}\n"); err == nil ||
		!strings.Contains(err.Error(), "wrong argument count or unexpected line ending after 'y', at Caddyfile:2") {
		t.Errorf("an argument on the directive: %v", err)
	}
}

func adapt(input string) ([]byte, error) {
	adapted, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(input), map[string]any{"filename": "Caddyfile"})
	return adapted, err
}

// TestProvision: JSON, and what placeholders stand for, is judged like what a
// Caddyfile says.
func TestProvision(t *testing.T) {
	t.Setenv("DISCOVERY_ENDPOINT", "https://auth.example.org/register")
	t.Setenv("DISCOVERY_INSECURE", "http://auth.example.org/register")
	const (
		endpoint = `"registration_endpoint":"https://auth.example.org/register"`
		required = `"token_endpoint":"https://a.example/t","grant_types_supported":["authorization_code"],"code_challenge_methods_supported":["S256"]`
	)
	document := func(members string) string { return `{` + endpoint + `,"serve":{"document":{` + members + `}}}` }
	for name, test := range map[string]struct {
		config string
		served string
		err    string
	}{
		"shortest":                  {config: `{` + endpoint + `}`},
		"loopback":                  {config: `{"registration_endpoint":"http://localhost:8080/register"}`},
		"loopback address":          {config: `{"registration_endpoint":"http://[::1]:8080/register"}`},
		"placeholder":               {config: `{"registration_endpoint":"{env.DISCOVERY_ENDPOINT}"}`},
		"no endpoint":               {config: `{}`, err: "registration_endpoint is required"},
		"placeholder of the open":   {config: `{"registration_endpoint":"{env.DISCOVERY_INSECURE}"}`, err: "registration_endpoint must be an absolute https URL"},
		"placeholder of nothing":    {config: `{"registration_endpoint":"{env.DISCOVERY_NOTHING}"}`, err: "registration_endpoint: "},
		"placeholder of a request":  {config: `{"registration_endpoint":"https://{http.request.host}/register"}`, err: "registration_endpoint: "},
		"negative size":             {config: `{` + endpoint + `,"max_body":-1}`, err: "max_body is negative"},
		"empty list":                {config: `{` + endpoint + `,"narrow":{"capabilities":[]}}`, err: "narrow: capabilities: a list"},
		"serve without document":    {config: `{` + endpoint + `,"serve":{}}`, err: "serve: document is required"},
		"serve an array":            {config: `{` + endpoint + `,"serve":{"document":[]}}`, err: "serve: document: "},
		"serve a member twice":      {config: document(`"issuer":"https://a.example","issuer":"https://a.example"`), err: "serve: document: "},
		"serve at another path":     {config: `{` + endpoint + `,"serve":{"path":"fhir/.well-known/smart-configuration","document":{}}}`, err: "must begin with a slash"},
		"serve a string for many":   {config: document(required + `,"capabilities":"launch-ehr"`), err: "serve: capabilities must be an array of strings"},
		"serve a number for a URL":  {config: document(`"token_endpoint":1`), err: "serve: token_endpoint must be a string"},
		"serve an open URL":         {config: document(`"token_endpoint":"{env.DISCOVERY_INSECURE}"`), err: "serve: token_endpoint must be an absolute https URL"},
		"serve a lost placeholder":  {config: document(`"x":[{"y":"{env.DISCOVERY_NOTHING}"}]`), err: "serve: x: "},
		"serve nothing required":    {config: document(``), err: "serve: token_endpoint is required (SMART App Launch 2.2)\nserve: grant_types_supported is required"},
		"serve launch":              {config: document(required + `,"capabilities":["launch-standalone"]`), err: "authorization_endpoint is required with the capability launch-standalone"},
		"serve single sign-on":      {config: document(required + `,"capabilities":["sso-openid-connect"]`), err: "serve: issuer is required with the capability sso-openid-connect (SMART App Launch 2.2)\nserve: jwks_uri is required"},
		"serve backend services":    {config: document(required + `,"capabilities":[]`), served: `{` + required + `,"capabilities":[],` + endpoint + `}`},
		"serve what JSON alone can": {config: document(required + `,"capabilities":["permission-v2"],"associated_endpoints":[{"url":"{env.DISCOVERY_ENDPOINT}","capabilities":["x"]}],"n":1.0`), served: `{` + required + `,"capabilities":["permission-v2"],"associated_endpoints":[{"url":"https://auth.example.org/register","capabilities":["x"]}],"n":1.0,` + endpoint + `}`},
		"serve narrowed": {
			config: `{` + endpoint + `,"narrow":{"capabilities":["permission-v2"],"scopes_supported":["openid"]},"serve":{"document":{` + required + `,"capabilities":["permission-v1","permission-v2"]}}}`,
			served: `{` + required + `,"capabilities":["permission-v2"],` + endpoint + `,"scopes_supported":["openid"]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := new(Handler)
			if err := caddy.StrictUnmarshalJSON([]byte(test.config), h); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := caddy.NewContext(caddy.Context{Context: t.Context()})
			defer cancel()
			err := h.Provision(ctx)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("error %v, want %q", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if string(h.served) != test.served {
				t.Errorf("served\n%s\nwant\n%s", h.served, test.served)
			}
		})
	}
}

func TestUnknownField(t *testing.T) {
	t.Parallel()
	if err := caddy.StrictUnmarshalJSON([]byte(`{"registration_endpoints":"x"}`), new(Handler)); err == nil {
		t.Error("an unknown field was taken")
	}
}
