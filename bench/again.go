package main

// Again is what the run before this one found of the same figures.
type Again struct {
	Command string   `json:"command"`
	Date    string   `json:"date"`
	Figures []Repeat `json:"figures"`
}

// Repeat is one ratio in two runs.
type Repeat struct {
	Figure string `json:"figure"`
	Now    Spread `json:"now"`
	Before Spread `json:"before"`
	// Agree: each median lies within the spread of the other run.
	Agree bool `json:"agree"`
}

// repeats compares two runs, as far as both measured the same.
func (r *Results) repeats(before *Results) *Again {
	known := before.spreads()
	a := &Again{Command: before.Command, Date: before.Environment.Date}
	for _, s := range r.spreads() {
		for _, b := range known {
			if b.Figure == s.Figure {
				a.Figures = append(a.Figures, Repeat{s.Figure, s.Now, b.Now, s.Now.holds(b.Now.Median) && b.Now.holds(s.Now.Median)})
			}
		}
	}
	return a
}

// spreads are those of all ratios that were measured in rounds.
func (r *Results) spreads() []Repeat {
	var all []Repeat
	for _, f := range r.Figures {
		if f.Against != "" {
			all = append(all, Repeat{Figure: f.Scenario, Now: f.Ratio})
		}
	}
	for _, c := range append(r.comparisons(), r.floods()...) {
		all = append(all, Repeat{Figure: c.Name, Now: c.Ratio})
	}
	return all
}

// holds tells whether a value lies within the spread.
func (s Spread) holds(v float64) bool { return s.Min <= v && v <= s.Max }
