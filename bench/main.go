package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"

	_ "github.com/caddyserver/caddy/v2/modules/standard"

	_ "github.com/caddy-smart/smartregistration"
)

// The roles in which this binary starts itself again.
const (
	roleCaddy    = "caddy"
	roleUpstream = "upstream"
)

func main() {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case roleCaddy:
			os.Args = os.Args[1:]
			caddycmd.Main()
			return
		case roleUpstream:
			exit(serveUpstream(os.Args[2]))
			return
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	exit(bench(ctx))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is the command. It is run from the module's root.
func bench(ctx context.Context) error {
	quick := flag.Bool("quick", false, "one short round that only checks that everything answers as it should; writes nothing")
	rounds := flag.Int("rounds", 15, "how often each scenario is measured")
	duration := flag.Duration("duration", time.Second, "how long each measurement takes")
	profile := flag.String("profile", "", "directory for a CPU profile of each scenario, taken after the rounds")
	flag.Parse()
	if *quick {
		*rounds, *duration = 1, 200*time.Millisecond
	}
	if *rounds < 1 || flag.NArg() > 0 {
		flag.Usage()
		return fmt.Errorf("%d rounds, arguments %q", *rounds, flag.Args())
	}

	reply, err := recordedReply("testdata")
	if err != nil {
		return err
	}
	rig, err := start(ctx, reply)
	if err != nil {
		return err
	}
	defer rig.stop()

	results := &Results{Command: command(), Environment: environment(rig)}
	if results.Rounds, err = measure(ctx, rig, *rounds, *duration); err != nil {
		return err
	}
	if results.Deciding, err = decide(*quick); err != nil {
		return err
	}
	results.summarize()
	if err := results.print(os.Stdout); err != nil {
		return err
	}
	if *profile != "" {
		if err := takeProfiles(ctx, rig, *profile, *duration); err != nil {
			return err
		}
	}
	if *quick {
		return nil
	}
	return results.write("bench")
}

// command is how somebody else gets the same.
func command() string {
	c := "go run ./bench"
	flag.Visit(func(f *flag.Flag) { c += fmt.Sprintf(" -%s %s", f.Name, f.Value) })
	return c
}
