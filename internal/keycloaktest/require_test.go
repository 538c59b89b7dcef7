package keycloaktest

import "testing"

func TestRequireWithoutJava(t *testing.T) {
	tests := []struct{ ci, want string }{
		{"", "skipped"},
		{"true", "failed"},
	}
	for _, test := range tests {
		t.Run("CI="+test.ci, func(t *testing.T) {
			t.Setenv("CI", test.ci)
			t.Setenv("PATH", t.TempDir())
			verdict := &verdict{TB: t}
			Require(verdict)
			if verdict.text != test.want {
				t.Errorf("%q, want %q", verdict.text, test.want)
			}
		})
	}
}

// verdict notes what would have become of a test.
type verdict struct {
	testing.TB

	text string
}

func (v *verdict) Skip(...any)  { v.text = "skipped" }
func (v *verdict) Fatal(...any) { v.text = "failed" }
