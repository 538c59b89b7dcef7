package smartregistration_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/caddy-smart/smartregistration"

// mayImport is who may know whom: for each room, by folder, what its files may
// import beyond the standard library. A pattern that ends in /... covers what
// lies below. A row is changed together with the reason for it.
var mayImport = map[string][]string{
	// The root puts the rooms together. humanize reads sizes as Caddy does, and
	// subcommands of Caddy are cobra's.
	".": {
		module + "/policy", module + "/internal/registration", module + "/internal/smart", module + "/internal/token",
		module + "/internal/upstream", module + "/internal/telemetry", module + "/internal/sandbox",
		module + "/internal/filewatch", module + "/internal/origin", module + "/internal/probe",
		module + "/internal/discovery", module + "/internal/discovery/document",
		"github.com/caddyserver/caddy/v2/...", "go.uber.org/zap/...", "github.com/dustin/go-humanize",
		"github.com/spf13/cobra",
	},
	"cmd/caddy": {module, "github.com/caddyserver/caddy/v2/..."},
	// The pure rooms: anybody can use them, and they know nobody. publicsuffix is
	// the list by which registrable_domain_of tells domains apart; policies are
	// written in YAML too, and jcs is the canonical form that their digest is of. Policies are read by go-json-experiment's json,
	// since the standard library's takes "Rules" for "rules".
	"policy": {
		module + "/internal/registration", module + "/internal/smart",
		"golang.org/x/net/idna", "golang.org/x/net/publicsuffix", "cel.dev/cel-go/...",
		"github.com/gowebpki/jcs", "go.yaml.in/yaml/v3", "github.com/go-json-experiment/json",
	},
	"internal/registration": {"github.com/go-json-experiment/json/jsontext"},
	"internal/smart":        {},
	"internal/filewatch":    {},
	// Apart from the root because it is fuzzed.
	"internal/origin": {},
	// The only room that knows jwx. It reads tokens as strictly as documents, with
	// the same reader. singleflight shares one key fetch.
	"internal/token": {
		module + "/internal/registration", "github.com/lestrrat-go/jwx/v2/...", "golang.org/x/sync/singleflight",
		"github.com/go-json-experiment/json/jsontext",
	},
	// singleflight shares one token request.
	"internal/upstream": {
		module + "/internal/registration", module + "/internal/smart",
		"github.com/caddyserver/caddy/v2/modules/caddyhttp", "golang.org/x/oauth2/...", "golang.org/x/sync/singleflight",
	},
	"internal/telemetry": {
		module + "/internal/registration", "go.uber.org/zap/...", "github.com/prometheus/client_golang/prometheus",
	},
	// registration reads what an operator writes. humanize as above.
	"internal/discovery": {
		module + "/internal/discovery/document", module + "/internal/registration",
		"github.com/caddyserver/caddy/v2/...", "go.uber.org/zap/...", "github.com/dustin/go-humanize",
	},
	// Pure, and apart from Caddy for that: it is fuzzed, and a fuzz target is built
	// together with everything that its package imports.
	"internal/discovery/document": {module + "/internal/smart", "github.com/go-json-experiment/json/jsontext"},
	// A server of its own: it shares nothing with the gateway that it judges.
	"internal/sandbox": {
		"github.com/caddyserver/caddy/v2/...", "go.uber.org/zap/...", "github.com/google/uuid",
	},
	// A client among others, which knows nothing of how the gateway decides: it must
	// judge by what it sees. The dialect is what it holds the server against.
	"internal/probe":        {module + "/internal/registration", module + "/internal/upstream"},
	"internal/keycloaktest": {},
	"internal/contract":     {},
	"internal/clients":      {},
	// A program: it measures the module as it is built, with a load generator and
	// beside a real Keycloak.
	"bench": {
		module, module + "/policy", module + "/internal/smart", module + "/internal/keycloaktest",
		"github.com/caddyserver/caddy/v2/...", "golang.org/x/sync/errgroup", "github.com/tsenart/vegeta/v12/lib",
	},
}

func TestImports(t *testing.T) {
	t.Parallel()
	rooms := map[string]bool{}
	err := filepath.WalkDir(".", func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (strings.HasPrefix(entry.Name(), ".") && file != "." || entry.Name() == "testdata" || isOtherModule(file)):
			return filepath.SkipDir
		case entry.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go"):
			return nil
		}
		room := path.Dir(filepath.ToSlash(file))
		allowed, known := mayImport[room]
		if !known {
			t.Errorf("%s: the room %s is not in the table", file, room)
			return nil
		}
		rooms[room] = true
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if !isStandard(imported) && !covered(allowed, imported) {
				t.Errorf("%s: %s may not import %s", file, room, imported)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for room := range mayImport {
		if !rooms[room] {
			t.Errorf("the table has a row for %s, which has no files", room)
		}
	}
}

// isOtherModule: tools and examples are modules of their own.
func isOtherModule(directory string) bool {
	_, err := os.Stat(filepath.Join(directory, "go.mod"))
	return directory != "." && err == nil
}

// isStandard: only the standard library's paths begin without a domain.
func isStandard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".")
}

func covered(allowed []string, imported string) bool {
	for _, pattern := range allowed {
		base, below := strings.CutSuffix(pattern, "/...")
		if imported == base || (below && strings.HasPrefix(imported, base+"/")) {
			return true
		}
	}
	return false
}
