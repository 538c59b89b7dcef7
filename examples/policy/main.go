// This program decides on a registration with the policy of a file, without
// Caddy: as somebody would who has the language and nothing else of the project.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/caddy-smart/smartregistration/policy"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: policy <policy.yaml> <metadata.json>")
	}
	p, err := load(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	text, err := os.ReadFile(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	admitted, err := decide(p, text)
	if err != nil {
		log.Fatal(err)
	}
	if !admitted {
		os.Exit(1)
	}
}

func load(file string) (*policy.Policy, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	config, err := policy.ParseYAML(text)
	if err != nil {
		return nil, err
	}
	config.BuiltIn = policy.BuiltIn{Off: []string{"redirect_uri_localhost"}}
	return policy.New(config)
}

func decide(p *policy.Policy, text []byte) (admitted bool, err error) {
	metadata, err := policy.DecodeMetadata(text)
	if err != nil {
		return false, err
	}
	decision := p.Decide(policy.Request{
		Operation: policy.Create,
		Metadata:  metadata,
		Admission: &policy.Admission{Kind: "jwt", Issuer: "https://portal.example.org"},
		RemoteIP:  "192.0.2.7",
		Now:       time.Now(),
	})
	fmt.Printf("policy %.16s, profile %s, admitted: %v\n", decision.PolicyDigest, decision.Profile, decision.Admitted())
	for _, violation := range decision.Violations {
		report(violation)
	}
	for _, change := range decision.Changes {
		report(change)
	}
	if !decision.Admitted() {
		report(decision.Refusal(policy.ExplainFull).Violations)
	}
	return decision.Admitted(), nil
}

// report prints one violation, one change, or a list of them.
func report[T policy.Violation | policy.Change | []policy.Violation](found T) {
	text, err := json.Marshal(found)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%T %s\n", found, text)
}

// Every type of the package's functions has a name that can be written here.
var (
	_ *policy.Metadata
	_ policy.Operation   = policy.Update
	_ policy.Code        = policy.InvalidRedirectURI
	_ policy.Explanation = policy.ExplainNone
	_ policy.Match       = policy.Match{Class: policy.Patient, Token: policy.TokenMatch{Kind: []string{"jwt"}}}
	_ policy.Profile     = policy.Profile{Preset: policy.Presets()[0], Scopes: policy.Scopes{}, Rules: []policy.Rule{{}}}
	_ policy.MergeOption = policy.ReplaceDefaults()
	_ policy.ParseOption = policy.IgnoreUnknownOperators()
	_ *policy.MetadataPolicy
	_ *policy.PolicyError
	_ *policy.RuleError
	_ *policy.Error
)
