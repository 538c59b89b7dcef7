package probe

import (
	"context"
	"fmt"
	"path"
	"strings"
)

// ways are spellings of the address of Keycloak's provider "default" that a matcher
// may not recognise, or that leave a path which is open to everybody. {realm}
// stands for the realm's path, {api} for the segment above the providers.
var ways = []string{
	"{realm}/{api}/default/",
	"/{realm}/{api}/default",
	"{realm}//{api}/default",
	"{realm}/{api};x/default",
	"{realm}/%63lients-registrations/default",
	"{realm}/{api}%2fdefault",
	"{realm}/x/%2e%2e/{api}/default",
	"{realm}/protocol/../{api}/default",
	"{realm}/protocol/%2e%2e/{api}/default",
	"{realm}/protocol/..;/{api}/default",
	"{realm}/protocol/..%2f{api}/default",
	"{realm}/.well-known/%2e%2e/{api}/default",
	"/resources/..%2frealms/{name}/{api}/default",
	"{realm}/{api}/default/%2e%2e/%2e%2e/protocol/openid-connect/token",
}

// detours sends what would make a client with full scope along each of them. That
// the server answers is no matter here: the paths which are open lead to it.
func detours(s *session, ctx context.Context) finding {
	token := s.ServerToken
	if token == "" {
		return unknown("no token of the server's is there to try them with")
	}
	if s.client == nil {
		return unknown(noClient) // the token may be spent: then nothing shows that a way is closed
	}
	fill := strings.NewReplacer("{realm}", s.realm(), "{name}", path.Base(s.realm()), "{api}", path.Base(path.Dir(s.Path)))
	for _, way := range ways {
		way = fill.Replace(way)
		a, made := s.registerAround(ctx, s.public, way, token)
		if made != nil {
			return failed(fmt.Sprintf("%s leads around the gateway: %s", way, a), useAllowList)
		}
	}
	return pass(fmt.Sprintf("%d spellings of the server's address, and none leads there", len(ways)))
}
