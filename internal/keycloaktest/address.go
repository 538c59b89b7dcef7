package keycloaktest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"testing"
)

// FreeAddress finds a loopback address that nobody listens on, for what stands in
// front of a server. It is none that a server of this package may choose.
func FreeAddress(tb testing.TB) string {
	tb.Helper()
	port, err := freePort(10000, 20000)
	if err != nil {
		tb.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", port)
}

// freePort finds a loopback port that nobody listens on. Both bounds belong below
// the range from which systems number outgoing connections: a port from there
// could be taken by a connection in the seconds until the server binds it.
func freePort(from, below int) (int, error) {
	var lastErr error
	for range 100 {
		port := from + rand.IntN(below-from) //nolint:gosec // need not be unpredictable
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			lastErr = err
			continue
		}
		return port, listener.Close()
	}
	return 0, fmt.Errorf("finding a free port: %w", lastErr)
}
