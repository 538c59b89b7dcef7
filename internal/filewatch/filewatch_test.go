package filewatch

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestWatch: content that is new is loaded, what cannot be used is told once, and
// nothing is done about what is the same.
func TestWatch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	write := func(content string) {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		var loaded, told []string
		load := func(content []byte) error {
			switch string(content) {
			case "broken":
				return errors.New("it is broken")
			case "panic":
				panic("at the wrong place")
			}
			loaded = append(loaded, string(content))
			return nil
		}
		write("one")
		file, err := Open(path, load)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			file.Watch(ctx, 10*time.Second, func(err error) {
				switch {
				case err == nil:
					told = append(told, "fine")
				case errors.Is(err, os.ErrNotExist):
					told = append(told, "gone")
				default:
					told = append(told, strings.TrimPrefix(err.Error(), path+": "))
				}
			})
		}()
		rounds := func(n int) {
			time.Sleep(time.Duration(n) * 10 * time.Second)
			synctest.Wait()
		}
		rounds(3)
		write("two")
		rounds(3)
		write("half") // of what is being written: gone again before the next look
		rounds(1)
		write("three")
		rounds(3)
		write("broken")
		rounds(3)
		write("panic")
		rounds(3)
		write("two") // what was there before it was broken
		rounds(3)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		rounds(3)
		write("two") // the same comes back
		rounds(3)
		write("half")
		rounds(1)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		rounds(1)
		write("half") // no sooner than any other is it taken for whole
		rounds(1)
		write("four")
		rounds(3)
		cancel()
		<-done
		if want := []string{"one", "two", "three", "two", "two", "four"}; !slices.Equal(loaded, want) {
			t.Errorf("loaded %q, want %q", loaded, want)
		}
		if want := []string{"fine", "fine", "it is broken", "it cannot be read: at the wrong place", "fine", "gone", "fine", "gone", "fine"}; !slices.Equal(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
	})
}

// TestOpen: what cannot be used to begin with is an error.
func TestOpen(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	load := func([]byte) error { return errors.New("it is broken") }
	if _, err := Open(filepath.Join(directory, "none"), load); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: got %v", err)
	}
	path := filepath.Join(directory, "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, load); err == nil || err.Error() != path+": it is broken" {
		t.Errorf("broken: got %v", err)
	}
	if err := os.Truncate(path, MaxSize+1); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, func([]byte) error { return nil }); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("too large: got %v", err)
	}
}
