package contract

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/keycloaktest"
	"github.com/caddy-smart/smartregistration/internal/upstream"
)

var update = flag.Bool("update", false, "write what the servers show into docs/compatibility.md")

const (
	compatibilityPage = "../../docs/compatibility.md"
	alike             = "Every server"
)

// comparePage holds what was seen of one server against the page, or writes it
// there.
func comparePage(t *testing.T, server string, seen map[string]string) {
	t.Helper()
	told := readPage(t)
	if *update {
		told[server] = seen
		writePage(t, told)
		return
	}
	if told[server] == nil {
		t.Fatalf("%s has nothing of %s: %s", compatibilityPage, server, howToUpdate)
	}
	for _, row := range compatibilityRows {
		if seen[row.does] != told[server][row.does] {
			t.Errorf("%s: a caller that %s sees %q; the page says %q: %s",
				server, row.does, seen[row.does], told[server][row.does], howToUpdate)
		}
	}
}

const howToUpdate = "is it meant? then go test ./internal/contract/ -run 'TestKeycloak|TestOIDCProvider|TestQuirkTable' -timeout 60m -args -update"

// TestQuirkTable holds the page against the dialect's table.
func TestQuirkTable(t *testing.T) {
	if *update {
		writePage(t, readPage(t))
		return
	}
	page, err := os.ReadFile(compatibilityPage)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), quirkTable(t)) {
		t.Errorf("%s does not have the table of quirks as it is: %s", compatibilityPage, howToUpdate)
	}
}

// readPage takes the page's tables apart: server, what a caller does, what it sees.
func readPage(t *testing.T) map[string]map[string]string {
	t.Helper()
	told := make(map[string]map[string]string)
	page, err := os.ReadFile(compatibilityPage)
	if err != nil {
		return told
	}
	var servers []string
	for line := range strings.Lines(string(page)) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "| ") {
			if !strings.HasPrefix(line, "|") { // as the line below a table's head does
				servers = nil
			}
			continue
		}
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		switch {
		case cells[0] == "A caller that":
			servers = cells[1:]
			for _, server := range servers {
				if told[server] == nil {
					told[server] = make(map[string]string)
				}
			}
		case len(servers) == len(cells)-1:
			for i, server := range servers {
				told[server][cells[0]] = strings.ReplaceAll(strings.Trim(cells[i+1], "`"), "&#124;", "|")
			}
		}
	}
	everywhere := told[alike]
	delete(told, alike)
	for _, server := range pageServers(t) {
		for does, sees := range everywhere {
			if told[server] != nil {
				told[server][does] = sees
			}
		}
	}
	return told
}

// pageServers are the page's columns.
func pageServers(t *testing.T) []string {
	t.Helper()
	var servers []string
	for _, version := range slices.Backward(keycloaktest.Versions) {
		servers = append(servers, "Keycloak "+version)
	}
	return append(servers, "oidc-provider "+oidcProviderVersion(t))
}

func writePage(t *testing.T, told map[string]map[string]string) {
	t.Helper()
	servers := pageServers(t)
	var same, other strings.Builder
	fmt.Fprintf(&same, "| A caller that | %s |\n|---|---|\n", alike)
	fmt.Fprintf(&other, "| A caller that | %s |\n|---%s|\n", strings.Join(servers, " | "), strings.Repeat("|---", len(servers)))
	for _, row := range compatibilityRows {
		cells := make([]string, len(servers))
		for i, server := range servers {
			cells[i] = "`" + strings.ReplaceAll(told[server][row.does], "|", "&#124;") + "`"
		}
		if len(slices.Compact(slices.Clone(cells))) == 1 {
			fmt.Fprintf(&same, "| %s | %s |\n", row.does, cells[0])
		} else {
			fmt.Fprintf(&other, "| %s | %s |\n", row.does, strings.Join(cells, " | "))
		}
	}
	page := fmt.Sprintf(pageText, same.String(), other.String(), quirkTable(t))
	if err := os.WriteFile(compatibilityPage, []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
}

// pageText is the page around its tables.
const pageText = `# What callers see, by authorization server

This page is written by the contract suite, which runs the same requests through the gateway on each of these servers; a
run that sees anything else fails. To write it anew:

` + "```text" + `
go test ./internal/contract/ -run 'TestKeycloak|TestOIDCProvider|TestQuirkTable' -timeout 60m -args -update
` + "```" + `

A cell is the status, and the error code with rule and place of each violation, or some members of the answer. Where no
more is said the configuration is the shortest, in front of a realm or provider that has the SMART scopes of the presets.

## The same on every server

%s
## What differs

%s
## What is peculiar to Keycloak

What the gateway does about it, by name. *Counted* are those of which each time that something is done is logged
(` + "`quirks`" + ` of the decision) and counted (` + "`caddy_smart_registration_quirks_total`" + `). *Prevented* are those that nothing which
is sent on brings about. *Open* are those that nothing can make up for. The evidence is an exchange with each of the four
versions, in testdata/exchanges, by its name there; a test replays it.

%s`

// quirkTable is the dialect's table.
func quirkTable(t *testing.T) string {
	t.Helper()
	dialect, err := upstream.Named("keycloak")
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	table.WriteString("| Quirk | Versions | | What is done | Evidence |\n|---|---|---|---|---|\n")
	for _, q := range dialect.Quirks {
		kind := "counted"
		switch {
		case q.Prevented:
			kind = "prevented"
		case q.Open:
			kind = "open"
		}
		evidence := "`" + q.Evidence + "`"
		if q.Evidence == "" {
			evidence = q.Source
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s | %s |\n", q.Name, q.Versions, kind, q.Effect, evidence)
	}
	return table.String()
}

// short is a value as a reader of the page would write it.
func short(v any) string {
	array, ok := v.([]any)
	if !ok {
		return fmt.Sprintf("%v", v)
	}
	values := make([]string, len(array))
	for i, value := range array {
		values[i] = fmt.Sprintf("%v", value)
	}
	return "[" + strings.Join(values, " ") + "]"
}
