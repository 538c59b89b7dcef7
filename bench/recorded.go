package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The registration is the one whose request asked for the scopes that the
// gateway gives by default here: its reply is the true one to what is sent.
const (
	recordedVersion = "26.7.5"
	recordedCreate  = "scope:launch/patient patient/*.rs"
	recordedRead    = "life_get"
)

// clientID is that of every recorded client.
const clientID = "0f8f2d6e-3f53-4c39-8a2b-6a0d5f3c9b71"

// recordedReplies are what Keycloak answered, by the method of the request.
func recordedReplies(testdata string) (replies map[string][]byte, err error) {
	replies = make(map[string][]byte)
	for method, name := range map[string]string{http.MethodPost: recordedCreate, http.MethodGet: recordedRead} {
		if replies[method], err = recordedReply(testdata, name); err != nil {
			return nil, err
		}
	}
	return replies, nil
}

// recordedReply is what Keycloak answered, as it goes over the wire. What
// was random in it was recorded as a mark; it gets a value of the same length.
func recordedReply(testdata, name string) ([]byte, error) {
	content, err := os.ReadFile(filepath.Clean(filepath.Join(testdata, "exchanges", "keycloak-"+recordedVersion+".jsonl")))
	if err != nil {
		return nil, fmt.Errorf("%w (the bench is run from the module's root)", err)
	}
	lines := bufio.NewScanner(bytes.NewReader(content))
	lines.Buffer(nil, len(content)+1)
	for lines.Scan() {
		var exchange struct {
			Name    string            `json:"name"`
			Status  int               `json:"status"`
			Headers map[string]string `json:"headers"`
			Body    json.RawMessage   `json:"body"`
		}
		if err := json.Unmarshal(lines.Bytes(), &exchange); err != nil {
			return nil, err
		}
		if exchange.Name != name {
			continue
		}
		var body bytes.Buffer
		if err := json.Compact(&body, exchange.Body); err != nil {
			return nil, err
		}
		return wireReply(exchange.Status, exchange.Headers, body.String()), nil
	}
	return nil, fmt.Errorf("there is no recorded exchange %q", name)
}

var plausible = strings.NewReplacer(
	"<base>", "http://keycloak.example.org:8080",
	"<uuid>", clientID,
	"<secret>", strings.Repeat("k7Qz", 8),
	"<jwt>", strings.Repeat("e", 110)+"."+strings.Repeat("y", 420)+"."+strings.Repeat("J", 86),
)

func wireReply(status int, headers map[string]string, body string) []byte {
	body = plausible.Replace(body)
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", status, http.StatusText(status))
	names := make([]string, 0, len(headers))
	for name := range headers {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, "%s: %s\r\n", name, plausible.Replace(headers[name]))
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body), body)
	return []byte(b.String())
}
