package main

import (
	"bytes"
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"text/template"
)

var (
	//go:embed README.md.tmpl
	readme string
	//go:embed expect.md.tmpl
	expect string
)

// pages are all that is written for readers, by the file in the module: the
// bench's own page, its plots, and the page for operators with new figures.
func (r *Results) pages(root string) (map[string]string, error) {
	pages := make(map[string]string)
	var page bytes.Buffer
	if err := r.fill(&page, readme); err != nil {
		return nil, err
	}
	pages[filepath.Join("bench", "README.md")] = page.String()
	for _, p := range r.plots() {
		var svg bytes.Buffer
		if err := plot(&svg, p.title, p.decimals, p.bars); err != nil {
			return nil, err
		}
		pages[filepath.Join("bench", "results", p.file)] = svg.String()
	}
	operators := filepath.Join("docs", "performance.md")
	content, err := os.ReadFile(filepath.Clean(filepath.Join(root, operators)))
	if err != nil {
		return nil, err
	}
	pages[operators], err = r.updatePage(string(content))
	return pages, err
}

// The figures in the page for operators stand between these lines.
const (
	figuresBegin = "<!-- figures: written by go run ./bench -->\n"
	figuresEnd   = "<!-- end of figures -->\n"
)

// updatePage puts the figures into the page for operators.
func (r *Results) updatePage(page string) (string, error) {
	before, rest, found := strings.Cut(page, figuresBegin)
	_, after, ended := strings.Cut(rest, figuresEnd)
	if !found || !ended {
		return "", errors.New("there is no place for the figures")
	}
	var figures bytes.Buffer
	if err := r.fill(&figures, expect); err != nil {
		return "", err
	}
	return before + figuresBegin + figures.String() + figuresEnd + after, nil
}

// fill writes a page.
func (r *Results) fill(w io.Writer, text string) error {
	page, err := template.New("page").Funcs(template.FuncMap{
		"spread":   func(decimals int, s Spread) string { return s.format(decimals) },
		"number":   func(decimals int, v float64) string { return fmt.Sprintf("%.*f", decimals, v) },
		"micro":    func(nanoseconds float64) float64 { return nanoseconds / 1000 },
		"mebibyte": func(bytes float64) string { return fmt.Sprintf("%.1f", bytes/mebibyte) },
		"kibibyte": func(bytes float64) string { return fmt.Sprintf("%.0f", bytes/1024) },
		"less":     func(a, b float64) float64 { return a - b },
		"over":     func(a float64, b int) float64 { return a / float64(b) },
		"figure":   r.named,
	}).Parse(text)
	if err != nil {
		return err
	}
	return page.Execute(w, struct {
		*Results
		Connections, KeycloakRate, FloodRate, SteadyRate, AttackWorkers int
		AllocationsCommand                                              string
	}{r, connections, keycloakRate, floodRate, steadyRate, attackWorkers, strings.Join(allocationsCommand, " ")})
}

// named is the figure of a scenario; nil if it was not measured.
func (r *Results) named(scenario string) *Figure {
	for i := range r.Figures {
		if r.Figures[i].Scenario == scenario {
			return &r.Figures[i]
		}
	}
	return nil
}

// print writes the figures for a terminal.
func (r *Results) print(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "scenario\tratio\trequests/s\tCPU µs\tadded µs\tupstream µs\tgenerator µs\tcores busy\t")
	for _, f := range r.Figures {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%.1f\t%.1f\t%.2f\t\n", f.Scenario,
			f.Ratio.format(2), f.Throughput.format(0), f.CPU.format(1), f.CPUAdded.format(1),
			f.CPUUpstream.Median, f.CPUGenerator.Median, f.Busy.Median)
	}
	fmt.Fprintln(table, "decision\tagainst JSON\tµs\tallocations\t")
	for _, d := range r.Deciding {
		fmt.Fprintf(table, "%s\t%.3f\t%.2f\t%.0f\t\n", d.Case, d.AgainstJSON, d.Nanoseconds/1000, d.Allocations)
	}
	fmt.Fprintln(table, "comparison\tratio\tsubject\tbase\t")
	for _, c := range append(r.comparisons(), r.floods()...) {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t\n", c.Name, c.Ratio.format(2), c.Subject.format(2), c.Base.format(2))
	}
	for _, peer := range r.Environment.Peers {
		if peer.Version == "" {
			fmt.Fprintf(table, "%s\tis not on this machine, left out\t\n", peer.Name)
		}
	}
	return table.Flush()
}

// printTargets writes what is asked and what was measured.
func (r *Results) printTargets(w io.Writer) {
	for _, t := range r.Targets {
		fmt.Fprintf(w, "%s: asked %s, measured %s, met: %s\n", t.Figure, t.Asked, cmp.Or(t.Measured, "nothing"), cmp.Or(t.Met, "not known"))
	}
}
