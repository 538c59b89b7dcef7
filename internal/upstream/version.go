package upstream

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Versions is a range of a server's versions. The zero value is all of them.
type Versions struct {
	From   string // the first; "" is from the beginning
	Before string // the first that is not one of them any more; "" is to this day
}

// Contains tells whether a version is in the range.
func (v Versions) Contains(version string) bool {
	return (v.From == "" || compareVersions(version, v.From) >= 0) && (v.Before == "" || compareVersions(version, v.Before) < 0)
}

// narrowed is what two ranges have in common; false if that is nothing.
func (v Versions) narrowed(by Versions) (Versions, bool) {
	if by.From != "" && compareVersions(by.From, v.From) > 0 {
		v.From = by.From
	}
	if by.Before != "" && (v.Before == "" || compareVersions(by.Before, v.Before) < 0) {
		v.Before = by.Before
	}
	return v, v.Before == "" || compareVersions(v.From, v.Before) < 0
}

func (v Versions) String() string {
	switch {
	case v.From == "" && v.Before == "":
		return "all"
	case v.From == "":
		return "before " + v.Before
	case v.Before == "":
		return "from " + v.From
	default:
		return "from " + v.From + ", before " + v.Before
	}
}

// CheckVersion tells what is wrong with a version: it is one to three numbers
// with dots between them, and what is left out is 0.
func CheckVersion(version string) error {
	parts := strings.Split(version, ".")
	for _, part := range parts {
		if _, err := strconv.ParseUint(part, 10, 16); err != nil || len(parts) > 3 {
			return fmt.Errorf("version %q must be a number, or two or three with dots between them: 26.0", version)
		}
	}
	return nil
}

func compareVersions(a, b string) int {
	for range 3 {
		var x, y string
		x, a, _ = strings.Cut(a, ".")
		y, b, _ = strings.Cut(b, ".")
		// What is missing or no number counts as 0: CheckVersion lets none through.
		n, _ := strconv.Atoi(x)
		m, _ := strconv.Atoi(y)
		if order := cmp.Compare(n, m); order != 0 {
			return order
		}
	}
	return 0
}
