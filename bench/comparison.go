package main

// Pair is one measurement of each of two things, made one after the other.
type Pair struct {
	Round   int     `json:"round"`
	Subject float64 `json:"subject"`
	Base    float64 `json:"base"`
}

// Comparison is what several pairs say. Whoever comes first changes with every
// round, so that being second costs neither.
type Comparison struct {
	Name    string `json:"name"`
	Subject Spread `json:"subject"`
	Base    Spread `json:"base"`
	// Ratio is subject divided by base within a round.
	Ratio  Spread `json:"ratio"`
	Rounds []Pair `json:"rounds"`
}

func compare(name string, pairs []Pair) Comparison {
	over := func(value func(Pair) float64) Spread {
		values := make([]float64, len(pairs))
		for i, p := range pairs {
			values[i] = value(p)
		}
		return spreadOf(values)
	}
	return Comparison{
		Name:    name,
		Subject: over(func(p Pair) float64 { return p.Subject }),
		Base:    over(func(p Pair) float64 { return p.Base }),
		Ratio:   over(func(p Pair) float64 { return p.Subject / p.Base }),
		Rounds:  pairs,
	}
}

// alternate measures both, in turns A B, B A, A B and so on.
func alternate(name string, rounds int, subject, base func() (float64, error)) (Comparison, error) {
	pairs := make([]Pair, 0, rounds)
	for round := 1; round <= rounds; round++ {
		p := Pair{Round: round}
		order := []struct {
			measured *float64
			measure  func() (float64, error)
		}{{&p.Subject, subject}, {&p.Base, base}}
		if round%2 == 0 {
			order[0], order[1] = order[1], order[0]
		}
		for _, one := range order {
			var err error
			if *one.measured, err = one.measure(); err != nil {
				return Comparison{}, err
			}
		}
		pairs = append(pairs, p)
	}
	return compare(name, pairs), nil
}
