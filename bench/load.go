package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// connections is how many callers there are, each with one request under way: a
// closed loop, which keeps the measured process busy and no more.
const connections = 16

// drive sends a scenario's request again and again for a while and returns how
// many were answered, and in what time. An answer of another status ends it. The
// bodies of the answers go to seen, from several goroutines, unless that is nil.
func drive(
	ctx context.Context, address string, s scenario, duration time.Duration, seen func([]byte),
) (requests int, elapsed time.Duration, err error) {
	callers := make([]*caller, connections)
	for i := range callers {
		if callers[i], err = call(ctx, address, duration+patience); err != nil {
			return 0, 0, err
		}
		defer callers[i].conn.Close()
	}
	begin := time.Now()
	end := begin.Add(duration)
	group, ctx := errgroup.WithContext(ctx)
	for _, c := range callers {
		group.Go(func() error {
			for time.Now().Before(end) && ctx.Err() == nil {
				if err := c.askAndShow(s, seen); err != nil {
					return err
				}
				c.answered++
			}
			return ctx.Err()
		})
	}
	err = group.Wait()
	elapsed = time.Since(begin)
	for _, c := range callers {
		requests += c.answered
	}
	return requests, elapsed, err
}

// caller is one connection.
type caller struct {
	conn     net.Conn
	r        *bufio.Reader
	answered int
}

// patience is how long an answer may take, on any machine: what takes longer is
// stuck.
const patience = 30 * time.Second

func call(ctx context.Context, address string, atMost time.Duration) (*caller, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(atMost)); err != nil {
		return nil, err
	}
	return &caller{conn: conn, r: bufio.NewReader(conn)}, nil
}

func (c *caller) ask(s scenario, body *bytes.Buffer) error {
	if _, err := c.conn.Write(s.request); err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	first, err := readMessage(c.r, body)
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	_, rest, _ := strings.Cut(first, " ")
	if !strings.HasPrefix(rest, strconv.Itoa(s.status)) {
		return fmt.Errorf("%s: answered with %q, not %d", s.name, first, s.status)
	}
	return nil
}

// askAndShow sends the body of the answer to seen, unless that is nil.
func (c *caller) askAndShow(s scenario, seen func([]byte)) error {
	if seen == nil {
		return c.ask(s, nil)
	}
	var body bytes.Buffer
	if err := c.ask(s, &body); err != nil {
		return err
	}
	seen(body.Bytes())
	return nil
}

// prove asks once and looks at the answer: what is measured is what is meant.
func prove(ctx context.Context, address string, s scenario) error {
	c, err := call(ctx, address, patience)
	if err != nil {
		return err
	}
	defer c.conn.Close()
	var body bytes.Buffer
	if err := c.ask(s, &body); err != nil {
		return fmt.Errorf("%w\n%s", err, &body)
	}
	if !strings.Contains(body.String(), s.proof) {
		return fmt.Errorf("%s: there is no %s in the answer %s", s.name, s.proof, &body)
	}
	return nil
}
