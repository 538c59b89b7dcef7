package clients

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table in docs/clients.md anew")

const document = "../../docs/clients.md"

// table is what each client got from Keycloak alone and through the gateway.
type table struct {
	rows []string
}

const extension = "an extension member"

// asked are the registrations to compare, each with what it has that matters.
var asked = []struct {
	what     string
	metadata map[string]any
}{
	{"members of RFC 7591 alone", app()},
	{"`openid` in `scope`", with(app(), "scope", "openid "+app()["scope"].(string))},
	{extension, with(app(), "example_tier", "gold")},
	{"a wildcard in a redirect URI", with(app(), "redirect_uris", []any{"https://client.example.org/*"})},
}

// add measures a client: register makes one registration. A client that sends
// only the members that it knows has nothing to ask with an extension.
func (m *table) add(t *testing.T, client string, extensions bool, alone, gateway place, register func(*testing.T, place, map[string]any) result) {
	t.Helper()
	for _, a := range asked {
		if a.what == extension && !extensions {
			continue
		}
		cells := []string{client, a.what}
		for _, at := range []place{alone, gateway} {
			cells = append(cells, outcome(register(t, at, a.metadata), a.metadata))
		}
		m.rows = append(m.rows, "| "+strings.Join(cells, " | ")+" |")
	}
}

// outcome is what a client has of a registration, in words.
func outcome(r result, metadata map[string]any) string {
	if r.Refused != nil {
		said := r.Refused.Error
		if code := regexp.MustCompile(`\[([a-z_]+)\]`).FindStringSubmatch(r.Refused.Message); said == "" && code != nil {
			said = code[1] // as kcreg.sh prints it
		}
		if code := regexp.MustCompile(`"error":"([a-z_]+)"`).FindStringSubmatch(r.Refused.Message); said == "" && code != nil {
			return "refused: `" + code[1] + "`, in the text of another error" // the library does not read it
		}
		said, _, _ = strings.Cut(said, ". ")
		return "refused: `" + said + "`"
	}
	var missing, differ []string
	for _, name := range slices.Sorted(maps.Keys(metadata)) {
		got, there := r.Registered[name]
		switch {
		case !there || got == "":
			missing = append(missing, "`"+name+"`")
		case !same(name, got, metadata[name]):
			differ = append(differ, "`"+name+"`")
		}
	}
	said := "registered"
	if missing != nil {
		said += ", without " + strings.Join(missing, ", ")
	}
	if differ != nil {
		said += ", with another " + strings.Join(differ, ", ")
	}
	return said
}

// same compares a member; scope is a set.
func same(name string, got, want any) bool {
	if name != "scope" {
		return reflect.DeepEqual(got, want)
	}
	words := func(v any) []string {
		s, _ := v.(string)
		return slices.Sorted(slices.Values(strings.Fields(s)))
	}
	return slices.Equal(words(got), words(want))
}

// compare holds the document to what was measured.
func (m *table) compare(t *testing.T) {
	t.Helper()
	content, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	const head = "| client | asks for | Keycloak alone | through the gateway |\n|---|---|---|---|\n"
	before, rest, found := strings.Cut(string(content), head)
	if !found {
		t.Fatalf("%s has no table with the head\n%s", document, head)
	}
	written := regexp.MustCompile(`^(\|.*\n)*`).FindString(rest)
	measured := strings.Join(m.rows, "\n") + "\n"
	if written == measured {
		return
	}
	if *update {
		if err := os.WriteFile(document, []byte(before+head+measured+rest[len(written):]), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("%s has\n%s%s", document, written, fmt.Sprintf("and measured was\n%s", measured))
}
