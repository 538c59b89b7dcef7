// Package keycloaktest starts a real Keycloak for tests and benchmarks, and
// looks into what it stored. Only test files and benchmarks import it; it needs
// a Unix, the standard library, and the commands java and mvn.
//
// # Use
//
// Most tests want one server for a test and its subtests:
//
//	server := keycloaktest.Run(t, keycloaktest.Options{})
//	realm, err := server.NewRealm(ctx, "fhir", keycloaktest.SMARTScopes)
//	token, err := realm.InitialAccessToken(ctx, 10, 0)
//	// register through the gateway, then ask what the server really holds:
//	client, found, err := realm.Client(ctx, clientID)
//
// [Run] skips the test where Java or Maven is missing, and fails it there when
// the environment says CI=true, so that a continuous integration that lost its
// Java does not go green. A TestMain that shares one server among all tests of
// a package calls [Available], [Start] and [Server.Stop] itself.
//
// # What happens
//
// The first start of a version on a machine fetches the distribution with Maven
// (170 MB, into Maven's local repository), unpacks it into the user's cache
// directory under smartregistration/keycloak-<version>, and starts it there
// once, because Keycloak's first start recompiles its configuration and creates
// its database. That takes about a minute on two cores. Each later start
// takes about 8: it copies the small files of that prepared distribution, with
// the database in which only the master realm exists, into a directory of its
// own, and links to the large ones. Several servers, in several processes, can
// therefore run at once and share nothing. To prepare a version again, delete
// its directory in the cache.
//
// Every server listens on loopback only. [Server.Stop] ends its processes and
// removes its directory; so does a watchdog when the test process ends without
// having called it (a panic, a test timeout, a kill).
//
// # Issuers
//
// Keycloak's tokens are bound to the issuer, which Keycloak derives from
// [Options].Hostname where that is set, else from the request: its Host, or
// X-Forwarded-Host and X-Forwarded-Proto with [Options].ProxyHeaders. A token
// minted at the server's own address is therefore refused when it comes back
// through a gateway that hands on the public Host. [Realm.SeenAs] is the same
// realm as an administrator sees it who comes through that public address.
package keycloaktest
