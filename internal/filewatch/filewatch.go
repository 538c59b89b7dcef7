// Package filewatch reads a file again when its content has changed.
//
// Caddy does not load a configuration anew that is the same to the letter, so
// whoever edits only a file that a configuration names would wait for ever. The
// content is what is compared, by its SHA-256: times and sizes of files stay the
// same on some file systems, and a file that is put in place of another
// (Kubernetes changes a symbolic link) is not seen by who watches the old one.
package filewatch

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"time"
)

// MaxSize is how large a file may be, in bytes.
const MaxSize = 16 << 20

// File is a file that is in use.
type File struct {
	path string
	load func(content []byte) error
	seen [sha256.Size]byte // of what was loaded or refused last
	next [sha256.Size]byte // of what was there at the last look
	gone bool              // it could not be read
}

// Open reads the file and loads it. A file that cannot be read or that load
// refuses is an error.
func Open(path string, load func(content []byte) error) (*File, error) {
	f := &File{path: path, load: load}
	content, err := f.read()
	if err != nil {
		return nil, err
	}
	return f, f.take(content)
}

// Watch looks at the file again after every interval until ctx is done. Content
// that is new, and at the next look still there, is loaded: the first half of a
// file that is being written can well be a file. report is told how it went: nil, or the error with
// which load refused it or the file could not be read, once for each content.
// What load does with content that it refuses is its own; the file's last good
// content is not loaded again.
func (f *File) Watch(ctx context.Context, every time.Duration, report func(error)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			f.look(report)
		}
	}
}

func (f *File) look(report func(error)) {
	content, err := f.read()
	switch {
	case err != nil && f.gone:
		return // and has been told
	case err == nil:
		sum := sha256.Sum256(content)
		settled := sum == f.next
		if f.next = sum; sum == f.seen && !f.gone || !settled {
			return
		}
		err = f.take(content)
		f.gone = false
	default:
		f.gone, f.next = true, [sha256.Size]byte{}
	}
	report(err)
}

// take loads content. A load that breaks down refuses it: nobody's server is to end
// for what is in a file.
func (f *File) take(content []byte) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s: it cannot be read: %v", f.path, r)
		}
	}()
	f.seen = sha256.Sum256(content)
	if err := f.load(content); err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	return nil
}

func (f *File) read() ([]byte, error) {
	file, err := os.Open(f.path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, MaxSize+1))
	if err != nil {
		return nil, err
	}
	if len(content) > MaxSize {
		return nil, fmt.Errorf("%s: more than %d bytes", f.path, MaxSize)
	}
	return content, nil
}
