package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/caddy-smart/smartregistration/internal/keycloaktest"
)

// The sites of a real Keycloak: itself, and the gateway in front of it.
const (
	siteKeycloak       = "keycloak"
	siteBehindTheProxy = "keycloak_behind"
)

// realKeycloak is one that is running, and a gateway in front of it.
type realKeycloak struct {
	*rig
	server *keycloaktest.Server
	// The same registration at Keycloak itself and through the gateway, with the
	// same token of Keycloak's; and two that Keycloak refuses.
	alone, behind, badToken, badScope scenario

	mu         sync.Mutex
	registered [][]byte // answers about clients that are to go again
}

func (r *rig) startKeycloak(ctx context.Context) (_ *realKeycloak, err error) {
	k := &realKeycloak{rig: r}
	if err := r.cores.elsewhere(ctx, r.cores.measured, func() error {
		k.server, err = keycloaktest.Start(ctx, keycloaktest.Options{})
		return err
	}); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, k.server.Stop())
		}
	}()
	realm, err := k.server.NewRealm(ctx, "fhir", keycloaktest.SMARTScopes)
	if err != nil {
		return nil, err
	}
	// Requests name the host, so the issuer is derived from it.
	if realm, err = realm.SeenAs("http://" + host); err != nil {
		return nil, err
	}
	token, err := realm.InitialAccessToken(ctx, 1_000_000, 0)
	if err != nil {
		return nil, err
	}
	k.requests(token)
	return k, k.startGateway(ctx)
}

// requests are what is asked of Keycloak. Both registrations make the same
// client: the one that goes to Keycloak itself names the scopes that the gateway
// would have given by default.
func (k *realKeycloak) requests(token string) {
	signed := token[:strings.LastIndexByte(token, '.')+1]
	body := appWithScope("launch/patient patient/*.rs")
	k.alone = scenario{
		name: "keycloak_alone", site: siteKeycloak, status: http.StatusCreated, proof: `"client_id"`,
		request: post(registrationAPI, token, body),
	}
	k.behind = scenario{
		name: "keycloak_behind", site: siteBehindTheProxy, status: http.StatusCreated, proof: `"client_id"`,
		request: post("/register", token, app("client_secret_basic")),
	}
	k.badToken = scenario{
		name: "keycloak_bad_token", site: siteKeycloak, status: http.StatusUnauthorized, proof: "invalid_token",
		request: post(registrationAPI, signed+encode(make([]byte, 64)), body),
	}
	k.badScope = scenario{
		name: "keycloak_bad_scope", site: siteKeycloak, status: http.StatusForbidden, proof: "Not permitted to use specified clientScope",
		request: post(registrationAPI, token, appWithScope(badScope)),
	}
}

// startGateway starts a gateway that passes Keycloak's own tokens on: the server
// then has the same work as without it.
func (k *realKeycloak) startGateway(ctx context.Context) error {
	addresses, err := freeAddresses(2)
	if err != nil {
		return err
	}
	server := strings.TrimPrefix(k.server.URL(), "http://")
	k.sites[siteKeycloak], k.sites[siteBehindTheProxy] = server, addresses[1]
	environment := settings(server, map[string]string{passthrough: addresses[1]}, addresses[0], k.state)
	gateway, err := k.startCaddy(ctx, k.cores.rest, caddyfileOf(passthrough), environment)
	if err != nil {
		return err
	}
	if err := await(ctx, gateway, addresses[1]); err != nil {
		return err
	}
	for _, s := range []scenario{k.alone, k.behind, k.badToken, k.badScope} {
		if err := prove(ctx, k.sites[s.site], s); err != nil {
			return err
		}
	}
	return nil
}

// remember keeps an answer about a client.
func (k *realKeycloak) remember(answer []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.registered = append(k.registered, answer)
}

// forget deletes the clients that were remembered, with their own tokens: a
// server that has many becomes slower, and the next measurement is to find the
// same one as the last.
func (k *realKeycloak) forget(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	share := len(k.registered)/connections + 1
	for first := 0; first < len(k.registered); first += share {
		answers := k.registered[first:min(first+share, len(k.registered))]
		group.Go(func() error { return k.deleteAll(ctx, answers) })
	}
	k.registered = nil
	return group.Wait()
}

func (k *realKeycloak) deleteAll(ctx context.Context, answers [][]byte) error {
	c, err := call(ctx, k.sites[siteKeycloak], patience)
	if err != nil {
		return err
	}
	defer c.conn.Close()
	for _, answer := range answers {
		var client struct {
			ID    string `json:"client_id"`
			Token string `json:"registration_access_token"`
		}
		if err := json.Unmarshal(answer, &client); err != nil {
			return err
		}
		if err := c.ask(scenario{
			name: "delete", status: http.StatusNoContent,
			request: fmt.Appendf(nil, "DELETE %s/%s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", registrationAPI, client.ID, host, client.Token),
		}, nil); err != nil {
			return err
		}
	}
	return nil
}
