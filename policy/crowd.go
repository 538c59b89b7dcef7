package policy

import (
	"github.com/caddy-smart/smartregistration/internal/registration"
)

// How much of everything is looked at. Real registrations have a tenth of it.
const (
	maxMembers = 200 // members of a document
	maxValues  = 100 // values of one member, keys of a key set
)

// checkCrowds returns a violation for whatever there is too much of.
func checkCrowds(m *Metadata) []Violation {
	var vs []Violation
	crowded := func(detail string, pointer ...string) {
		vs = append(vs, Violation{
			Rule: "too_many", Pointer: registration.Pointer(pointer...), Detail: detail, Code: registration.InvalidClientMetadata,
		})
	}
	if m.Len() > maxMembers {
		crowded("there are more than 200 members")
		return vs
	}
	for _, member := range m.Members() {
		switch v := member.Value.(type) {
		case []any:
			if len(v) > maxValues {
				crowded("there are more than 100 values", member.Name)
			}
		case *Metadata:
			if keys, _ := registration.KeyArray(v); len(keys) > maxValues {
				crowded("there are more than 100 keys", member.Name, "keys")
			}
		}
	}
	return vs
}
