// Package docs_test holds README.md and docs/*.md to what they say: every
// Caddyfile in them is formatted, adapts and validates, every subdirective and
// every rule is listed, what is shown as an answer is what comes back, nothing
// that a Caddyfile exposes leads around the gateway, and registered apps get from
// Keycloak the tokens that are described, and no others.
package docs_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// root is the project's directory; files are named from there, as in the
// documents.
const root = ".."

const (
	readme    = "README.md"
	discovery = "docs/discovery.md"
)

func documents(t *testing.T) []string {
	t.Helper()
	return append(glob(t, "docs/*.md"), readme)
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := fs.Glob(os.DirFS(root), pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	return files
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// block is a fenced code block.
type block struct {
	name     string // where it stands
	heading  string // the one that it stands below
	language string // all that is written behind the fence
	text     string
}

var fence = regexp.MustCompile("^\\s*```")

// blocks returns a document's fenced code blocks.
func blocks(t *testing.T, document string) []block {
	t.Helper()
	var (
		all     []block
		open    *block
		heading string
	)
	for i, line := range strings.SplitAfter(read(t, document), "\n") {
		switch {
		case open == nil && fence.MatchString(line):
			open = &block{
				name:     fmt.Sprintf("%s:%d", document, i+1),
				heading:  heading,
				language: strings.Trim(line, "` \n"),
			}
		case open != nil && fence.MatchString(line):
			all = append(all, *open)
			open = nil
		case open != nil:
			open.text += line
		case strings.HasPrefix(line, "#"):
			heading = strings.Trim(line, "# \n")
		}
	}
	if open != nil {
		t.Fatalf("%s: the fence is not closed", open.name)
	}
	return all
}

// blocksBelow returns the blocks of a language that stand below a heading.
func blocksBelow(t *testing.T, document, heading, language string) []string {
	t.Helper()
	var texts []string
	for _, b := range blocks(t, document) {
		if b.heading == heading && b.language == language {
			texts = append(texts, b.text)
		}
	}
	if len(texts) == 0 {
		t.Fatalf("%s has no block marked %s below %q", document, language, heading)
	}
	return texts
}
