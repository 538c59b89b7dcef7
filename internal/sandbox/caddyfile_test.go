package sandbox

import (
	"reflect"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

func TestUnmarshalCaddyfile(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, input string
		want        Sandbox
		err         string
	}{
		{name: "bare", input: "smart_registration_sandbox"},
		{
			name: "everything",
			input: `smart_registration_sandbox {
				realm fhir
				hostname https://auth.example.org
				proxy_headers
				scopes launch/patient patient/*.rs
				service_account registrar {env.REGISTRAR_SECRET}
			}`,
			want: Sandbox{
				Realm:          "fhir",
				Hostname:       "https://auth.example.org",
				ProxyHeaders:   true,
				Scopes:         []string{"launch/patient", "patient/*.rs"},
				ServiceAccount: &ServiceAccount{ClientID: "registrar", ClientSecret: "{env.REGISTRAR_SECRET}"},
			},
		},
		{name: "argument", input: "smart_registration_sandbox fhir", err: "wrong argument count"},
		{name: "unknown", input: "smart_registration_sandbox {\n clients 5\n}", err: `unrecognized subdirective "clients", at Testfile:2`},
		{name: "twice", input: "smart_registration_sandbox {\n realm a\n realm b\n}", err: "realm is given twice"},
		{name: "realm missing", input: "smart_registration_sandbox {\n realm\n}", err: "wrong argument count"},
		{name: "realm surplus", input: "smart_registration_sandbox {\n realm a b\n}", err: "wrong argument count"},
		{name: "hostname missing", input: "smart_registration_sandbox {\n hostname\n}", err: "wrong argument count"},
		{name: "hostname surplus", input: "smart_registration_sandbox {\n hostname a b\n}", err: "wrong argument count"},
		{name: "proxy_headers surplus", input: "smart_registration_sandbox {\n proxy_headers xforwarded\n}", err: "wrong argument count"},
		{name: "scopes missing", input: "smart_registration_sandbox {\n scopes\n}", err: "wrong argument count"},
		{name: "service_account missing", input: "smart_registration_sandbox {\n service_account a\n}", err: "wrong argument count"},
		{name: "service_account surplus", input: "smart_registration_sandbox {\n service_account a b c\n}", err: "wrong argument count"},
		{name: "nested block", input: "smart_registration_sandbox {\n realm a {\n b\n }\n}", err: "unrecognized subdirective"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got Sandbox
			err := got.UnmarshalCaddyfile(caddyfile.NewTestDispenser(tt.input))
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("error %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}
