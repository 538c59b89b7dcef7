package main

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
)

//go:embed plot.svg.tmpl
var plotTemplate string

// bar is one line of a plot. A line in it goes from the smallest to the largest.
type bar struct {
	label string
	value Spread
	ours  bool // coloured
}

// plot draws bars, each with its median, as SVG.
func plot(w io.Writer, title string, decimals int, bars []bar) error {
	const top, step, left, right = 40, 24, 160, 640
	longest := 0.0
	for _, b := range bars {
		longest = max(longest, b.value.Max)
	}
	type row struct {
		Label, Value, Colour   string
		Top, Text, Middle      int
		Width, From, To, After float64
	}
	scale := func(v float64) float64 { return (right - left) * max(v, 0) / max(longest, 1e-9) }
	rows := make([]row, len(bars))
	for i, b := range bars {
		y := top + i*step
		rows[i] = row{
			Label: b.label, Value: fmt.Sprintf("%.*f", decimals, b.value.Median), Colour: "#9aa5b1",
			Top: y, Text: y + 13, Middle: y + 8,
			Width: scale(b.value.Median), From: left + scale(b.value.Min), To: left + scale(b.value.Max),
			After: left + scale(b.value.Max) + 8,
		}
		if b.ours {
			rows[i].Colour = "#3b7dd8"
		}
	}
	svg, err := template.New("plot").Parse(plotTemplate)
	if err != nil {
		return err
	}
	return svg.Execute(w, struct {
		Title  string
		Height int
		Rows   []row
	}{title, top + len(bars)*step + 12, rows})
}
