package main

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
)

// What others print is read as they print it.
func TestWrkRate(t *testing.T) {
	t.Parallel()
	const said = "Running 2s test @ http://127.0.0.1:1/\n  1 threads and 16 connections\n  11021 requests in 2.00s, 8.08MB read\n"
	rate, err := wrkRate(said + "Requests/sec:   5509.87\nTransfer/sec:      4.04MB\n")
	if err != nil || rate != 5509.87 {
		t.Errorf("got %v, %v", rate, err)
	}
	for _, wrong := range []string{
		said,
		said + "  Non-2xx or 3xx responses: 7\nRequests/sec:   5509.87\n",
		said + "  Socket errors: connect 0, read 3, write 0, timeout 0\nRequests/sec:   5509.87\n",
	} {
		if rate, err := wrkRate(wrong); err == nil {
			t.Errorf("got %v of %s", rate, wrong)
		}
	}
}

func TestReadBenchmarks(t *testing.T) {
	t.Parallel()
	all, err := readBenchmarks("goos: linux\n" +
		"BenchmarkReverseProxy-2   \t    3000\t    112345 ns/op\t   41234 B/op\t     123 allocs/op\n" +
		"BenchmarkCreate           \t    3000\t     99.5 ns/op\t   51234 B/op\t     321 allocs/op\nPASS\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []Allocation{{"ReverseProxy", 41234, 123}, {"Create", 51234, 321}}
	if len(all) != 2 || all[0] != want[0] || all[1] != want[1] {
		t.Errorf("got %+v, want %+v", all, want)
	}
	if _, err := readBenchmarks("PASS\n"); err == nil {
		t.Error("nothing was measured, and that is no error")
	}
}

func TestField(t *testing.T) {
	t.Parallel()
	const text = "# HELP heap_bytes x\nheap_bytes_all 1\nheap_bytes 2.5e+06\nVmRSS:\t  123 kB\n"
	for name, want := range map[string]float64{"heap_bytes ": 2.5e6, "VmRSS:": 123} {
		if got, err := field(text, name); err != nil || got != want {
			t.Errorf("%s: got %v, %v; want %v", name, got, err, want)
		}
	}
	if got, err := field(text, "heap "); err == nil {
		t.Errorf("got %v of a field that is not there", got)
	}
}

// The other generators send what ours sends.
func TestTheSameRequest(t *testing.T) {
	t.Parallel()
	wire := post("/register", "a.b.c", `{"client_name":"App"}`)
	target, err := targetOf("127.0.0.1:1", wire)
	if err != nil {
		t.Fatal(err)
	}
	if target.Method != "POST" || target.URL != "http://127.0.0.1:1/register" || string(target.Body) != `{"client_name":"App"}` ||
		target.Header.Get("Authorization") != "Bearer a.b.c" || target.Header.Get("Host") != host {
		t.Errorf("vegeta sends %+v", target)
	}
	script, path, err := luaScript(wire)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{`wrk.method = "POST"`, `wrk.headers["Authorization"] = "Bearer a.b.c"`, `wrk.body = [==[{"client_name":"App"}]==]`} {
		if !strings.Contains(script, line) {
			t.Errorf("wrk is not told %s:\n%s", line, script)
		}
	}
	if path != "/register" {
		t.Errorf("wrk asks for %s", path)
	}
}

// An upload is a valid request of which the rest is still to come.
func TestSlowUpload(t *testing.T) {
	t.Parallel()
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(slowUpload(post("/register", "a.b.c", "{}"), 10))))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if err == nil || len(body) != 10 || r.ContentLength != maxBody {
		t.Errorf("%d of %d bytes, %v", len(body), r.ContentLength, err)
	}
}

// Each site can be had alone, with what it imports.
func TestCaddyfileOf(t *testing.T) {
	t.Parallel()
	for _, site := range caddySites {
		text := caddyfileOf(site)
		if strings.Count(text, "http://auth.example.org:{$") != 1 || !strings.Contains(text, "{$"+variable(site)+"}") || !strings.Contains(text, "(server)") {
			t.Errorf("the Caddyfile of %s is\n%s", site, text)
		}
	}
}

// Some messages have no body and do not say so.
func TestReadMessageWithoutBody(t *testing.T) {
	t.Parallel()
	r := bufio.NewReader(strings.NewReader("GET / HTTP/1.1\r\nHost: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\nDELETE / HTTP/1.1\r\n\r\n"))
	for range 3 {
		if first, err := readMessage(r, nil); err != nil {
			t.Errorf("%s: %v", first, err)
		}
	}
}
