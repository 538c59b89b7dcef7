package main

// summarize works the figures out of what was measured.
func (r *Results) summarize(all []scenario) {
	for _, s := range all {
		r.Figures = append(r.Figures, r.figure(s))
	}
	r.ratios()
	r.Targets = r.targets()
}

func (r *Results) figure(s scenario) Figure {
	over := func(value func(m, base Round) float64) Spread { return r.over(s, value) }
	return Figure{
		Scenario: s.name, Meaning: s.meaning, Against: s.against,
		Ratio:        over(func(m, base Round) float64 { return m.Throughput / base.Throughput }),
		Throughput:   over(func(m, _ Round) float64 { return m.Throughput }),
		CPU:          over(func(m, _ Round) float64 { return m.CPU }),
		CPUAdded:     over(func(m, base Round) float64 { return m.CPU - base.CPU }),
		CPUUpstream:  over(func(m, _ Round) float64 { return m.CPUUpstream }),
		CPUGenerator: over(func(m, _ Round) float64 { return m.CPUGenerator }),
		Busy:         over(func(m, _ Round) float64 { return m.CPU * m.Throughput / 1e6 }),
	}
}

// over goes through the measurements of a scenario, each with that of the other
// one beside it. What others are compared with is compared with itself.
func (r *Results) over(s scenario, value func(m, base Round) float64) Spread {
	base := make(map[int]Round)
	for _, m := range r.Rounds {
		if m.Scenario == s.against && m.Beside == s.name {
			base[m.Round] = m
		}
	}
	var values []float64
	for _, m := range r.Rounds {
		switch {
		case m.Scenario != s.name:
		case s.against == "":
			values = append(values, value(m, m))
		case m.Beside == s.name:
			values = append(values, value(m, base[m.Round]))
		}
	}
	return spreadOf(values)
}

// ratios are the medians of what was measured. Growth is the cost of the larger
// against that of the smaller.
func (r *Results) ratios() {
	r.Ratios = make(map[string]float64)
	keep := func(name string, ratio float64) { r.Ratios[name] = rounded(ratio, 3) }
	for _, f := range r.Figures {
		if f.Against != "" {
			keep(f.Scenario, f.Ratio.Median)
		}
	}
	if many := r.named(es256Many); many != nil {
		keep("jwks_growth", 1/many.Ratio.Median)
	}
	cost := make(map[string]float64)
	for _, d := range r.Deciding {
		cost[d.Case] = d.Nanoseconds
	}
	if len(cost) > 0 {
		keep("policy_growth", cost["decide_hosts"]/cost["decide"])
		keep("scope_growth", cost["decide_offered_many"]/cost["decide_offered"])
		keep("narrow_growth", cost["narrow_realm"]/cost["narrow"])
	}
	for _, c := range r.comparisons() {
		keep(c.Name, c.Ratio.Median)
	}
	if r.Keycloak != nil {
		keep("keycloak_flood_p99", r.Keycloak.Flood.P99.Ratio.Median)
	}
	for _, c := range r.floods() {
		keep(c.Name+"_p99", c.Ratio.Median)
	}
}

// floods are those at the measured Caddy.
func (r *Results) floods() []Comparison {
	var all []Comparison
	for _, f := range []*Flood{r.Flood, r.FloodOneCore, r.FloodBeside} {
		if f != nil {
			all = append(all, f.P99)
		}
	}
	return all
}

// comparisons are those that were made, beside the rounds of scenarios.
func (r *Results) comparisons() []Comparison {
	var all []Comparison
	if k := r.Keycloak; k != nil {
		all = append(all, k.Registrations, k.P50, k.RefuseToken, k.RefusePolicy)
	}
	for _, c := range []*Comparison{r.ColdStart, r.CrossCheck} {
		if c != nil {
			all = append(all, *c)
		}
	}
	return all
}
