package policy

import (
	"slices"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// scanLimit is how many values are compared one by one rather than looked up.
const scanLimit = 8

// valueSet is what an operator's list holds: each value once, in the order in
// which they were written. Strings and numbers of a long list are looked up, so
// that a thousand cost a request no more than ten.
type valueSet struct {
	values []any
	texts  []string    // the values for a reader: strings as they are, others as JSON
	index  map[any]int // position of each; nil for short lists
}

func newValueSet(list []any) *valueSet {
	s := &valueSet{values: make([]any, 0, len(list)), texts: make([]string, 0, len(list))}
	if len(list) > scanLimit {
		s.index = make(map[any]int, len(list))
	}
	for _, v := range list {
		if s.contains(v) {
			continue
		}
		if s.index != nil {
			s.index[v] = len(s.values)
		}
		s.values = append(s.values, v)
		s.texts = append(s.texts, text(v))
	}
	return s
}

// hashable tells whether equal values are equal keys of a map, which objects,
// being pointers, are not.
func hashable(v any) bool {
	_, object := v.(*Metadata)
	return !object
}

func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case registration.Number:
		return string(v)
	}
	object, _ := v.(*Metadata) // lists hold nothing else, see isElement
	return string(object.Encode())
}

// position returns where v is in the set, -1 if it is not there.
func (s *valueSet) position(v any) int {
	switch {
	case !hashable(v):
		return slices.IndexFunc(s.values, func(have any) bool { return registration.Equal(have, v) })
	case s.index == nil:
		return slices.Index(s.values, v)
	}
	if i, ok := s.index[v]; ok {
		return i
	}
	return -1
}

func (s *valueSet) contains(v any) bool { return s.position(v) >= 0 }

// keep returns those of list that are in the set; list itself if all are.
func (s *valueSet) keep(list []any) []any {
	first := slices.IndexFunc(list, func(v any) bool { return !s.contains(v) })
	if first < 0 {
		return list
	}
	kept := slices.Clone(list[:first])
	for _, v := range list[first+1:] {
		if s.contains(v) {
			kept = append(kept, v)
		}
	}
	return kept
}

// missingFrom returns those of the set that are not in list. It goes over the
// list once: a caller may send a long one.
func (s *valueSet) missingFrom(list []any) []any {
	found := make([]bool, len(s.values))
	left := len(s.values)
	for _, v := range list {
		if left == 0 {
			return nil
		}
		if i := s.position(v); i >= 0 && !found[i] {
			found[i] = true
			left--
		}
	}
	missing := make([]any, 0, left)
	for i, v := range s.values {
		if !found[i] {
			missing = append(missing, v)
		}
	}
	return missing
}

// within tells whether all of the set is in list.
func (s *valueSet) within(list []any) bool {
	return len(list) >= len(s.values) && len(s.missingFrom(list)) == 0
}

// equal tells whether two sets hold the same values, in whatever order.
func (s *valueSet) equal(other *valueSet) bool {
	return len(s.values) == len(other.values) && s.within(other.values)
}
