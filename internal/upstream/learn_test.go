package upstream

import (
	"reflect"
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

func TestVersions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		versions    Versions
		inside, not string
		says        string
	}{
		{Versions{}, "1 24.0.5 26.7.5 99.1", "", "all"},
		{Versions{Before: "26.1"}, "24 24.0.5 26 26.0 26.0.8", "26.1 26.1.0 26.10 27", "before 26.1"},
		{Versions{From: "26.5"}, "26.5 26.5.0 26.10 27 100", "26.4.9 26 9", "from 26.5"},
		{Versions{From: "26.6.2", Before: "26.6.5"}, "26.6.2 26.6.4", "26.6 26.6.1 26.6.5 26.7", "from 26.6.2, before 26.6.5"},
	} {
		for version := range strings.FieldsSeq(test.inside) {
			if !test.versions.Contains(version) {
				t.Errorf("%s is not %s", version, test.versions)
			}
		}
		for version := range strings.FieldsSeq(test.not) {
			if test.versions.Contains(version) {
				t.Errorf("%s is %s", version, test.versions)
			}
		}
		if got := test.versions.String(); got != test.says {
			t.Errorf("%q, want %q", got, test.says)
		}
	}
}

func TestCheckVersion(t *testing.T) {
	t.Parallel()
	for version, ok := range map[string]bool{
		"26": true, "26.0": true, "26.0.8": true, "": false, "26.": false, ".1": false, "26.0.8.1": false,
		"v26": false, "-1": false, "+1": false, "26.0.8-SNAPSHOT": false, "nightly": false, "99999999999999999999": false,
	} {
		if err := CheckVersion(version); (err == nil) != ok {
			t.Errorf("%q: %v", version, err)
		}
	}
}

// TestLearns: what a server of each version answers tells which it can be.
func TestLearns(t *testing.T) {
	t.Parallel()
	want := map[string][]Versions{
		"24.0.5": {{Before: "26.1"}},
		"26.0.8": {{Before: "26.1"}},
		"26.5.0": {{From: "26.1"}, {From: "26.1", Before: "26.6"}},
		"26.7.5": {{From: "26.1"}, {From: "26.6"}},
	}
	for _, version := range keycloakVersions {
		all := recorded(t, version)
		var told []Versions
		d := keycloak.For("", func(v Versions) { told = append(told, v) })
		// An app tells nothing.
		for range 2 {
			for _, name := range []string{"minimal", "grant:authorization_code", "grant:client_credentials", "auth_method:client_secret_post", "life_get"} {
				replay(d, all[name])
			}
		}
		if !reflect.DeepEqual(told, want[version]) {
			t.Errorf("%s taken for %v, want %v", version, told, want[version])
		}
		for _, v := range told {
			if !v.Contains(version) {
				t.Errorf("%s taken for one %s", version, v)
			}
		}
		// What the operator says is not doubted.
		d = keycloak.For("26.0", func(v Versions) { t.Errorf("%s learned, though configured", v) })
		replay(d, all["grant:client_credentials"])
	}
}

// TestLearnsAgain: after an update of the server, or a step back, what it shows
// now counts.
func TestLearnsAgain(t *testing.T) {
	t.Parallel()
	var told []Versions
	d := keycloak.For("", func(v Versions) { told = append(told, v) })
	for _, version := range []string{"26.0.8", "26.7.5", "26.0.8"} {
		replay(d, recorded(t, version)["grant:client_credentials"])
	}
	if want := []Versions{{Before: "26.1"}, {From: "26.1"}, {Before: "26.1"}}; !reflect.DeepEqual(told, want) {
		t.Errorf("learned %v, want %v", told, want)
	}
}

// TestWhatVersionsChange: what is learned changes what is believed and not what is
// sent; what is configured changes both.
func TestWhatVersionsChange(t *testing.T) {
	t.Parallel()
	service := document(t, `{"grant_types":["client_credentials"],"redirect_uris":["https://app.example.org/cb"]}`)
	device := document(t, `{"grant_types":["urn:ietf:params:oauth:grant-type:device_code"]}`)
	learned := keycloak.For("", nil)
	replay(learned, recorded(t, "26.7.5")["grant:client_credentials"])
	for name, test := range map[string]struct {
		dialect           *Dialect
		dropped, readBack bool
	}{
		"unknown":             {keycloak.For("", nil), true, true},
		"learned: from 26.1":  {learned, true, false},
		"configured: 26.0":    {keycloak.For("26.0", nil), true, true},
		"configured: 26.1":    {keycloak.For("26.1", nil), false, false},
		"configured: 99":      {keycloak.For("99", nil), false, false},
		"configured: too old": {keycloak.For("1", nil), true, true},
	} {
		out, _ := test.dialect.Outgoing(service)
		if dropped := !out.Has("redirect_uris"); dropped != test.dropped {
			t.Errorf("%s: redirect URIs of a service dropped: %t", name, dropped)
		}
		if back := test.dialect.ReadBack(device) != ""; back != test.readBack {
			t.Errorf("%s: read back: %t", name, back)
		}
	}
}

// TestBadTokenError: 500 is taken for what a bad token is answered only by a
// version that is known to do so, since with any other it is a failure.
func TestBadTokenError(t *testing.T) {
	t.Parallel()
	reply := &Reply{Status: 500, Body: refusalBody("unknown_error", "For more on this error consult the server log.")}
	for version, want := range map[string]told{"": badGateway, "26.6.1": badGateway, "26.6.2": badToken, "26.6.4": badToken, "26.6.5": badGateway, "26.7.5": badGateway} {
		d := keycloak.For(version, nil)
		assertTold(t, refusalOf(d, registration.Create, false, reply), want, reply)
		assertTold(t, refusalOf(d, registration.Create, true, reply), badGateway, reply)
	}
}

func TestMeasured(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]bool{"23": false, "24.0.5": true, "26.7.5": true, "26.8": false, "27": false} {
		if keycloak.Measured(version) != want {
			t.Errorf("%s measured: %t", version, !want)
		}
	}
}
