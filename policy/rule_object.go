package policy

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// objectType is a type with fields that are known when a rule is compiled, so
// that a misspelt one is an error then.
type objectType struct {
	*types.Type
	fields map[string]*types.FieldType
}

// field is one field of an objectType over T. It returns nil where a value has
// none; reading it is then an error, and has() is false.
type field[T any] struct {
	of  *types.Type
	get func(T) ref.Val
}

func newObjectType[T any](name string, fields map[string]field[T]) *objectType {
	t := &objectType{
		Type:   types.NewObjectType("registration."+name, traits.FieldTesterType|traits.IndexerType),
		fields: make(map[string]*types.FieldType, len(fields)),
	}
	for name, f := range fields {
		// The value is of another type where it is null.
		read := func(target any) ref.Val {
			if v, ok := target.(T); ok {
				return f.get(v)
			}
			return nil
		}
		t.fields[name] = &types.FieldType{
			Type:  f.of,
			IsSet: func(target any) bool { return read(target) != nil },
			GetFrom: func(target any) (any, error) {
				if v := read(target); v != nil {
					return v, nil
				}
				return nil, fmt.Errorf("no such field: %s", name)
			},
		}
	}
	return t
}

// optionalText is a string field that is absent where the string is empty.
func optionalText(s string) ref.Val {
	if s == "" {
		return nil
	}
	return types.String(s)
}

// ReflectType: no Go type stands for this one.
func (t *objectType) ReflectType() reflect.Type { return nil }

// FieldNames are the names of the fields, in order.
func (t *objectType) FieldNames() []string { return slices.Sorted(maps.Keys(t.fields)) }

// FindFieldType is what is known of a field.
func (t *objectType) FindFieldType(name string) (*types.FieldType, bool) {
	f, ok := t.fields[name]
	return f, ok
}

// NewValue refuses: only functions and variables give such values.
func (t *objectType) NewValue(types.Adapter, map[string]ref.Val) ref.Val {
	return types.NewErr("a %s cannot be written down", t.TypeName())
}

// Adapt is for Go values of ReflectType: there are none.
func (t *objectType) Adapt(_ types.Adapter, v any) ref.Val {
	return types.UnsupportedRefValConversionErr(v)
}

// object is a value of an objectType.
type object struct {
	*objectType
	value any
}

// Get is a field, for values whose type is not known when a rule is compiled.
func (o object) Get(name ref.Val) ref.Val {
	s, _ := name.(types.String)
	f, ok := o.fields[string(s)]
	if !ok {
		return types.NewErr("no such field: %v", name)
	}
	v, err := f.GetFrom(o.value)
	if err != nil {
		return types.WrapErr(err)
	}
	return v.(ref.Val)
}

// IsSet tells whether there is such a field with a value.
func (o object) IsSet(name ref.Val) ref.Val {
	s, _ := name.(types.String)
	f, ok := o.fields[string(s)]
	return types.Bool(ok && f.IsSet(o.value))
}

// Equal: objects are looked into, not compared.
func (o object) Equal(ref.Val) ref.Val {
	return types.NewErr("values of type %s cannot be compared, only their fields", o.TypeName())
}

// ConvertToNative is for what takes values out of CEL again: nothing does.
func (o object) ConvertToNative(t reflect.Type) (any, error) {
	return nil, fmt.Errorf("a %s cannot be a %v", o.TypeName(), t)
}

// ConvertToType knows what every value does: to be itself and to name its type.
func (o object) ConvertToType(t ref.Type) ref.Val { return convertToType(o, o.objectType.Type, t) }

// Type is the object's.
func (o object) Type() ref.Type { return o.objectType.Type }

// Value is what the fields are read from.
func (o object) Value() any { return o.value }

// Interface guards
var (
	_ types.StructTypeDescriptor = (*objectType)(nil)
	_ ref.Type                   = (*objectType)(nil)
	_ traits.Indexer             = object{}
	_ traits.FieldTester         = object{}
	_ ref.Val                    = object{}
)
