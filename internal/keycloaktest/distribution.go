package keycloaktest

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// linked are the parts of a distribution that a server only reads, and that
// are large. Everything else is copied: Keycloak recompiles lib/quarkus in
// place when its build options change, which must not reach other servers.
var linked = map[string]bool{
	filepath.Join("lib", "lib"):    true,
	filepath.Join("bin", "client"): true,
}

// prepare returns the cached distribution of a version, made ready first if
// this machine does not have it.
func prepare(ctx context.Context, version string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	cache = filepath.Join(cache, "smartregistration")
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	distribution := filepath.Join(cache, "keycloak-"+version)
	unlock, err := lock(ctx, distribution+".lock")
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(distribution); !errors.Is(err, fs.ErrNotExist) {
		return distribution, err
	}
	// Whatever an interrupted preparation left is from before this lock.
	work := distribution + ".partial"
	if err := os.RemoveAll(work); err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	archive, err := fetch(ctx, version, filepath.Join(work, "archive"))
	if err != nil {
		return "", err
	}
	unpacked := filepath.Join(work, "unpacked")
	if err := unzip(archive, unpacked); err != nil {
		return "", err
	}
	if err := firstStart(ctx, version, filepath.Join(unpacked, "keycloak-"+version)); err != nil {
		return "", err
	}
	// The rename publishes: the directory is never there half-made.
	return distribution, os.Rename(filepath.Join(unpacked, "keycloak-"+version), distribution)
}

// fetch has Maven copy the distribution's archive into a directory.
func fetch(ctx context.Context, version, directory string) (string, error) {
	maven := exec.CommandContext(ctx, "mvn", "--quiet", "--batch-mode",
		"org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy",
		"-Dartifact=org.keycloak:keycloak-quarkus-dist:"+version+":zip",
		"-DoutputDirectory="+directory)
	// Away from any pom.xml of whoever runs the tests.
	maven.Dir = os.TempDir()
	if output, err := maven.CombinedOutput(); err != nil {
		return "", fmt.Errorf("fetching with mvn: %w: %s", err, output)
	}
	return filepath.Join(directory, "keycloak-quarkus-dist-"+version+".zip"), nil
}

// firstStart runs a fresh distribution once, for what its first start leaves
// behind: the recompiled configuration and a database with the master realm.
func firstStart(ctx context.Context, version, home string) error {
	user, password := "KC_BOOTSTRAP_ADMIN_USERNAME", "KC_BOOTSTRAP_ADMIN_PASSWORD"
	if major, _, _ := strings.Cut(version, "."); len(major) == 2 && major < "26" {
		user, password = "KEYCLOAK_ADMIN", "KEYCLOAK_ADMIN_PASSWORD"
	}
	server, err := launch(ctx, home, Options{Version: version},
		[]string{user + "=" + adminUser, password + "=" + adminPassword})
	if err != nil {
		return err
	}
	return errors.Join(server.stop(),
		os.RemoveAll(filepath.Join(home, "tmp")), os.Remove(filepath.Join(home, "server.log")))
}

// layOut makes home a distribution of its own.
func layOut(distribution, home string) error {
	return filepath.WalkDir(distribution, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(distribution, path)
		if err != nil {
			return err
		}
		target := filepath.Join(home, relative)
		switch {
		case linked[relative]:
			if err := os.Symlink(path, target); err != nil {
				return err
			}
			return fs.SkipDir
		case entry.IsDir():
			return os.MkdirAll(target, 0o755)
		default:
			return copyFile(path, target)
		}
	})
}

func copyFile(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	info, err := source.Stat()
	if err != nil {
		return err
	}
	return writeFile(to, info.Mode().Perm(), source)
}

func writeFile(path string, mode fs.FileMode, content io.Reader) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close())
}

// unzip unpacks an archive with the executable bits it records.
func unzip(archive, directory string) error {
	reader, err := zip.OpenReader(archive)
	if err != nil {
		return err
	}
	defer reader.Close()
	for _, entry := range reader.File {
		if !filepath.IsLocal(entry.Name) {
			return fmt.Errorf("%s: entry %q leads out of it", archive, entry.Name)
		}
		path := filepath.Join(directory, entry.Name)
		if entry.FileInfo().IsDir() {
			if err := os.MkdirAll(path, 0o755); err != nil {
				return err
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		content, err := entry.Open()
		if err != nil {
			return fmt.Errorf("%s: %w", entry.Name, err)
		}
		err = writeFile(path, entry.Mode().Perm(), content)
		if err := errors.Join(err, content.Close()); err != nil {
			return fmt.Errorf("%s: %w", entry.Name, err)
		}
	}
	return nil
}

// lock waits until this process alone holds the lock file. The system lets go
// of it when the process ends, however it ends.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { file.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errors.Join(fmt.Errorf("locking %s: %w", path, err), file.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("locking %s: %w", path, ctx.Err()), file.Close())
		case <-ticker.C:
		}
	}
}
