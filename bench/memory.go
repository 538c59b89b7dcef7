package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Memory is what a process holds, in bytes.
type Memory struct {
	// Steady is the heap in use of a Caddy with the gateway alone, on all cores,
	// under registrations that are let through at a rate of 5,000 a second, or of
	// what is the most if that is less.
	Steady Spread  `json:"steady_heap"`
	Rate   float64 `json:"steady_rate"` // requests a second that there were
	RSS    float64 `json:"steady_rss"`
	// Uploads to the measured process, which has all sites, that each have sent half
	// of the largest body and wait.
	Uploads       int     `json:"uploads"`
	UploadSent    float64 `json:"upload_sent"` // of each
	Before        float64 `json:"before_uploads_heap"`
	During        float64 `json:"during_uploads_heap"`
	DuringRSS     float64 `json:"during_uploads_rss"`
	StillAnswered bool    `json:"still_answered"` // a good request beside them
}

// steadyRate is what steady heap is asked for at.
const steadyRate = 5000

// memory measures both.
func (r *rig) memory(ctx context.Context, duration time.Duration, uploads int) (*Memory, error) {
	m := &Memory{Uploads: uploads, UploadSent: maxBody / 2}
	if err := r.steady(ctx, m, duration); err != nil {
		return nil, err
	}
	return m, r.uploads(ctx, m)
}

// steady looks at the heap ten times a second while requests come: more of them
// than one core has time for, so that this Caddy has all there are.
func (r *rig) steady(ctx context.Context, m *Memory, duration time.Duration) error {
	caddy, err := r.startUnpinned(ctx)
	if err != nil {
		return err
	}
	defer caddy.stop()
	ended := make(chan error, 1)
	go func() {
		a, err := attack(ctx, caddy.address, r.scenario(accept), steadyRate, duration, nil)
		m.Rate = a.Sent
		ended <- errors.Join(err, a.right())
	}()
	var heaps []float64
	for {
		select {
		case err := <-ended:
			if err != nil {
				return err
			}
			m.Steady = spreadOf(heaps)
			m.RSS, err = residentSet(caddy.cmd.Process.Pid)
			return err
		case <-time.After(100 * time.Millisecond):
			heap, err := heapOf(ctx, caddy.admin)
			if err != nil {
				return err
			}
			heaps = append(heaps, heap)
		}
	}
}

// uploads opens connections that each send a part of a body and wait.
func (r *rig) uploads(ctx context.Context, m *Memory) error {
	var err error
	if m.Before, err = r.liveHeap(ctx); err != nil {
		return err
	}
	part := slowUpload(r.scenario(accept).request, maxBody/2)
	for range m.Uploads {
		c, err := call(ctx, r.sites[gateway], 2*patience)
		if err != nil {
			return err
		}
		defer c.conn.Close()
		if _, err := c.conn.Write(part); err != nil {
			return err
		}
	}
	// Until all of it has been read, which nobody says.
	for last := 0.0; ; last = m.During {
		if err := pause(ctx, 300*time.Millisecond); err != nil {
			return err
		}
		if m.During, err = r.liveHeap(ctx); err != nil {
			return err
		}
		if m.During < last*1.01 {
			break
		}
	}
	if m.DuringRSS, err = residentSet(r.caddy.cmd.Process.Pid); err != nil {
		return err
	}
	if err := prove(ctx, r.sites[gateway], r.scenario(accept)); err != nil {
		return err
	}
	m.StillAnswered = true
	return nil
}

// maxBody is the gateway's default of max_body.
const maxBody = 64 << 10

// slowUpload is a request whose body is announced as large as it may be, of which
// a part is there.
func slowUpload(request []byte, part int) []byte {
	head, _, _ := strings.Cut(string(request), "Content-Length:")
	return fmt.Appendf(nil, "%sContent-Length: %d\r\n\r\n%s", head, maxBody, strings.Repeat(" ", part))
}

// liveHeap is the measured process's heap in use after what nobody refers to any more is gone.
func (r *rig) liveHeap(ctx context.Context) (float64, error) {
	if _, err := fetch(ctx, "http://"+r.admin+"/debug/pprof/heap?gc=1"); err != nil {
		return 0, err
	}
	return heapOf(ctx, r.admin)
}

// heapOf is a Caddy's heap in use, as its metrics have it.
func heapOf(ctx context.Context, admin string) (float64, error) {
	text, err := fetch(ctx, "http://"+admin+"/metrics")
	if err != nil {
		return 0, err
	}
	return field(text, "go_memstats_heap_inuse_bytes ")
}

// residentSet is what a process has in memory (proc_pid_status(5), VmRSS).
func residentSet(pid int) (float64, error) {
	kilobytes, err := field(readProc(fmt.Sprintf("/proc/%d/status", pid)), "VmRSS:")
	return kilobytes * 1024, err
}

// field is the number on the line that begins with a name.
func field(text, name string) (float64, error) {
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		if rest, found := strings.CutPrefix(lines.Text(), name); found {
			return strconv.ParseFloat(strings.Fields(rest)[0], 64)
		}
	}
	return 0, fmt.Errorf("there is no %s", name)
}

func fetch(ctx context.Context, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s", url, response.Status)
	}
	content, err := io.ReadAll(response.Body)
	return string(content), err
}
