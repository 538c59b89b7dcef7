package smartregistration

import (
	"encoding/json"
	"io"
	"slices"

	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/internal/smart"
	"github.com/caddy-smart/smartregistration/policy"
)

// policyInForce is what policy print prints.
type policyInForce struct {
	Handler        string                 `json:"handler"` // its path
	MetadataPolicy *registration.Metadata `json:"metadata_policy"`
	Scopes         scopesInForce          `json:"scopes"`
	Rules          []policy.Rule          `json:"rules"`
	BuiltIn        []string               `json:"built_in"` // those that apply
	AllowGrants    []string               `json:"allow_grants"`
}

// scopesInForce are the scopes by class, and what the settings mean where they
// are not written.
type scopesInForce struct {
	Default map[policy.Class][]string `json:"default"`
	Allow   map[policy.Class][]string `json:"allow"`
	Excess  string                    `json:"excess"`
	Inject  string                    `json:"inject"`
}

func runPolicyPrint(w io.Writer, from source) error {
	h, err := from.handler()
	if err != nil {
		return err
	}
	config, err := h.policyConfig()
	if err != nil {
		return err
	}
	if _, err := policy.New(config); err != nil {
		return err
	}
	compiled, err := policy.ParseMetadataPolicy("policy", config.MetadataPolicy)
	if err != nil {
		return err
	}
	scopes, err := newScopesInForce(config.Scopes)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(policyInForce{
		Handler:        h.Path,
		MetadataPolicy: compiled.Document(),
		Scopes:         scopes,
		Rules:          append([]policy.Rule{}, config.Rules...),
		BuiltIn: slices.DeleteFunc(policy.BuiltInRules(), func(rule string) bool {
			return slices.Contains(config.BuiltIn.Off, rule)
		}),
		AllowGrants: append([]string{}, config.BuiltIn.AllowGrants...),
	})
}

// newScopesInForce asks the scopes alone, without operators and rules, what they
// give to a client of each class that has all the grants of its class and names
// no scope.
func newScopesInForce(c policy.Scopes) (scopesInForce, error) {
	s := scopesInForce{
		Default: map[policy.Class][]string{}, Allow: map[policy.Class][]string{},
		Excess: "strip", Inject: "when_absent",
	}
	if c.Excess != "" {
		s.Excess = c.Excess
	}
	if c.Inject != "" {
		s.Inject = c.Inject
	}
	alone, err := policy.New(policy.Config{Scopes: c})
	if err != nil {
		return s, err
	}
	for class, grants := range map[policy.Class][]string{
		policy.Patient: {"authorization_code", "refresh_token"},
		policy.Backend: {"client_credentials"},
	} {
		client := registration.New()
		client.SetStrings("grant_types", grants)
		decision := alone.Decide(policy.Request{Operation: policy.Create, Metadata: client})
		given := append([]string{}, smart.Split(decision.Metadata.String("scope"))...)
		s.Default[class], s.Allow[class] = given, given
		if c.Default != nil {
			s.Allow[class] = c.Default
		}
		if c.Allow != nil {
			s.Allow[class] = c.Allow
		}
	}
	return s, nil
}
