package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"

	_ "github.com/caddyserver/caddy/v2/modules/standard"

	_ "github.com/caddy-smart/smartregistration"
)

// The roles in which this binary starts itself again.
const (
	roleCaddy    = "caddy"
	roleUpstream = "upstream"
	roleAttack   = "attack"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case roleCaddy:
			os.Args = os.Args[1:]
			caddycmd.Main()
			return
		case roleUpstream:
			exit(serveUpstream(os.Args[2]))
			return
		case roleAttack:
			exit(serveAttack(ctx))
			return
		}
	}
	exit(bench(ctx))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options are what the command is told.
type options struct {
	quick, keycloak, render bool
	rounds                  int
	duration                time.Duration
	profile                 string
}

func readOptions() (options, error) {
	var o options
	flag.BoolVar(&o.quick, "quick", false, "everything once and as short as can be, to check that all of it answers as it should; writes nothing, and starts no Keycloak unless told to")
	flag.BoolVar(&o.keycloak, "keycloak", true, "measure a real Keycloak too, where Java and Maven are there")
	flag.BoolVar(&o.render, "render", false, "measure nothing, and write the pages anew from bench/results/latest.json, against the targets of now")
	flag.IntVar(&o.rounds, "rounds", 11, "how often each scenario is measured")
	flag.DurationVar(&o.duration, "duration", 500*time.Millisecond, "how long each measurement of a scenario takes")
	flag.StringVar(&o.profile, "profile", "", "directory for a CPU profile of each scenario, taken after the rounds")
	flag.Parse()
	if o.rounds < 1 || flag.NArg() > 0 {
		flag.Usage()
		return o, fmt.Errorf("%d rounds, arguments %q", o.rounds, flag.Args())
	}
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "keycloak" })
	o.keycloak = o.keycloak && (asked || !o.quick)
	return o, nil
}

// bench is the command. It is run from the module's root.
func bench(ctx context.Context) error {
	o, err := readOptions()
	if err != nil {
		return err
	}
	if o.render {
		results, err := readResults("bench")
		if err != nil {
			return err
		}
		results.Targets = results.targets()
		return results.write(".")
	}
	results, err := run(ctx, o)
	if err != nil {
		return err
	}
	if err := results.print(os.Stdout); err != nil {
		return err
	}
	if o.quick {
		_, err := results.pages(".")
		return err
	}
	results.printTargets(os.Stdout)
	if before, err := readResults("bench"); err == nil {
		results.Again = results.repeats(before)
	}
	return results.write(".")
}

// command is how somebody else gets the same.
func command() string {
	c := "go run ./bench"
	flag.Visit(func(f *flag.Flag) { c += fmt.Sprintf(" -%s=%s", f.Name, f.Value) })
	return c
}

// setBenchtime says how long the testing package is to take over one benchmark.
func setBenchtime(benchtime string) error {
	if flag.Lookup("test.benchtime") == nil {
		testing.Init()
	}
	return flag.Set("test.benchtime", benchtime)
}
