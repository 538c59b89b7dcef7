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
//go:embed presets
var presetFiles embed.FS

var (
	presetNames      = []string{"public", "confidential_symmetric", "confidential_asymmetric", "backend_services"}
	scopePresetNames = []string{"us_core_patient", "us_core_provider", "us_core_backend", "minimal"}
)

// Presets are the names of the profiles that this package brings along, one for
// each kind of SMART app (SMART App Launch 2.2, "Considerations for App
// Registration" and "Backend Services").
func Presets() []string { return slices.Clone(presetNames) }

// ScopePresets are the names of the lists of scopes that this package brings
// along: what US Core and ONC's certification (g)(10) want of patient and provider
// apps, backend services, and the least.
func ScopePresets() []string { return slices.Clone(scopePresetNames) }

// PresetDocument is a preset as it is written: a profile of a policy document,
// without a name, or its scopes.
func PresetDocument(name string) ([]byte, error) {
	switch {
	case slices.Contains(presetNames, name):
		return presetFiles.ReadFile("presets/" + name + ".json")
	case slices.Contains(scopePresetNames, name):
		return presetFiles.ReadFile("presets/scopes/" + name + ".json")
	}
	return nil, fmt.Errorf("there is no preset %q (presets: %s)", name, strings.Join(slices.Concat(presetNames, scopePresetNames), ", "))
}

// PresetNamed is a preset, ready to be changed.
func PresetNamed(name string) (Profile, error) {
	var preset Profile
	err := readPreset(name, presetNames, &preset)
	return preset, err
}

// scopePreset is a preset of scopes.
func scopePreset(name string) (Scopes, error) {
	var preset Scopes
	err := readPreset(name, scopePresetNames, &preset)
	return preset, err
}

func readPreset(name string, among []string, to any) error {
	if !slices.Contains(among, name) {
		return fmt.Errorf("there is no preset %q (presets: %s)", name, strings.Join(among, ", "))
	}
	text, err := PresetDocument(name)
	if err != nil {
		return err
	}
	document, err := registration.Decode(text)
	if err != nil {
		return policyText(err)
	}
	return readInto(to, document)
}
