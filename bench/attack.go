package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// attackWorkers is how many requests may be under way. Beyond that a server that
// does not keep up is sent less than was meant, which the result then says:
// nothing piles up without a bound, neither there nor here.
const attackWorkers = 256

// Attack is what requests at a constant rate met, whether the server keeps up or
// not (an open model): a late answer does not put off the next request.
type Attack struct {
	Asked     int     `json:"asked"` // requests a second that were meant
	Sent      float64 `json:"sent"`  // and that were
	Requests  uint64  `json:"requests"`
	Wrong     uint64  `json:"wrong"` // answers of another status, and none
	P50       float64 `json:"p50"`   // milliseconds
	P99       float64 `json:"p99"`
	Max       float64 `json:"max"`
	FirstSaid string  `json:"first_wrong,omitempty"`
}

// attack sends a scenario's request so many times a second for a while. The
// bodies of the right answers go to seen, if that is not nil.
func attack(ctx context.Context, address string, s scenario, rate int, duration time.Duration, seen func([]byte)) (Attack, error) {
	return attackAt(ctx, address, s, vegeta.Rate{Freq: rate, Per: time.Second}, duration, seen)
}

func attackAt(ctx context.Context, address string, s scenario, pace vegeta.Pacer, duration time.Duration, seen func([]byte)) (Attack, error) {
	target, err := targetOf(address, s.request)
	if err != nil {
		return Attack{}, err
	}
	attacker := vegeta.NewAttacker(vegeta.MaxWorkers(attackWorkers), vegeta.Connections(attackWorkers),
		vegeta.Redirects(vegeta.NoFollow), vegeta.HTTP2(false), vegeta.Timeout(patience), vegeta.Proxy(nil))
	defer context.AfterFunc(ctx, func() { attacker.Stop() })()
	var (
		metrics vegeta.Metrics
		result  = Attack{Asked: int(pace.Rate(0))}
	)
	for hit := range attacker.Attack(vegeta.NewStaticTargeter(target), pace, duration, "") {
		metrics.Add(hit)
		switch {
		case int(hit.Code) == s.status:
			if seen != nil {
				seen(hit.Body)
			}
		default:
			if result.Wrong++; result.Wrong == 1 {
				result.FirstSaid = fmt.Sprintf("%d %s %s", hit.Code, hit.Error, hit.Body)
			}
		}
	}
	metrics.Close()
	milliseconds := func(d time.Duration) float64 { return rounded(float64(d)/float64(time.Millisecond), 3) }
	result.Sent, result.Requests = rounded(metrics.Rate, 1), metrics.Requests
	result.P50, result.P99 = milliseconds(metrics.Latencies.P50), milliseconds(metrics.Latencies.P99)
	result.Max = milliseconds(metrics.Latencies.Max)
	return result, ctx.Err()
}

// right is an error where an answer was not the one it should be.
func (a Attack) right() error {
	if a.Wrong > 0 {
		return fmt.Errorf("%d of %d answers are wrong, the first is %s", a.Wrong, a.Requests, a.FirstSaid)
	}
	return nil
}

// targetOf is a request as vegeta has it.
func targetOf(address string, wire []byte) (vegeta.Target, error) {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(wire)))
	if err != nil {
		return vegeta.Target{}, err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return vegeta.Target{}, err
	}
	r.Header.Set("Host", r.Host)
	return vegeta.Target{Method: r.Method, URL: "http://" + address + r.RequestURI, Header: r.Header, Body: body}, nil
}

// floodJob is what a process of the role attack is told.
type floodJob struct {
	Address  string        `json:"address"`
	Request  []byte        `json:"request"`
	Status   int           `json:"status"`
	Rate     int           `json:"rate"`
	Duration time.Duration `json:"duration"`
}

// serveAttack does the job on its standard input, and says what it met.
func serveAttack(ctx context.Context) error {
	var job floodJob
	if err := json.NewDecoder(os.Stdin).Decode(&job); err != nil {
		return err
	}
	result, err := attackAt(ctx, job.Address, scenario{request: job.Request, status: job.Status}, &forgetful{rate: job.Rate}, job.Duration, nil)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(result)
}

// startFlood has another process attack, and returns how to wait for what it
// met. It has its core only when nobody else wants it (SCHED_IDLE of sched(7)), so
// that the callers and the upstream that are measured, which would be on other
// machines, do not wait for its own work: a low priority alone lets it finish its
// time slice, which is some milliseconds. What it cannot send then, it says.
func (r *rig) startFlood(ctx context.Context, address string, s scenario, rate int, duration time.Duration) (func() (Attack, error), error) {
	job, err := json.Marshal(floodJob{address, s.request, s.status, rate, duration})
	if err != nil {
		return nil, err
	}
	var said bytes.Buffer
	cmd := onCores(ctx, r.cores.rest, "chrt", "--idle", "0", r.self, roleAttack)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(job), &said, os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return func() (result Attack, err error) {
		if err := cmd.Wait(); err != nil {
			return result, fmt.Errorf("flood: %w", err)
		}
		return result, json.Unmarshal(said.Bytes(), &result)
	}, nil
}
