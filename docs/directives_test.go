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

// TestDirectives holds README's headings against what the Caddyfile parser
// takes, and looks for an example below each.
func TestDirectives(t *testing.T) {
	t.Parallel()
	_, section, _ := strings.Cut(read(t, readme), "\n## Directives\n")
	section, _, found := strings.Cut(section, "\n## ")
	if !found {
		t.Fatal("README.md has no section Directives")
	}
	var documented []string
	for _, heading := range firstGroups(`(?m)^### (.*)`, section) {
		name := firstGroups("^`([a-z_]+)", heading)
		if len(name) != 1 {
			t.Fatalf("heading %q does not begin with a subdirective", heading)
		}
		documented = append(documented, name[0])
		example := false
		for _, text := range blocksBelow(t, readme, heading, fragment) {
			example = example || slices.Contains(firstGroups(`(?m)^([a-z_]+)`, text), name[0])
		}
		if !example {
			t.Errorf("%s has no example", name[0])
		}
	}
	sameNames(t, documented, cases(t, "caddyfile.go", "unmarshalSubdirective"))
}

// TestSettings holds the tables below four of the headings against the parser.
func TestSettings(t *testing.T) {
	t.Parallel()
	settings := func(heading string) []string {
		_, section, _ := strings.Cut(read(t, readme), "\n### `"+heading+" ")
		section, _, _ = strings.Cut(section, "\n### ")
		return firstGroups("(?m)^\\| `([a-z_]+)", section)
	}
	sameNames(t, settings("initial_access_token"), cases(t, "caddyfile_token.go", "unmarshalJWTSetting"))
	sameNames(t, settings("scopes"), cases(t, "caddyfile_policy.go", "unmarshalScopes"))
	sameNames(t, settings("offered"), cases(t, "caddyfile_offered.go", "unmarshalCaddyfile"))
	sameNames(t, settings("profile"), cases(t, "caddyfile_profile.go", "unmarshalProfileSetting"))
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
