package smartregistration_test

import (
	"context"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

// TestOnePacket: a request's header and its body leave in one write, so that
// neither side has to attend to the second. With buffers of the operator's own it
// is as reverse_proxy has it.
func TestOnePacket(t *testing.T) {
	s := newServer(t, echo)
	for name, test := range map[string]struct {
		lines string
		want  int
	}{
		"as it is":               {"transport noting", 1},
		"the operator's buffers": {"transport noting\nrequest_buffers 1", 3},
	} {
		t.Run(name, func(t *testing.T) {
			written.reset()
			base := gateway(t, s.URL+" {\n"+test.lines+"\n}", opaque)
			if a := ask(t, http.MethodPost, base+"/register", app, bearer("t")); a.status != http.StatusCreated {
				t.Fatal(a)
			}
			if all := written.all(); len(all) != test.want {
				t.Errorf("written as %q", all)
			}
		})
	}
}

// noting is a transport to the server that notes what is written with one call.
type noting struct{ transport *http.Transport }

func init() { caddy.RegisterModule(&noting{}) }

func (*noting) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.reverse_proxy.transport.noting", New: func() caddy.Module {
		return &noting{&http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			var dialer net.Dialer
			conn, err := dialer.DialContext(ctx, network, address)
			return notingConn{conn}, err
		}}}
	}}
}

func (n *noting) RoundTrip(r *http.Request) (*http.Response, error) {
	r.URL.Scheme = "http" // which reverse_proxy leaves to its transport
	return n.transport.RoundTrip(r)
}

func (*noting) UnmarshalCaddyfile(*caddyfile.Dispenser) error { return nil }

func (n *noting) Cleanup() error {
	n.transport.CloseIdleConnections()
	return nil
}

type notingConn struct{ net.Conn }

func (c notingConn) Write(p []byte) (int, error) {
	written.add(string(p))
	return c.Conn.Write(p)
}

// written is what was written through the transport.
var written notes

type notes struct {
	mu    sync.Mutex
	taken []string
}

func (n *notes) add(s string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.taken = append(n.taken, s)
}

func (n *notes) all() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.taken)
}

func (n *notes) reset() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.taken = nil
}
