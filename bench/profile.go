package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"
)

// takeProfiles leaves a CPU profile of the measured process under each
// scenario's load in a directory, from Caddy's admin API. It runs after the
// rounds, since profiling costs what is measured.
func takeProfiles(ctx context.Context, r *rig, directory string, duration time.Duration) error {
	duration = max(duration, time.Second) // the unit that the API counts in
	if err := os.MkdirAll(directory, 0o750); err != nil {
		return err
	}
	for _, s := range r.scenarios {
		if r.serving[s.site] != nil {
			continue // a peer's business
		}
		group, ctx := errgroup.WithContext(ctx)
		group.Go(func() error {
			_, _, err := drive(ctx, r.sites[s.site], s, duration, nil)
			return err
		})
		group.Go(func() error {
			url := fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", r.admin, int(duration.Seconds()))
			return download(ctx, url, filepath.Join(directory, s.name+".pprof"))
		})
		if err := group.Wait(); err != nil {
			return fmt.Errorf("profile of %s: %w", s.name, err)
		}
	}
	return nil
}

func download(ctx context.Context, url, path string) error {
	content, err := fetch(ctx, url)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(content), 0o600)
}
