package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestDirectives holds the headings below "Directives" against what the Caddyfile
// parser of each directive takes, and looks for an example below each.
func TestDirectives(t *testing.T) {
	t.Parallel()
	for _, page := range []struct{ document, language, parser string }{
		{readme, fragment, "caddyfile.go"},
		{discovery, whole + " smart_discovery", "internal/discovery/caddyfile.go"},
	} {
		t.Run(page.document, func(t *testing.T) {
			t.Parallel()
			directives(t, page.document, page.language, page.parser)
		})
	}
}

func directives(t *testing.T, document, language, parser string) {
	t.Helper()
	_, section, found := strings.Cut(read(t, document), "\n## Directives\n")
	if !found {
		t.Fatalf("%s has no section Directives", document)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var documented []string
	for _, heading := range firstGroups(`(?m)^### (.*)`, section) {
		name := firstGroups("^`([a-z_]+)", heading)
		if len(name) != 1 {
			t.Fatalf("heading %q does not begin with a subdirective", heading)
		}
		documented = append(documented, name[0])
		example := false
		for _, text := range blocksBelow(t, document, heading, language) {
			example = example || slices.Contains(firstGroups(`(?m)^([a-z_]+)`, text), name[0])
		}
		if !example {
			t.Errorf("%s has no example", name[0])
		}
	}
	sameNames(t, documented, cases(t, parser, "unmarshalSubdirective"))
}

// TestSettings holds the tables below some of the headings against the parser.
func TestSettings(t *testing.T) {
	t.Parallel()
	settings := func(document, heading string) []string {
		_, section, _ := strings.Cut(read(t, document), "\n### `"+heading+" ")
		section, _, _ = strings.Cut(section, "\n### ")
		return firstGroups("(?m)^\\| `([a-z_]+)", section)
	}
	sameNames(t, settings(readme, "initial_access_token"), cases(t, "caddyfile_token.go", "unmarshalJWTSetting"))
	sameNames(t, settings(readme, "scopes"), cases(t, "caddyfile_policy.go", "unmarshalScopeSetting"))
	sameNames(t, settings(readme, "offered"), cases(t, "caddyfile_offered.go", "unmarshalCaddyfile"))
	sameNames(t, settings(readme, "profile"), cases(t, "caddyfile_profile.go", "unmarshalProfileSetting"))
	sameNames(t, settings(readme, "reconcile"), cases(t, "module_reconcile.go", "unmarshalSetting"))
	sameNames(t, settings(discovery, "narrow"), cases(t, "internal/discovery/caddyfile.go", "unmarshalList"))
}

// cases returns the strings that a function's switches know.
func cases(t *testing.T, file, function string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, read(t, file), 0)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, declaration := range parsed.Decls {
		f, ok := declaration.(*ast.FuncDecl)
		if !ok || f.Name.Name != function {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if clause, ok := n.(*ast.CaseClause); ok {
				for _, e := range clause.List {
					name, err := strconv.Unquote(e.(*ast.BasicLit).Value)
					if err != nil {
						t.Fatal(err)
					}
					names = append(names, name)
				}
			}
			return true
		})
	}
	if len(names) == 0 {
		t.Fatalf("%s in %s has no cases", function, file)
	}
	return names
}

// firstGroups returns what a pattern's first group matches, wherever it does.
func firstGroups(pattern, text string) []string {
	var groups []string
	for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		groups = append(groups, match[1])
	}
	return groups
}

// sameNames compares what is documented with what there is, once each.
func sameNames(t *testing.T, documented, existing []string) {
	t.Helper()
	for _, name := range existing {
		if !slices.Contains(documented, name) {
			t.Errorf("%s is not documented", name)
		}
	}
	for i, name := range documented {
		switch {
		case !slices.Contains(existing, name):
			t.Errorf("%s is documented and does not exist", name)
		case slices.Contains(documented[:i], name):
			t.Errorf("%s is documented twice", name)
		}
	}
}
