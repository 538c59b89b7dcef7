package smartregistration

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/caddy-smart/smartregistration/internal/probe"
)

// printReport prints a report as a table, or as JSON.
func printReport(w io.Writer, report *probe.Report, asJSON bool) error {
	text := printable(reportText(report))
	if asJSON {
		var document bytes.Buffer
		encoder := json.NewEncoder(&document)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(report); err != nil {
			return err
		}
		text = document.String()
	}
	_, err := io.WriteString(w, text)
	return err
}

// reportText is a report for a person to read: a line a check, below it what to
// do, and at the end what was left behind.
func reportText(report *probe.Report) string {
	var b strings.Builder
	b.WriteString("gateway: " + report.Gateway + "\n")
	for _, server := range report.Servers {
		b.WriteString("server:  " + server + "\n")
	}
	b.WriteString("\n")
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "CHECK\tVERDICT\tSEEN")
	verdicts := map[probe.Verdict]int{}
	for _, row := range report.Rows {
		verdicts[row.Verdict]++
		fmt.Fprintf(table, "%s\t%s\t%s\n", row.Check, row.Verdict, oneCell(row.Seen))
		if row.Do != "" {
			fmt.Fprintf(table, "\t\tdo: %s\n", oneCell(row.Do))
		}
	}
	_ = table.Flush() // into memory
	fmt.Fprintf(&b, "\npass: %d, warn: %d, fail: %d, unknown: %d\n",
		verdicts[probe.Pass], verdicts[probe.Warn], verdicts[probe.Fail], verdicts[probe.Unknown])
	b.WriteString(leftText(report.Left))
	return b.String()
}

// leftText lists what may have been left behind, "" if nothing was.
func leftText(left []probe.Left) string {
	var b strings.Builder
	if len(left) > 0 {
		b.WriteString("\nThese clients may still be there:\n")
	}
	for _, client := range left {
		id := client.ClientID
		if id == "" {
			id = "(no client_id)"
		}
		fmt.Fprintf(&b, "  %s  %q  at %s", id, client.Name, client.Where)
		if client.Why != "" {
			b.WriteString("\n    " + oneCell(client.Why))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// oneCell keeps a server's words from making rows and columns of their own.
func oneCell(s string) string { return strings.Join(strings.Fields(s), " ") }
