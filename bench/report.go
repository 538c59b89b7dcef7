package main

import (
	_ "embed"
	"fmt"
	"io"
	"text/tabwriter"
	"text/template"
)

//go:embed README.md.tmpl
var readme string

// report writes the page.
func (r *Results) report(w io.Writer) error {
	page, err := template.New("README.md").Funcs(template.FuncMap{
		"spread": func(decimals int, s Spread) string { return s.format(decimals) },
		"number": func(decimals int, v float64) string { return fmt.Sprintf("%.*f", decimals, v) },
		"micro":  func(nanoseconds float64) float64 { return nanoseconds / 1000 },
		"bare":   func(f Figure) bool { return f.Scenario == bare },
	}).Parse(readme)
	if err != nil {
		return err
	}
	return page.Execute(w, struct {
		*Results
		Connections int
	}{r, connections})
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
	return table.Flush()
}
