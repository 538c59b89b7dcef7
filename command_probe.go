package smartregistration

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/caddy-smart/smartregistration/internal/probe"
	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/internal/token"
)

// probed is what a probe is about, beside the handler, and how it is printed.
type probed struct {
	consent    bool
	url        string        // the public address of the site
	connectTo  string        // where to connect in its place
	servers    []string      // instead of the handler's upstream
	discovery  []string      // more documents that should name the gateway
	metadata   string        // a file
	tokenFile  string        // "-" is standard input
	serverFile string        // likewise
	adminFile  string        // likewise
	outside    bool          // this machine stands where apps do
	timeout    time.Duration // of the whole, but for the clean-up
	asJSON     bool
}

// The environment variables that tokens are taken from where no file is named.
// There is no flag for a token: a command line is in the shell's history and in
// the list of processes.
const (
	tokenVariable       = "SMART_REGISTRATION_INITIAL_ACCESS_TOKEN" //nolint:gosec // a name
	serverTokenVariable = "SMART_REGISTRATION_SERVER_TOKEN"         //nolint:gosec // a name
	adminTokenVariable  = "SMART_REGISTRATION_ADMIN_TOKEN"          //nolint:gosec // a name
)

func probeCommand() *cobra.Command {
	var from source
	var what probed
	cmd := &cobra.Command{
		Use: "probe [--config <file>] --url <url> --i-own-this-server [--initial-access-token-file <file>] " +
			"[--server-url <url>...] [--from-outside] [--json]",
		Short: "Looks at a running gateway and the server behind it, with clients that it registers and deletes",
		Long: fmt.Sprintf(`
Registers throw-away clients through the running gateway of the configuration
and around it, reads, updates and deletes them, and prints what it finds: whether
there is a way around the gateway, what is refused, which quirks the server has
and whether the dialect knows them, what discovery documents advertise, and
whether consent, full scope and PKCE are enforced, as far as that can be seen.

The gateway is asked at --url, its public address, and the server itself at the
addresses that the configuration has for its upstream, or at --server-url. Run it
on the gateway's machine, which reaches both, and with --from-outside where apps
are, which must reach the gateway alone.

It needs an initial access token that is good for %d clients, in the file of
--initial-access-token-file (- for standard input) or in the environment variable
%s. Where the gateway takes tokens
of a portal, the server's own go into --server-token-file or
%s. With an access token for Keycloak's admin API in
--admin-token-file or %s, the client's settings are
looked up there, and what its own token cannot delete is deleted.

All clients are called "smart-registration probe …" and are deleted at the end,
also after Ctrl-C, a time-out and an error. What could not be deleted is listed.

Exit status: 0 if nothing fails, 1 if something does, 2 if it cannot be found out.
`, probe.MaxRegistrations, tokenVariable, serverTokenVariable, adminTokenVariable),
		RunE: exits(func(cmd *cobra.Command, args []string) (bool, error) {
			if len(args) > 0 {
				return false, fmt.Errorf("%s takes no arguments", cmd.CommandPath())
			}
			return runProbe(cmd, from, what)
		}),
	}
	from.flags(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&what.consent, "i-own-this-server", false, "The operator's consent: clients may be registered at gateway and server")
	flags.StringVar(&what.url, "url", "", "Public address of the gateway's site (default: the handler's public_url)")
	flags.StringVar(&what.connectTo, "connect-to", "", "Where to connect to instead of the host of --url, as host:port")
	flags.StringArrayVar(&what.servers, "server-url", nil, "An address of the server (default: those of the handler's upstream)")
	flags.StringArrayVar(&what.discovery, "discovery-url", nil, "Another document that should name the gateway, such as a FHIR server's smart-configuration")
	flags.StringVar(&what.metadata, "metadata", "", "A client metadata document that the policy lets through (default: a small web app)")
	flags.StringVar(&what.tokenFile, "initial-access-token-file", "", "File with an initial access token for the gateway")
	flags.StringVar(&what.serverFile, "server-token-file", "", "File with one for the server itself (default: the gateway's, with passthrough)")
	flags.StringVar(&what.adminFile, "admin-token-file", "", "File with an access token for Keycloak's admin API (default: it is not asked)")
	flags.BoolVar(&what.outside, "from-outside", false, "This machine stands where apps do: that it reaches the server is a failure")
	flags.DurationVar(&what.timeout, "timeout", 2*time.Minute, "How long it may take; the clean-up has a minute more")
	flags.BoolVar(&what.asJSON, "json", false, "Print one JSON object")
	return cmd
}

// runProbe probes and prints, and tells whether nothing failed.
func runProbe(cmd *cobra.Command, from source, what probed) (bool, error) {
	if what.timeout <= 0 {
		return false, fmt.Errorf("--timeout is %s, must be more than nothing", what.timeout)
	}
	target, err := what.target(from, cmd.InOrStdin())
	if err != nil {
		return false, err
	}
	if err := target.Validate(); err != nil {
		return false, err
	}
	if !what.consent {
		return false, fmt.Errorf("this would register up to %d clients at %s and around it, at %s of %s, and delete them: "+
			"say --i-own-this-server if you may", probe.MaxRegistrations, target.Gateway, target.Path, strings.Join(target.Servers, " and "))
	}
	target.Interrupted = func(left []probe.Left) {
		fmt.Fprint(cmd.ErrOrStderr(), "Cleaning up.\n"+printable(leftText(left)))
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the clean-up, too
	ctx, cancel := context.WithTimeoutCause(ctx, what.timeout, fmt.Errorf("it took longer than %s", what.timeout))
	defer cancel()
	report, err := probe.Run(ctx, target)
	if report != nil {
		if failure := printReport(cmd.OutOrStdout(), report, what.asJSON); failure != nil {
			return false, errors.Join(err, failure)
		}
	}
	if err != nil {
		return false, err
	}
	return report.Good(), nil
}

// readToken reads a token from a file, or else from an environment variable. It is ""
// where there is neither.
func readToken(file, variable string, stdin io.Reader) (string, error) {
	var content []byte
	var err error
	switch file {
	case "":
		content = []byte(os.Getenv(variable))
	case "-":
		content, err = io.ReadAll(io.LimitReader(stdin, 64<<10))
	default:
		content, err = os.ReadFile(file)
	}
	if err != nil {
		return "", err
	}
	bearer := strings.TrimSpace(string(content))
	switch {
	case bearer == "" && file != "":
		return "", fmt.Errorf("there is no token in %s", file)
	case bearer != "" && !token.IsB64Token(bearer):
		return "", fmt.Errorf("what is in %s is no token", cmp.Or(file, variable))
	}
	return bearer, nil
}

// document reads the client metadata document to register, nil if none is named.
func (p probed) document() (*registration.Metadata, error) {
	if p.metadata == "" {
		return nil, nil //nolint:nilnil // none is one of the answers
	}
	content, err := os.ReadFile(p.metadata)
	if err != nil {
		return nil, err
	}
	document, err := registration.Decode(content)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %s", p.metadata, err.Error()) // no refusal of the document's
	}
	return document, nil
}
