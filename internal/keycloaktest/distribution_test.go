package keycloaktest

import (
	"archive/zip"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestUnzip(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		entry string
		fails bool
	}{
		{"an executable in a directory", "keycloak/bin/kc.sh", false},
		{"an entry outside", "../kc.sh", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			directory := t.TempDir()
			archive := filepath.Join(directory, "archive.zip")
			writeArchive(t, archive, test.entry)
			unpacked := filepath.Join(directory, "unpacked")
			err := unzip(archive, unpacked)
			if test.fails {
				if err == nil {
					t.Error("no error")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(filepath.Join(unpacked, test.entry))
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm()&0o100 == 0 {
				t.Errorf("mode %v", info.Mode())
			}
		})
	}
}

// TestLayOutIsPrivate changes what a server may change and looks whether the
// distribution that it came from stayed the same.
func TestLayOutIsPrivate(t *testing.T) {
	t.Parallel()
	distribution, home := t.TempDir(), t.TempDir()
	for _, name := range []string{"lib/quarkus/app.dat", "lib/lib/main/big.jar", "bin/client/cli.jar", "data/h2/db"} {
		path := filepath.Join(distribution, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("original"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := layOut(distribution, home); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"lib/quarkus/app.dat", "data/h2/db"} {
		if err := os.WriteFile(filepath.Join(home, name), []byte("changed"), 0o644); err != nil {
			t.Fatal(err)
		}
		if content, err := os.ReadFile(filepath.Join(distribution, name)); err != nil || string(content) != "original" {
			t.Errorf("%s: %q, %v", name, content, err)
		}
	}
	for _, name := range []string{"lib/lib/main/big.jar", "bin/client/cli.jar"} {
		if content, err := os.ReadFile(filepath.Join(home, name)); err != nil || string(content) != "original" {
			t.Errorf("%s: %q, %v", name, content, err)
		}
	}
	if err := os.RemoveAll(home); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(distribution, "lib/lib/main/big.jar")); err != nil {
		t.Errorf("removing a server's directory reached the distribution: %v", err)
	}
}

func TestLockIsExclusive(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := lock(ended, path); !errors.Is(err, context.Canceled) {
		t.Errorf("a second holder: %v", err)
	}
	unlock()
	unlock, err = lock(ended, path)
	if err != nil {
		t.Fatalf("after unlocking: %v", err)
	}
	unlock()
}

func writeArchive(t *testing.T, path, entry string) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	writer := zip.NewWriter(file)
	header := &zip.FileHeader{Name: entry}
	header.SetMode(0o755)
	content, err := writer.CreateHeader(header)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := content.Write([]byte("#!/bin/sh\n")); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
}
