package docs_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// TestAnswers sends what README's first lines send, and compares what comes back
// with what README shows. That the lines themselves run is .ci/readme.sh's to see.
func TestAnswers(t *testing.T) {
	lines := strings.Join(blocksBelow(t, readme, "Try it", "sh"), "")
	bodies := firstGroups(`-d '(\{"redirect_uris".*)'`, lines)
	shown := blocksBelow(t, readme, "Try it", "json")
	if len(bodies) != 2 || len(shown) != 2 {
		t.Fatalf("%d registrations and %d answers: one that succeeds and one that does not are needed", len(bodies), len(shown))
	}
	server := startSandbox(t)
	g := run(t, blocksBelow(t, readme, ownKeycloak, whole)[0], server.address())
	for i, want := range []int{http.StatusCreated, http.StatusBadRequest} {
		status, answer := register(t, g, server.initialAccessToken(t, g), bodies[i])
		if status != want {
			t.Errorf("%s: %d %v", bodies[i], status, answer)
		}
		var members map[string]any
		if err := json.Unmarshal([]byte(shown[i]), &members); err != nil {
			t.Fatalf("%v\n%s", err, shown[i])
		}
		for name, value := range members {
			switch name {
			case "client_id", "client_secret", "registration_client_uri", "registration_access_token": // another each time
				if answer[name] == nil {
					t.Errorf("there is no %s", name)
				}
			default:
				if !reflect.DeepEqual(answer[name], value) {
					t.Errorf("%s: shown is %v, what comes is %v", name, value, answer[name])
				}
			}
		}
	}
}
