package main

import (
	"fmt"
	"testing"

	"github.com/caddy-smart/smartregistration/internal/smart"
)

// scopes are the algebra of scopes by itself: reading scopes that were asked
// for and keeping what a set allows of them. Sets are made once, when a policy is
// loaded.
func scopes() []decidingCase {
	allowed, asked := smart.Parse("patient/*.cruds?category=laboratory"), smart.Parse("patient/Observation.rs?category=laboratory")
	cases := append(make([]decidingCase, 0, 4), decidingCase{
		name: "covers", meaning: "whether one scope covers another, both read before",
		measured: func(b *testing.B) {
			for b.Loop() {
				smart.Covers(allowed, asked)
			}
		},
	})
	realm := realmScopes()
	for _, c := range []struct {
		name           string
		asked, allowed int
	}{{"narrow_few", 10, 20}, {"narrow", 40, 200}, {"narrow_realm", 40, len(realm)}} {
		// Every other scope that is asked for has a letter more than is allowed.
		set, wanted := smart.NewSet(realm[:c.allowed]), make([]string, c.asked)
		for i := range wanted {
			wanted[i] = realm[i*c.allowed/c.asked%200]
			if i%2 == 0 {
				wanted[i] = fmt.Sprintf("patient/%s.cruds", typeName(i%6))
			}
		}
		meaning := fmt.Sprintf("what is left of %d scopes where %d are allowed", c.asked, c.allowed)
		cases = append(cases, decidingCase{name: c.name, meaning: meaning, measured: func(b *testing.B) {
			for b.Loop() {
				for _, token := range wanted {
					set.Narrow(smart.Parse(token))
				}
			}
		}})
	}
	return cases
}

// realmScopes are nearly as many as a realm has with every SMART scope: three
// contexts, 146 types, and of the 34 suffixes those that do not grant everything;
// no wildcards, where a look-up would end.
func realmScopes() []string {
	suffixes := []string{"read", "write"}
	for p := smart.Permissions(1); p < 32; p++ {
		suffixes = append(suffixes, p.String())
	}
	var tokens []string
	for _, context := range []string{"patient", "user", "system"} {
		for i := range 146 {
			for _, suffix := range suffixes {
				// No type is allowed whole, so that narrowing has something to do.
				if suffix != "cruds" && suffix != "write" && suffix != "cud" {
					tokens = append(tokens, fmt.Sprintf("%s/%s.%s", context, typeName(i), suffix))
				}
			}
		}
	}
	return tokens
}

// typeName is the name of a resource type, which has letters only.
func typeName(i int) string { return fmt.Sprintf("Type%c%c", 'A'+i/26, 'a'+i%26) }
