package policy

import (
	"slices"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// Config is what a policy is made of. In JSON it is what policy files hold, see
// [Parse].
type Config struct {
	// MetadataPolicy are the operators, by member (OpenID Federation 1.0
	// section 6.1): {"contacts": {"essential": true}}. Default: none
	MetadataPolicy *Metadata `json:"metadata_policy,omitempty"`
	// Rules are conditions in CEL (https://cel.dev) over the final metadata:
	// {"name": "one_host", "expression": "…", "message": "…"}. Default: none
	Rules []Rule `json:"rules,omitempty"`
	// Scopes are the default and the allowed scopes. Default: by app class
	Scopes Scopes `json:"scopes,omitzero"`
	// Profiles are the classes of apps, in the order in which they are tried. A
	// registration that none of them is for is refused. Default: backend services
	// and all other apps, of which nothing more is said
	Profiles []Profile `json:"profiles,omitempty"`

	// BuiltIn relaxes built-in rules.
	BuiltIn BuiltIn `json:"-"`
	// Unreturned tells of a member that the server does not return it when a
	// registration is read. "essential" holds for it on a Create only: a client
	// that changes what it has read (RFC 7592 section 2.2) cannot send it back.
	// Default: all are returned
	Unreturned func(member string) bool `json:"-"`
}

// Policy is compiled, immutable, and safe for concurrent use.
type Policy struct {
	unmatched    *profile // the policy without profiles
	profiles     []*profile
	builtIn      BuiltIn
	builtInRules []builtInRule // those that are not off
	config       Config
	digest       string
}

// New compiles a policy. What contradicts itself is an error here, as far as lists
// and values show it.
func New(c Config) (*Policy, error) {
	if err := c.BuiltIn.Validate(); err != nil {
		return nil, err
	}
	p := &Policy{builtIn: c.BuiltIn, builtInRules: c.BuiltIn.rules(), config: c}
	var err error
	if p.unmatched, err = c.compileUnmatched(); err != nil {
		return nil, err
	}
	if p.profiles, err = c.compileProfiles(p.unmatched); err != nil {
		return nil, err
	}
	if err := p.checkVouched(); err != nil {
		return nil, err
	}
	p.digest, err = digestOf(p.Document())
	return p, err
}

// Digest is the SHA-256 of the policy's canonical form, in hexadecimal digits:
// [Policy.Document] by RFC 8785. It is in every decision.
func (p *Policy) Digest() string { return p.digest }

// Members are the members that have operators, in any profile, or that others are
// compared with.
func (p *Policy) Members() []string {
	var members []string
	for _, one := range p.profiles {
		members = slices.Concat(members, one.layers.metadata.Members(), one.layers.metadata.compared())
	}
	slices.Sort(members)
	return slices.Compact(members)
}

// CreateOnly are the members that must be there on a Create and that an update
// is not asked for, see [Config.Unreturned].
func (p *Policy) CreateOnly() []string {
	var members []string
	for _, one := range p.profiles {
		members = append(members, one.layers.metadata.essential()...)
	}
	slices.Sort(members)
	return slices.DeleteFunc(slices.Compact(members), func(member string) bool {
		return p.config.Unreturned == nil || !p.config.Unreturned(member)
	})
}

// Merged is the metadata policy that judges a request, its layers merged, and
// the profile that it is of ("" where no profile is for such an app). The error
// is about a token whose limits cannot be applied.
func (p *Policy) Merged(r Request) (profile string, merged *MetadataPolicy, err error) {
	r = p.asVouched(r)
	d := deliberation{Policy: p, m: r.Metadata.Clone()}
	registration.Prepare(r.Operation, d.m)
	err = d.settleProfile(r)
	if d.profile != nil {
		profile = d.profile.name
	}
	return profile, d.layers.metadata, err
}
