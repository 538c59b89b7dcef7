package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

const operatorsPage = "../docs/performance.md"

// The page for operators says what the last run measured.
func TestOperatorsPage(t *testing.T) {
	t.Parallel()
	results, err := readResults(".")
	if err != nil {
		t.Fatal(err)
	}
	page := content(t, operatorsPage)
	updated, err := results.updatePage(page)
	if err != nil {
		t.Fatal(err)
	}
	if updated != page {
		t.Errorf("%s has other figures than %s: go run ./bench -render writes them", operatorsPage, resultsFile)
	}
}

// And so does the bench's own, with its plots.
func TestReport(t *testing.T) {
	t.Parallel()
	results, err := readResults(".")
	if err != nil {
		t.Fatal(err)
	}
	var page strings.Builder
	if err := results.fill(&page, readme); err != nil {
		t.Fatal(err)
	}
	if page.String() != content(t, "README.md") {
		t.Errorf("README.md is not what comes of %s: go run ./bench -render writes it", resultsFile)
	}
	for _, p := range results.plots() {
		var svg strings.Builder
		if err := plot(&svg, p.title, p.decimals, p.bars); err != nil {
			t.Fatal(err)
		}
		if svg.String() != content(t, "results/"+p.file) {
			t.Errorf("%s is not what comes of %s", p.file, resultsFile)
		}
	}
}

// The metrics that operators are told to watch are there.
func TestOperatorsPageMetrics(t *testing.T) {
	t.Parallel()
	telemetry := content(t, "../internal/telemetry/doc.go")
	outcomes := content(t, "../internal/telemetry/metrics.go")
	page := content(t, operatorsPage)
	names := regexp.MustCompile(`caddy_smart_registration_\w+`).FindAllString(page, -1)
	if len(names) == 0 {
		t.Fatal("the page names no metric")
	}
	for _, name := range names {
		if !strings.Contains(telemetry, name) {
			t.Errorf("there is no metric %s", name)
		}
	}
	for _, outcome := range regexp.MustCompile(`outcome="(\w+)"`).FindAllStringSubmatch(page, -1) {
		if !strings.Contains(outcomes, `"`+outcome[1]+`"`) {
			t.Errorf("there is no outcome %s", outcome[1])
		}
	}
}

func content(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
