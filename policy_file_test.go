package smartregistration_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
)

// until asks again and again until it is so.
func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !so(); {
		if time.Now().After(deadline) {
			t.Fatalf("it never came: %s", what)
		}
	}
}

func write(t *testing.T, file, content string) {
	t.Helper()
	// Put in place whole, as an editor or Kubernetes does.
	if err := os.WriteFile(file+".new", []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
}

// TestPolicyFile edits nothing but the file: what is in it applies, what is broken
// in it does not, and a gauge says so.
func TestPolicyFile(t *testing.T) {
	s := newServer(t, echo)
	file := filepath.Join(t.TempDir(), "policy.yaml")
	write(t, file, "metadata_policy: {contacts: {essential: true}}\n")
	address := freeAddress(t)
	config := site(address, s.URL, passthrough+"policy "+file)
	run(t, strings.Replace(config, `respond "next handler" 299`, "metrics /metrics", 1))
	base := "http://" + address
	rule := func() string {
		a := ask(t, http.MethodPost, base+"/register", app, bearer(initialToken))
		switch {
		case a.status == 201:
			return ""
		case strings.Contains(a.text, "essential"):
			return "essential"
		}
		return a.text
	}
	broken := func() bool {
		a := ask(t, http.MethodGet, base+"/metrics", "")
		return strings.Contains(a.text, `caddy_smart_registration_file_broken{file="`+file+`",setting="policy"} 1`)
	}
	if got := rule(); got != "essential" || broken() {
		t.Fatalf("at first: %q, broken %v", got, broken())
	}
	write(t, file, "metadata_policy: {}\n")
	until(t, "the file without the rule", func() bool { return rule() == "" })
	write(t, file, "metadata_policy: {contacts: {required: true}}\n")
	until(t, "the gauge of a broken file", broken)
	if got := rule(); got != "" {
		t.Errorf("a broken file: %q", got)
	}
	write(t, file, "metadata_policy: {contacts: {essential: true}}\nscopes: {default: [openid]}\n")
	until(t, "the file with the rule", func() bool { return rule() == "essential" })
	if broken() {
		t.Error("the gauge stays")
	}
}

// TestBrokenFile: a file that cannot be used to begin with keeps Caddy from
// starting.
func TestBrokenFile(t *testing.T) {
	directory := t.TempDir()
	file := filepath.Join(directory, "policy.json")
	write(t, file, `{"metadata_policy":{"contacts":{"required":true}}}`)
	for lines, want := range map[string]string{
		"policy " + file: `policy: ` + file + `: policy: member "contacts": required: there is no such operator`,
		"shadow " + file: `shadow: ` + file + `: policy: member "contacts"`,
		"policy " + filepath.Join(directory, "no"): "no such file",
	} {
		config, _, err := adapt(site("127.0.0.1:1", "127.0.0.1:1", passthrough+lines))
		if err != nil {
			t.Fatal(err) // adapting reads no file
		}
		if err := caddy.Load([]byte(config), true); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want something with %q", lines, err, want)
		}
	}
	if err := caddy.Stop(); err != nil {
		t.Error(err)
	}
}

// signer is a portal's key.
type signer struct {
	key  ed25519.PrivateKey
	kid  string
	jwks string
}

func newSigner(t *testing.T, kid string) signer {
	t.Helper()
	public, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	x := base64.RawURLEncoding.EncodeToString(public)
	return signer{key, kid, `{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"` + kid + `","x":"` + x + `"}]}`}
}

func (s signer) sign(claims string) string {
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"alg":"EdDSA","kid":"`+s.kid+`"}`)) + "." + encode([]byte(claims))
	return signed + "." + encode(ed25519.Sign(s.key, []byte(signed)))
}

// TestKeyFile edits nothing but the file with the portal's keys.
func TestKeyFile(t *testing.T) {
	s := newServer(t, echo)
	file := filepath.Join(t.TempDir(), "jwks.json")
	first, second := newSigner(t, "1"), newSigner(t, "2")
	write(t, file, first.jwks)
	base := gateway(t, s.URL, `
		upstream {UPSTREAM}
		upstream_path /realms/r/clients-registrations/openid-connect
		upstream_credential bearer ours
		initial_access_token {
			jwt {
				issuer https://portal.example.org
				audience https://auth.example.org
				jwks `+file+`
			}
		}`)
	const claims = `{"iss":"https://portal.example.org","aud":"https://auth.example.org","exp":99999999999}`
	admitted := func(by signer) bool {
		return ask(t, http.MethodPost, base+"/register", app, bearer(by.sign(claims))).status == 201
	}
	if !admitted(first) || admitted(second) {
		t.Fatal("the keys are not those in the file")
	}
	write(t, file, second.jwks)
	until(t, "the other key", func() bool { return admitted(second) })
	if admitted(first) {
		t.Error("a key that was withdrawn still vouches")
	}
}
