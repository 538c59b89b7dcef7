package main

import "time"

// plan is how often and how long each thing is measured.
type plan struct {
	rounds   int           // of scenarios
	duration time.Duration // of each

	deciding  int    // rounds of decisions
	benchtime string // and how long one takes

	floodRounds int
	floodFor    time.Duration

	memoryFor time.Duration
	uploads   int

	coldStarts int

	wrkRounds int

	warmUp         time.Duration // of a real Keycloak, for each request
	keycloakRounds int
	keycloakFor    time.Duration // registrations
	keycloakOpen   time.Duration // at a constant rate
	refuseFor      time.Duration
	keycloakFloods int
}

// full is what is published.
func full(rounds int, duration time.Duration) plan {
	return plan{
		rounds: rounds, duration: duration,
		deciding: 7, benchtime: "400ms",
		floodRounds: 11, floodFor: 4 * time.Second,
		memoryFor: 5 * time.Second, uploads: 2000,
		coldStarts: 61,
		wrkRounds:  7,
		warmUp:     5 * time.Second, keycloakRounds: 20,
		keycloakFor: 2 * time.Second, keycloakOpen: 1500 * time.Millisecond, refuseFor: 400 * time.Millisecond,
		keycloakFloods: 3,
	}
}

// once is everything once and as short as can be: whether it works.
func once() plan {
	const short = 100 * time.Millisecond
	return plan{
		rounds: 1, duration: short,
		deciding: 1, benchtime: "1x",
		floodRounds: 1, floodFor: 2 * short,
		memoryFor: 3 * short, uploads: 50,
		coldStarts: 1,
		wrkRounds:  1,
		warmUp:     short, keycloakRounds: 1,
		keycloakFor: short, keycloakOpen: 3 * short, refuseFor: short,
		keycloakFloods: 1,
	}
}
