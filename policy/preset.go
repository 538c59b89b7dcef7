package policy

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// The presets are policy documents like any other: to be used by their names, or
// printed, copied and changed. Their rules come from SMART App Launch 2.2, see
// docs/policy.md.
//
//go:embed presets/*.json
var presetFiles embed.FS

var presetNames = []string{"public", "confidential_symmetric", "confidential_asymmetric", "backend_services"}

// Presets are the names of the profiles that this package brings along, one for
// each kind of SMART app (SMART App Launch 2.2, "Considerations for App
// Registration" and "Backend Services").
func Presets() []string { return slices.Clone(presetNames) }

// PresetDocument is a preset as it is written: a profile of a policy document,
// without a name.
func PresetDocument(name string) ([]byte, error) {
	if !slices.Contains(presetNames, name) {
		return nil, fmt.Errorf("there is no preset %q (presets: %s)", name, strings.Join(presetNames, ", "))
	}
	return presetFiles.ReadFile("presets/" + name + ".json")
}

// PresetNamed is a preset, ready to be changed.
func PresetNamed(name string) (Profile, error) {
	var preset Profile
	text, err := PresetDocument(name)
	if err != nil {
		return preset, err
	}
	document, err := registration.Decode(text)
	if err != nil {
		return preset, policyText(err)
	}
	return preset, readInto(&preset, document)
}
