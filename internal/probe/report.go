package probe

import "strconv"

// Verdict is what a check thinks of what it saw.
type Verdict string

// The verdicts.
const (
	Pass    Verdict = "pass"
	Warn    Verdict = "warn"    // works, and should be otherwise
	Fail    Verdict = "fail"    // is wrong, or open
	Unknown Verdict = "unknown" // cannot be seen from here
)

// Row is what one check found.
type Row struct {
	Check   string  `json:"check"`
	Verdict Verdict `json:"verdict"`
	Seen    string  `json:"seen"`
	Do      string  `json:"do,omitempty"` // what to do about it; "" if nothing
}

// Left is a client that may have been left behind.
type Left struct {
	// ClientID is the client's; "" where no answer named one.
	ClientID string `json:"client_id,omitempty"`
	// Name is its client_name, or what a client of another kind is called by.
	Name string `json:"client_name"`
	// Where it was registered: a URL.
	Where string `json:"where"`
	// Why it is still there.
	Why string `json:"why"`
}

// Report is what a probe found.
type Report struct {
	Gateway string   `json:"gateway"`
	Servers []string `json:"servers"`
	Rows    []Row    `json:"rows"`
	Left    []Left   `json:"left"`
}

// Good tells that nothing failed.
func (r *Report) Good() bool {
	for _, row := range r.Rows {
		if row.Verdict == Fail {
			return false
		}
	}
	return true
}

// finding is a row without its name; the zero value makes no row.
type finding struct {
	verdict  Verdict
	seen, do string
}

func pass(seen string) finding       { return finding{verdict: Pass, seen: seen} }
func warn(seen, do string) finding   { return finding{Warn, seen, do} }
func failed(seen, do string) finding { return finding{Fail, seen, do} }
func unknown(seen string) finding    { return finding{verdict: Unknown, seen: seen} }

// count is a number of things.
func count(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return strconv.Itoa(n) + " " + thing
}
