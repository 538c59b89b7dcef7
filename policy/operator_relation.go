package policy

import (
	"fmt"
	"slices"

	"golang.org/x/net/publicsuffix"
)

const (
	opSameHost   = "same_host_as"
	opSameDomain = "registrable_domain_of"
)

// compileMembers reads the names of members to compare with.
func compileMembers(member string, given any) (operand, error) {
	uris := operator{kinds: textKinds}
	return compileAll(func(other string) (string, error) {
		switch {
		case other == member:
			return "", fmt.Errorf("%s is compared with itself", other)
		case other == "" || !uris.fits(other):
			return "", fmt.Errorf("%q is not a member with URIs", other)
		}
		return other, nil
	})(member, given)
}

// compared are the members that others are compared with.
func (p *MetadataPolicy) compared() []string {
	var members []string
	for i := range p.members {
		for _, name := range []string{opSameHost, opSameDomain} {
			if o := p.members[i].operand(name); o != nil {
				members = append(members, o.set.texts...)
			}
		}
	}
	return members
}

// comparedWith makes the inspection of "same_host_as" and its like: what part
// returns for each URI of the member, it must return for some URI of each of the
// named members, as those will be when their own operators have run. Where such a
// member is absent there is nothing to be the same as, and all are refused.
func comparedWith(part func(uri) string, detail string) func(*operand, subject) ([]flaw, finding) {
	return func(o *operand, s subject) ([]flaw, finding) {
		if s.value == nil {
			return nil, fine
		}
		others := make([][]string, len(o.set.texts))
		for i, member := range o.set.texts {
			others[i] = s.other(member).parts(part)
		}
		return s.eachString(func(text string) string {
			p := part(splitURI(text))
			if p == "" || slices.ContainsFunc(others, func(parts []string) bool { return !slices.Contains(parts, p) }) {
				return detail
			}
			return ""
		})
	}
}

// other is another member of the same document.
func (s subject) other(member string) subject {
	return subject{member: member, value: s.policy.settled(s.document, member), policy: s.policy, document: s.document}
}

// parts returns what part finds in the URIs of a member; nothing where it is
// absent, has none, or is of a type that this language does not read URIs in.
func (s subject) parts(part func(uri) string) []string {
	var found []string
	_, outcome := s.eachString(func(text string) string {
		if p := part(splitURI(text)); p != "" {
			found = append(found, p)
		}
		return ""
	})
	if outcome != fine { // an array whose first elements are URIs
		return nil
	}
	return found
}

// hostName is the host of a URI that leaves no doubt about it, else "".
func hostName(u uri) string {
	u, fault := readHost(u)
	if fault != "" {
		return ""
	}
	return hostOf(u)
}

// registrableDomain is the domain that somebody could register (the public
// suffix list's suffix and one label), "" for an address, a public suffix and a
// name without a domain.
func registrableDomain(u uri) string {
	host := hostName(u)
	if host == "" {
		return ""
	}
	if _, isAddress := u.addr(); isAddress {
		return ""
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return ""
	}
	return domain
}
