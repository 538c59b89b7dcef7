package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// A plot is well-formed XML, whatever the labels, and a bar is as long as its
// figure says.
func TestPlot(t *testing.T) {
	t.Parallel()
	var svg bytes.Buffer
	bars := []bar{{"a<b & c", Spread{2, 1, 4}, true}, {"none", Spread{}, false}, {"less than nothing", Spread{-1, -2, 0}, false}}
	if err := plot(&svg, `what's "it"?`, 1, bars); err != nil {
		t.Fatal(err)
	}
	text := svg.String()
	var rects []string
	for decoder := xml.NewDecoder(&svg); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if element, ok := token.(xml.StartElement); ok && element.Name.Local == "rect" {
			for _, a := range element.Attr {
				if a.Name.Local == "width" {
					rects = append(rects, a.Value)
				}
			}
		}
	}
	if got, want := strings.Join(rects, " "), "100% 240.0 0.0 0.0"; got != want {
		t.Errorf("widths %s, want %s\n%s", got, want, text)
	}
}

// Nothing was measured: the pages can be written all the same.
func TestPlotOfNothing(t *testing.T) {
	t.Parallel()
	for _, p := range new(Results).plots() {
		if err := plot(io.Discard, p.title, p.decimals, p.bars); err != nil {
			t.Error(err)
		}
	}
}
