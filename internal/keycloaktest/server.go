package keycloaktest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// DefaultVersion is the Keycloak that the contract suite is written to.
const DefaultVersion = "26.7.5"

// Versions are those that the gateway is tried on, the newest first.
var Versions = []string{DefaultVersion, "26.5.0", "26.0.8", "24.0.5"}

// startDeadline bounds the wait for a started server's first answer.
const startDeadline = 180 * time.Second

// The administrator of the master realm. It is part of the prepared database
// that every server starts from, and reachable on loopback only.
const (
	adminUser     = "admin"
	adminPassword = "admin"
)

// Options say which Keycloak is started and how it learns its own address.
type Options struct {
	// Version of the distribution. Default: [DefaultVersion].
	Version string

	// Hostname is Keycloak's --hostname, a URL such as
	// https://auth.example.org (a bare host name before version 26). It pins
	// the issuer of every token. Default: derived from each request.
	Hostname string

	// ProxyHeaders makes Keycloak believe the X-Forwarded-* headers that come
	// from 127.0.0.1 (version 26 and later). Default: they are ignored.
	ProxyHeaders bool
}

// Server is a running Keycloak.
type Server struct {
	version string
	home    string
	url     string
	process *process
	stop    func() error
}

// Start fetches and prepares the distribution unless that was done before on
// this machine, starts a server of its own and waits until it answers. The
// context bounds the start, not the server's life: [Server.Stop] ends that.
// Errors of a server that did not come up end with the tail of its log.
func Start(ctx context.Context, options Options) (*Server, error) {
	if options.Version == "" {
		options.Version = DefaultVersion
	}
	distribution, err := prepare(ctx, options.Version)
	if err != nil {
		return nil, fmt.Errorf("preparing keycloak %s: %w", options.Version, err)
	}
	home, err := os.MkdirTemp("", "keycloaktest-")
	if err != nil {
		return nil, err
	}
	if err := layOut(distribution, home); err != nil {
		return nil, errors.Join(err, os.RemoveAll(home))
	}
	server, err := launch(ctx, home, options, nil)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(home))
	}
	return server, nil
}

// launch starts the server whose distribution lies in home, and waits for it.
func launch(ctx context.Context, home string, options Options, environment []string) (*Server, error) {
	port, err := freePort(20000, 32000)
	if err != nil {
		return nil, err
	}
	arguments := []string{"start-dev", "--http-host=127.0.0.1", fmt.Sprintf("--http-port=%d", port)}
	if options.Hostname != "" {
		arguments = append(arguments, "--hostname="+options.Hostname)
	}
	if options.ProxyHeaders {
		arguments = append(arguments, "--proxy-headers=xforwarded", "--proxy-trusted-addresses=127.0.0.1")
	}
	temporary := filepath.Join(home, "tmp")
	if err := os.MkdirAll(temporary, 0o700); err != nil {
		return nil, err
	}
	environment = append(serverEnvironment(os.Environ()),
		append(environment,
			"JAVA_OPTS_KC_HEAP=-Xms64m -Xmx512m",
			// Before version 26 the database opens a port as well, to every
			// network unless told otherwise.
			"JAVA_OPTS_APPEND=-Djava.io.tmpdir="+temporary+" -Dh2.bindAddress=127.0.0.1",
		)...)
	started, err := startProcess(home, environment, filepath.Join(home, "bin", "kc.sh"), arguments...)
	if err != nil {
		return nil, err
	}
	server := &Server{
		version: options.Version,
		home:    home,
		url:     fmt.Sprintf("http://127.0.0.1:%d", port),
		process: started,
		stop:    sync.OnceValue(started.stop),
	}
	if err := server.awaitReady(ctx); err != nil {
		err = fmt.Errorf("starting keycloak %s: %w; its log ends:\n%s", options.Version, err, started.logTail())
		return nil, errors.Join(err, server.stop())
	}
	return server, nil
}

// awaitReady polls until the master realm's discovery document is served,
// which is later than the port opens and without the help of Keycloak's
// health endpoint, which would need a port more.
func (s *Server) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startDeadline)
	defer cancel()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet,
			s.url+"/realms/master/.well-known/openid-configuration", nil)
		if err != nil {
			return err
		}
		if response, err := client.Do(request); err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for its first answer: %w", ctx.Err())
		case <-s.process.exited:
			return fmt.Errorf("it ended by itself: %w", s.process.exitError())
		case <-ticker.C:
		}
	}
}

// URL is where the server listens, such as http://127.0.0.1:20123.
func (s *Server) URL() string { return s.url }

// Version of the running server.
func (s *Server) Version() string { return s.version }

// Home is the server's own directory; bin/kcadm.sh and bin/kcreg.sh are in it.
// The master realm's administrator is admin, with the password admin.
func (s *Server) Home() string { return s.home }

// Freeze stops the server as it is, with its connections open and nobody at
// them. The returned function lets it go on.
func (s *Server) Freeze() (thaw func() error, err error) {
	group := -s.process.group()
	return func() error { return syscall.Kill(group, syscall.SIGCONT) }, syscall.Kill(group, syscall.SIGSTOP)
}

// Stop ends the server's processes and removes its directory. Calling it again
// returns the first call's result.
func (s *Server) Stop() error {
	return errors.Join(s.stop(), os.RemoveAll(s.home))
}
