package contract

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"strings"
	"sync"
	"testing"
)

// vault remembers what must not be in a log.
type vault struct {
	mu      sync.Mutex
	secrets map[string]string // what it is
}

func newVault() *vault {
	v := &vault{secrets: make(map[string]string)}
	v.keep("the service account's secret", registrarSecret)
	v.keep("the service account's credentials, as HTTP Basic has them",
		base64.StdEncoding.EncodeToString([]byte(registrar+":"+registrarSecret)))
	v.keep("the portal's key", portalSecret)
	v.keep("a caller's cookie", cookie)
	return v
}

// keep remembers a secret. Of a JWT also its signature alone is one: claims may
// be read, a signature may be used.
func (v *vault) keep(what, secret string) {
	if len(secret) < 8 {
		return // not one that anybody could use, and sure to be in a log by chance
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.secrets[secret] = what
	if parts := strings.Split(secret, "."); len(parts) == 3 && len(parts[2]) >= 16 {
		v.secrets[parts[2]] = what + " (its signature)"
	}
}

// keepReply remembers what is secret in a registration.
func (v *vault) keepReply(body []byte) {
	var reply map[string]any
	if json.Unmarshal(body, &reply) != nil {
		return
	}
	for _, name := range []string{"client_secret", "registration_access_token", "access_token", "token"} {
		v.keep("a reply's "+name, text(reply, name))
	}
}

// search looks for every secret in a log. It first makes sure that the log is
// one: a search in an empty file finds nothing.
func (v *vault) search(t *testing.T, file string) {
	t.Helper()
	log, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for what, line := range map[string]string{
		"decisions":               `"logger":"http.handlers.smart_registration.decision"`,
		"debug lines":             `"level":"debug"`,
		"access log lines":        `"logger":"http.log.access`,
		"upstream round trips":    `"msg":"upstream roundtrip"`,
		"fingerprints of a token": `"token":"`,
	} {
		if !bytes.Contains(log, []byte(line)) {
			t.Errorf("the log has no %s", what)
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	t.Logf("looking for %d secrets in %d kB of log", len(v.secrets), len(log)>>10)
	// All of them in one pass; which it was is worth a second one.
	pairs := make([]string, 0, 2*len(v.secrets))
	for secret := range v.secrets {
		pairs = append(pairs, secret, "")
	}
	if len(strings.NewReplacer(pairs...).Replace(string(log))) == len(log) {
		return
	}
	for line := range bytes.Lines(log) {
		for secret, what := range v.secrets {
			if bytes.Contains(line, []byte(secret)) {
				t.Errorf("%s is in the log, in the line\n%.1000s", what, line)
			}
		}
	}
}
