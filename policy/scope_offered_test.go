package policy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/caddy-smart/smartregistration/policy"
)

// TestScopeLists: presets, what is denied, and types that nobody knows.
func TestScopeLists(t *testing.T) {
	t.Parallel()
	const code = web + `,"grant_types":["authorization_code","refresh_token"]`
	for name, test := range map[string]struct {
		scopes, body string
		want         string // the scope, or what is violated
		warnings     int
	}{
		"a preset's defaults":                     {`{"preset":"minimal"}`, code, "launch/patient openid fhirUser", 0},
		"a preset's allowed":                      {`{"preset":"us_core_patient"}`, code + `,"scope":"launch openid patient/*.read user/*.rs"`, us("launch openid ", "patient", ".read"), 0},
		"a preset for other apps":                 {`{"preset":"us_core_patient"}`, backend, "", 0},
		"a preset for services":                   {`{"preset":"us_core_backend"}`, backend, "system/*.rs", 0},
		"a preset and another default":            {`{"preset":"minimal","default":["openid"]}`, code, "openid", 0},
		"a preset and another list":               {`{"preset":"minimal","allow":["openid","patient/*.rs"]}`, code + `,"scope":"openid fhirUser patient/*.rs"`, "openid patient/*.rs", 0},
		"a preset gives way to what is denied":    {`{"preset":"minimal","deny":["fhirUser"]}`, code, "launch/patient openid", 0},
		"denied":                                  {`{"allow":["openid","patient/*.cruds"],"deny":["patient/Observation.cud"]}`, code + `,"scope":"openid patient/Observation.cruds"`, "openid patient/Observation.rs", 0},
		"denied on a type, and the wildcard goes": {`{"allow":["openid","patient/*.rs"],"deny":["patient/Observation.rs"]}`, code + `,"scope":"openid patient/*.rs patient/Goal.rs"`, "openid patient/Goal.rs", 0},
		"denied and refused":                      {`{"allow":["openid","patient/*.rs"],"deny":["openid"],"excess":"reject"}`, code + `,"scope":"openid patient/*.rs"`, "scope_excess /scope", 0},
		"types that are unknown":                  {`{"allow":["patient/*.rs"]}`, code + `,"scope":"patient/Procedures.rs"`, "patient/Procedures.rs", 0},
		"types that are warned of":                {`{"allow":["patient/*.rs"],"unknown_types":"warn"}`, code + `,"scope":"patient/Procedures.rs patient/Procedure.rs"`, "patient/Procedures.rs patient/Procedure.rs", 1},
		"types that are refused":                  {`{"allow":["patient/*.rs"],"unknown_types":"refuse"}`, code + `,"scope":"patient/Procedures.rs patient/*.rs"`, "scope_resource_type /scope", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := parsed(t, `{"scopes":`+test.scopes+`}`).Decide(policy.Request{Metadata: metadata(t, "{"+test.body+"}")})
			got := d.Metadata.String("scope")
			if !d.Admitted() {
				got = strings.Join(broken(d), ", ")
			}
			if got != test.want || len(d.Warnings) != test.warnings {
				t.Errorf("got %q with %d warnings, want %q with %d", got, len(d.Warnings), test.want, test.warnings)
			}
		})
	}
}

// us are the scopes of US Core 6 and 7, in the order of the preset.
func us(before, context, permissions string) string {
	text, err := policy.PresetDocument("us_core_patient")
	if err != nil {
		panic(err)
	}
	var scopes []string
	_, allowed, _ := strings.Cut(string(text), "allow")
	for part := range strings.SplitSeq(allowed, `"`) {
		if typ, ok := strings.CutPrefix(part, "patient/"); ok {
			scopes = append(scopes, context+"/"+strings.TrimSuffix(typ, ".rs")+permissions)
		}
	}
	return before + strings.Join(scopes, " ")
}

// TestOffered: scopes in the words of the server, and never more of them.
func TestOffered(t *testing.T) {
	t.Parallel()
	has := []string{"fhirUser", "launch/patient", "patient/Observation.rs", "patient/Goal.r", "patient/Goal.s", "user/*.rs"}
	for name, test := range map[string]struct {
		unknown string
		expand  int
		scope   string
		want    string
		changed bool
	}{
		"the same":               {"strip", 0, "fhirUser user/*.rs", "fhirUser user/*.rs", false},
		"another syntax":         {"strip", 0, "user/*.read", "user/*.rs", true},
		"unknown and dropped":    {"strip", 0, "fhirUser patient/*.rs clinic", "fhirUser", true},
		"unknown and sent":       {"send", 0, "fhirUser patient/*.rs clinic", "fhirUser patient/*.rs clinic", false},
		"unknown and refused":    {"reject", 0, "fhirUser patient/*.rs", "scope_offered /scope", true},
		"always there":           {"reject", 0, "openid fhirUser", "openid fhirUser", false},
		"in parts":               {"strip", 50, "openid patient/*.rs", "openid patient/Observation.rs patient/Goal.r patient/Goal.s", true},
		"in too many parts":      {"strip", 2, "openid patient/*.rs", "openid", true},
		"none of what was asked": {"strip", 0, "clinic", "scope_none_left /scope", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			offered, err := policy.NewOffered(has, []string{"openid"}, test.unknown, test.expand)
			if err != nil {
				t.Fatal(err)
			}
			d := parsed(t, `{"scopes":{"allow":["openid","fhirUser","clinic","launch/patient","patient/*.rs","user/*.rs"]}}`).Decide(policy.Request{
				Metadata: metadata(t, `{`+web+`,"scope":"`+test.scope+`"}`), Offered: offered,
			})
			got := d.Metadata.String("scope")
			if !d.Admitted() {
				got = strings.Join(broken(d), ", ")
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if changed := slices.ContainsFunc(d.Changes, func(c policy.Change) bool { return c.Rule == "scope_offered" }); changed != test.changed {
				t.Errorf("changes: %+v", d.Changes)
			}
		})
	}
	if _, err := policy.NewOffered(nil, nil, "drop", 0); err == nil {
		t.Error("an unknown way is no error")
	}
}
