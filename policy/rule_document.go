package policy

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// document is a metadata document as rules see it: a map, read where it stands.
// It is gone through in the order of names, so that no decision depends on the
// order in which a caller wrote the members.
type document struct {
	m *Metadata
}

// Find is a member's value. What is no string is no member's name.
func (d document) Find(key ref.Val) (ref.Val, bool) {
	name, ok := key.(types.String)
	if !ok {
		return nil, false
	}
	v, ok := d.m.Get(string(name))
	if !ok {
		return nil, false
	}
	return toCEL(v), true
}

// Get is Find, with an error for a member that is not there.
func (d document) Get(key ref.Val) ref.Val {
	if v, ok := d.Find(key); ok {
		return v
	}
	return types.NewErr("no such key: %v", key)
}

// Contains tells whether a member is there.
func (d document) Contains(key ref.Val) ref.Val {
	_, ok := d.Find(key)
	return types.Bool(ok)
}

// Size is the number of members.
func (d document) Size() ref.Val { return types.Int(d.m.Len()) }

// Iterator goes through the names of the members.
func (d document) Iterator() traits.Iterator {
	names := make([]string, 0, d.m.Len())
	for _, member := range d.m.Members() {
		names = append(names, member.Name)
	}
	slices.Sort(names)
	return types.NewStringList(types.DefaultTypeAdapter, names).Iterator()
}

// Equal compares as CEL does: 1 and 1.0 are the same number.
func (d document) Equal(other ref.Val) ref.Val {
	o, ok := other.(traits.Mapper)
	if !ok || d.Size() != o.Size() {
		return types.False
	}
	for _, member := range d.m.Members() {
		v, found := o.Find(types.String(member.Name))
		if !found || types.Equal(toCEL(member.Value), v) != types.True {
			return types.False
		}
	}
	return types.True
}

// ConvertToNative is for what takes values out of CEL again: nothing does.
func (d document) ConvertToNative(t reflect.Type) (any, error) {
	return nil, fmt.Errorf("a metadata document cannot be a %v", t)
}

// ConvertToType knows what every value does: to be itself and to name its type.
func (d document) ConvertToType(t ref.Type) ref.Val { return convertToType(d, types.MapType, t) }

// Type is that of maps.
func (d document) Type() ref.Type { return types.MapType }

// Value is the document.
func (d document) Value() any { return d.m }

func convertToType(v ref.Val, own, wanted ref.Type) ref.Val {
	switch wanted {
	case own:
		return v
	case types.TypeType:
		return own.(ref.Val)
	}
	return types.NewErr("type conversion error from '%s' to '%s'", own.TypeName(), wanted.TypeName())
}

// toCEL is a value of a document as CEL has it.
func toCEL(v any) ref.Val {
	switch v := v.(type) {
	case nil:
		return types.NullValue
	case bool:
		return types.Bool(v)
	case string:
		return types.String(v)
	case registration.Number:
		return number(string(v))
	case []any:
		elements := make([]ref.Val, len(v))
		for i := range v {
			elements[i] = toCEL(v[i])
		}
		return types.NewRefValList(types.DefaultTypeAdapter, elements)
	case *Metadata:
		return document{v}
	}
	return types.NewErr("a %T is no JSON value", v)
}

// number is an int where the value is one, however it was written: 1, 1.0 and
// 10e-1 are the same number in JSON and must not be told apart.
func number(s string) ref.Val {
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return types.Int(i)
	}
	f, _ := strconv.ParseFloat(s, 64) // what is too large is infinite, which compares as it should
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return types.Int(f)
	}
	return types.Double(f)
}

// How long a string may be where there are rules. The cost of a function is known
// only when it has been called, so what it is called with has to be bounded first.
const (
	maxText   = 8192 // at all
	shortText = 1024 // to be worked on uncounted
)

// unwieldy returns a violation for the first member that is too large to
// evaluate rules on.
func unwieldy(m *Metadata) (Violation, bool) {
	for _, member := range m.Members() {
		if exceeds(member.Value, maxText) {
			return Violation{
				Rule: "too_large", Pointer: registration.Pointer(member.Name), Code: registration.InvalidClientMetadata,
				Detail: "the member has more than 8192 characters in one value or more than 100 values in one place",
			}, true
		}
	}
	return Violation{}, false
}

// exceeds tells whether a value has a string that is longer than text, or more
// than maxValues in one place.
func exceeds(v any, text int) bool {
	switch v := v.(type) {
	case string:
		return len(v) > text
	case []any:
		return len(v) > maxValues || slices.ContainsFunc(v, func(e any) bool { return exceeds(e, text) })
	case *Metadata:
		return v.Len() > maxValues || slices.ContainsFunc(v.Members(), func(m registration.Member) bool {
			return len(m.Name) > text || exceeds(m.Value, text)
		})
	}
	return false
}

// Interface guards
var _ traits.Mapper = document{}
