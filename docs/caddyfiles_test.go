package docs_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	_ "github.com/caddyserver/caddy/v2/modules/standard"

	_ "github.com/caddy-smart/smartregistration"
)

// A Caddyfile block is a whole Caddyfile, or lines of a directive's block.
const (
	whole    = "caddyfile"
	fragment = whole + " smart_registration"
)

// shortest is what the block of each directive needs.
var shortest = map[string][]string{
	fragment: {
		"upstream localhost:8180",
		"upstream_path /realms/fhir/clients-registrations/openid-connect",
		"initial_access_token {\n\tpassthrough\n}",
	},
	whole + " smart_discovery": {"registration_endpoint https://auth.example.org/register"},
}

// caddyfiles returns every whole Caddyfile that the project shows to somebody.
func caddyfiles(t *testing.T) []block {
	t.Helper()
	var all []block
	for _, file := range append(glob(t, "testdata/caddyfiles/*.caddyfile"), "Caddyfile.example") {
		all = append(all, block{name: file, text: read(t, file)})
	}
	for _, document := range documents(t) {
		for _, b := range blocks(t, document) {
			if b.language == whole {
				all = append(all, b)
			}
		}
	}
	return all
}

func TestCaddyfiles(t *testing.T) {
	for _, b := range caddyfiles(t) {
		t.Run(b.name, func(t *testing.T) { validate(t, b.text) })
	}
}

func TestFragments(t *testing.T) {
	for _, document := range documents(t) {
		for _, b := range blocks(t, document) {
			switch {
			case shortest[b.language] != nil:
				t.Run(b.name, func(t *testing.T) { validate(t, complete(b)) })
			case strings.HasPrefix(b.language, whole) && b.language != whole:
				t.Errorf("%s: %q is no kind of Caddyfile", b.name, b.language)
			}
		}
	}
}

var lineStart = regexp.MustCompile(`(?m)^(.)`)

// complete makes a Caddyfile of a fragment, with what it lacks.
func complete(fragment block) string {
	lines := fragment.text
	for _, subdirective := range shortest[fragment.language] {
		name, _, _ := strings.Cut(subdirective, " ")
		if !strings.Contains("\n"+fragment.text, "\n"+name+" ") {
			lines += subdirective + "\n"
		}
	}
	_, directive, _ := strings.Cut(fragment.language, " ")
	return ":8080 {\n\t" + directive + " {\n" + lineStart.ReplaceAllString(lines, "\t\t$1") + "\t}\n}\n"
}

// validate does what caddy fmt --diff, caddy adapt and caddy validate do.
func validate(t *testing.T, caddyfile string) {
	t.Helper()
	adapted, warnings, err := adapt(caddyfile)
	if err != nil {
		t.Fatalf("%v\n%s", err, caddyfile)
	}
	for _, warning := range warnings { // one of them: input is not formatted
		t.Errorf("%s\n%s", warning, caddyfile)
	}
	var config caddy.Config
	if err := json.Unmarshal(adapted, &config); err != nil {
		t.Fatal(err)
	}
	config.StorageRaw = storage(t)
	t.Chdir(root)
	if err := caddy.Validate(&config); err != nil {
		t.Errorf("%v\n%s", err, caddyfile)
	}
}

func adapt(caddyfile string) ([]byte, []caddyconfig.Warning, error) {
	return caddyconfig.GetAdapter("caddyfile").Adapt([]byte(caddyfile), map[string]any{"filename": "Caddyfile"})
}

// storage keeps certificates out of the user's directory.
func storage(t *testing.T) json.RawMessage {
	t.Helper()
	return caddyconfig.JSON(map[string]string{"module": "file_system", "root": t.TempDir()}, nil)
}
