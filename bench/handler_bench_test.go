package main

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// These benchmarks call Caddy's server, configured as the measured process is,
// without a network: the upstream is a transport that has the reply at hand. What
// BenchmarkCreate has more than BenchmarkReverseProxy is the gateway's.

func BenchmarkReverseProxy(b *testing.B) { benchmark(b, bare) }

func BenchmarkCreate(b *testing.B) { benchmark(b, accept) }

func BenchmarkRefuseToken(b *testing.B) { benchmark(b, refuseToken) }

func BenchmarkRefusePolicy(b *testing.B) { benchmark(b, refusePolicy) }

func BenchmarkRespond(b *testing.B) { benchmark(b, respond) }

// benchmark has a scenario's request answered again and again.
func benchmark(b *testing.B, name string) {
	b.Helper()
	k, err := newKeys()
	if err != nil {
		b.Fatal(err)
	}
	all, err := scenarios(k)
	if err != nil {
		b.Fatal(err)
	}
	s := all[slices.IndexFunc(all, func(s scenario) bool { return s.name == name })]
	server := startServer(b, k, s.site)
	incoming, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(s.request)))
	if err != nil {
		b.Fatal(err)
	}
	incoming.RemoteAddr = "127.0.0.1:40000"
	body, err := io.ReadAll(incoming.Body)
	if err != nil {
		b.Fatal(err)
	}
	proof := []byte(s.proof)
	w := &written{}
	b.ReportAllocs()
	for b.Loop() {
		r := incoming.Clone(b.Context())
		r.Body = io.NopCloser(bytes.NewReader(body))
		w.header = make(http.Header)
		w.body.Reset()
		server.ServeHTTP(w, r)
		if w.status != s.status || !bytes.Contains(w.body.Bytes(), proof) {
			b.Fatalf("answered with %d %s", w.status, &w.body)
		}
	}
}

// startServer starts Caddy and returns its server of one site.
func startServer(b *testing.B, k keys, site string) http.Handler {
	b.Helper()
	var err error
	if atHand.wire, err = recordedReply("../testdata", recordedCreate); err != nil {
		b.Fatal(err)
	}
	state := b.TempDir()
	if err := k.write(state); err != nil {
		b.Fatal(err)
	}
	addresses, err := freeAddresses(1)
	if err != nil {
		b.Fatal(err)
	}
	for _, setting := range settings("", map[string]string{site: addresses[0]}, "off", state) {
		name, value, _ := strings.Cut(setting, "=")
		b.Setenv(name, value)
	}
	config, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(strings.NewReplacer(
		"{$BENCH_UPSTREAM}", "upstream.example.org:80 {\ntransport at_hand\n}",
		// Caddy opened its standard error when this process began: the log goes
		// the same way by another name.
		"persist_config off", "persist_config off\nlog {\noutput file /dev/null {\nroll_disabled\n}\n}",
	).Replace(caddyfileOf(site))), nil)
	if err != nil {
		b.Fatal(err)
	}
	if err := caddy.Load(config, true); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := caddy.Stop(); err != nil {
			b.Error(err)
		}
	})
	app, err := caddy.ActiveContext().App("http")
	if err != nil {
		b.Fatal(err)
	}
	for _, server := range app.(*caddyhttp.App).Servers {
		return server // the only one
	}
	b.Fatal("there is no server")
	return nil
}

// written is a http.ResponseWriter that keeps what it is told.
type written struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *written) Header() http.Header { return w.header }

func (w *written) WriteHeader(status int) { w.status = status }

func (w *written) Write(p []byte) (int, error) { return w.body.Write(p) }

// atHand is the transport to the upstream.
var atHand transport

func init() { caddy.RegisterModule(&atHand) }

type transport struct{ wire []byte }

func (*transport) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.reverse_proxy.transport.at_hand", New: func() caddy.Module { return &atHand }}
}

func (*transport) UnmarshalCaddyfile(*caddyfile.Dispenser) error { return nil }

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return nil, err
	}
	return http.ReadResponse(bufio.NewReader(bytes.NewReader(t.wire)), r)
}
