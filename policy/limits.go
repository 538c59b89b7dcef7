package policy

import (
	"fmt"
	"regexp"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// tokenLayer is what violations and changes call the limits of a token.
const tokenLayer = "token"

// The limits that a token may carry, as [Admission] has them.
const (
	limitMetadataPolicy = "metadata_policy" // operators by member
	limitScope          = "scope"           // the most that the client may have
	limitRedirectURIs   = "redirect_uris"   // those that may be registered
	limitSoftwareID     = "software_id"     // what the member must be
	limitClientName     = "client_name"     // what the member must be
)

// Limits are the names of the limits that a token may carry.
func Limits() []string {
	return []string{limitMetadataPolicy, limitScope, limitRedirectURIs, limitSoftwareID, limitClientName}
}

// limitOperators are the operators that a short limit stands for. Redirect URIs
// beyond those of the token are dropped. A token that vouches for one piece of
// software vouches for no other, so its name and id have to be there.
func limitOperators(limit string, v any) *Metadata {
	operators := registration.New()
	switch limit {
	case limitRedirectURIs:
		operators.Set(opSubsetOf, v)
		return operators
	case limitClientName:
		// A pattern judges every language of the name too, which one_of does not.
		name, ok := v.(string)
		if ok {
			v = regexp.QuoteMeta(name)
		}
		operators.Set("pattern", []any{v})
	default:
		operators.Set(opOneOf, []any{v})
	}
	operators.Set(opEssential, true)
	return operators
}

// compileLimits makes a layer of operators of what a token limits, nil of no
// limits. Operators that do not exist are an error: whoever wrote them meant to
// forbid something.
func compileLimits(limits *Metadata) (*MetadataPolicy, error) {
	if limits == nil {
		return nil, nil //nolint:nilnil // a policy that says nothing
	}
	short := registration.New()
	for _, name := range [...]string{limitRedirectURIs, limitSoftwareID, limitClientName} {
		if v, there := limits.Get(name); there {
			short.Set(name, limitOperators(name, v))
		}
	}
	own, err := ParseMetadataPolicy(tokenLayer, short)
	if err != nil {
		return nil, err
	}
	v, there := limits.Get(limitMetadataPolicy)
	if !there {
		return own, nil
	}
	document, ok := v.(*Metadata)
	if !ok {
		return nil, fmt.Errorf("%s: metadata_policy is not an object", tokenLayer)
	}
	written, err := ParseMetadataPolicy(tokenLayer, document)
	if err != nil {
		return nil, err
	}
	return written.Merge(own)
}

// limit narrows what applies to what a token allows. A token whose limits cannot
// be read, or contradict what holds for everybody, vouches for nothing.
func (d *deliberation) limit(a *Admission) error {
	if a == nil || a.Limits == nil {
		return nil
	}
	own, err := compileLimits(a.Limits)
	if err != nil {
		return err
	}
	if d.ceiling, err = ceilingOf(a.Limits); err != nil || own.empty() {
		return err
	}
	merged, err := d.layers.metadata.Merge(own)
	if err != nil {
		return err
	}
	narrowed := newLayers(merged)
	d.layers = &narrowed
	return nil
}

// limitsError is the violation of limits that cannot be applied, with the cause
// for the log.
func limitsError(err error) Violation {
	return Violation{
		Rule: policyError, Layer: tokenLayer, Code: registration.InvalidClientMetadata,
		Detail: "the limits of the token cannot be applied",
		Given:  &RuleError{Rule: "token_limits", Err: err},
	}
}
