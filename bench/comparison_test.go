package main

import (
	"slices"
	"testing"
)

func TestAlternate(t *testing.T) {
	t.Parallel()
	var order []string
	value := func(name string, values ...float64) func() (float64, error) {
		return func() (float64, error) {
			order = append(order, name)
			v := values[0]
			values = values[1:]
			return v, nil
		}
	}
	c, err := alternate("x", 3, value("A", 10, 4, 9), value("B", 5, 4, 3))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"A", "B", "B", "A", "A", "B"}; !slices.Equal(order, want) {
		t.Errorf("measured in the order %v, want %v", order, want)
	}
	if c.Ratio != (Spread{2, 1, 3}) || c.Subject != (Spread{9, 4, 10}) || c.Base != (Spread{4, 3, 5}) {
		t.Errorf("%+v", c)
	}
}
