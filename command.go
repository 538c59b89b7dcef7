package smartregistration

import (
	"errors"
	"fmt"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"

	"github.com/spf13/cobra"
)

func init() {
	caddycmd.RegisterCommand(caddycmd.Command{
		Name:  "smart-registration",
		Usage: "check|policy|probe",
		Short: "Tries out what a smart_registration handler would let be registered",
		Long: `
Shows what the policy of a smart_registration handler decides, before a
developer meets it. Nothing is started, and nothing is asked of the network,
except by probe, which looks at the running gateway.

The handler is the one in the configuration, which is named as for
'caddy run'. Where there are several, --handler picks one by its path.

Who is asking is not judged: tokens, and what a rule asks of a token's claims
or of the caller's address, are known only to the running gateway.

Exit status: 0 if all is as it should be, 1 if a registration is refused or a
case fails, 2 if it cannot be found out.
`,
		CobraFunc: func(cmd *cobra.Command) {
			group(cmd)
			cmd.SetFlagErrorFunc(fail)
			cmd.AddCommand(checkCommand(), policyCommand(), probeCommand())
		},
	})
}

func checkCommand() *cobra.Command {
	var from source
	var what checked
	cmd := &cobra.Command{
		Use:   "check [--config <file>] [--update-of <registered.json>] [--token-claims <claims.json>] <metadata.json>...",
		Short: "Prints the decision on client metadata documents",
		Long: `
Prints the decision on each client metadata document: whether it is admitted,
everything that is changed and the rule that changes it, everything that is
wrong and what would have been allowed, and the document that comes out, which
of a refusal is only what the rules have judged.

With --update-of, the documents are updates of that registration, which is one
as the gateway answers it. With --token-claims, a token with these claims vouches
for them, which is not verified.
`,
		RunE: exits(func(cmd *cobra.Command, files []string) (bool, error) {
			return runCheck(cmd.OutOrStdout(), from, what, files)
		}),
	}
	from.flags(cmd)
	cmd.Flags().StringVar(&what.updateOf, "update-of", "", "The registration that the documents are updates of")
	cmd.Flags().StringVar(&what.tokenClaims, "token-claims", "", "The claims of the token that vouches for the documents")
	cmd.Flags().BoolVar(&what.asJSON, "json", false, "Print one JSON object a document")
	return cmd
}

func policyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy print|preset|test",
		Short: "Prints a policy or a preset, or holds a policy against cases",
	}
	group(cmd)
	cmd.AddCommand(policyPrintCommand(), policyPresetCommand(), policyTestCommand())
	return cmd
}

func policyPrintCommand() *cobra.Command {
	var from source
	var what checked
	cmd := &cobra.Command{
		Use:   "print [--config <file>] [--token-claims <claims.json>] [<metadata.json>]",
		Short: "Prints the policy in force, or what judges one registration, as JSON",
		Long: `
Prints the policy in force: its profiles in the order in which they are tried,
each with its operators, merged, and the layers that each comes from.

With a client metadata document: the profile that is for it and the operators
that judge it, those of a token with --token-claims merged into them.
`,
		RunE: exits(func(cmd *cobra.Command, args []string) (bool, error) {
			switch {
			case len(args) == 1:
				return runMergedPrint(cmd.OutOrStdout(), from, what, args[0])
			case len(args) > 1 || what != checked{}:
				return false, fmt.Errorf("%s takes one client metadata document, which the other flags are about", cmd.CommandPath())
			}
			return true, runPolicyPrint(cmd.OutOrStdout(), from)
		}),
	}
	from.flags(cmd)
	cmd.Flags().StringVar(&what.updateOf, "update-of", "", "The registration that the document is an update of")
	cmd.Flags().StringVar(&what.tokenClaims, "token-claims", "", "The claims of the token that vouches for the document")
	return cmd
}

func policyPresetCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "preset [<name>]",
		Short: "Prints a preset to copy and change, or the names of all",
		RunE: exits(func(cmd *cobra.Command, args []string) (bool, error) {
			if len(args) > 1 {
				return false, fmt.Errorf("%s takes the name of one preset", cmd.CommandPath())
			}
			return true, runPreset(cmd.OutOrStdout(), args)
		}),
	}
}

func policyTestCommand() *cobra.Command {
	var from source
	cmd := &cobra.Command{
		Use:   "test [--config <file>] <directory>",
		Short: "Holds the policy against a directory of cases",
		Long: `
Decides each case of a directory and prints how it went. A case is a file
NAME.json:

	{
		"metadata": {"redirect_uris": ["https://*.example.org/cb"]},
		"expect": {
			"admitted": false,
			"violations": ["redirect_uri_wildcard /redirect_uris/0"]
		}
	}

"violations" are all there are to be, in any order, each as its rule and its
JSON pointer. "metadata" in "expect" names members of the document that comes
out, null for one that is to be absent. Either may be left out. "update_of"
beside "metadata" makes the case an update of that registration, "token_claims"
are the claims of the token that vouches for a new one.
`,
		RunE: exits(func(cmd *cobra.Command, args []string) (bool, error) {
			if len(args) != 1 {
				return false, errors.New("one directory of cases is needed")
			}
			return runPolicyTest(cmd.OutOrStdout(), from, args[0])
		}),
	}
	from.flags(cmd)
	return cmd
}

// group makes a command that is nothing without a subcommand. By itself cobra
// takes one that does not exist for a question, prints the help and ends well,
// and a slip of the pen would make a CI green for ever.
func group(cmd *cobra.Command) {
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return fail(cmd, fmt.Errorf("there is no command %q below %q", args[0], cmd.CommandPath()))
		}
		return cmd.Help()
	}
}

// errNotGood ends with status 1. What is not good has been printed.
var errNotGood = errors.New("not all is as it should be")

// exits makes an exit status of what a command finds: 0 if all is good, 1 if
// not, 2 if it could not be found out.
func exits(run func(*cobra.Command, []string) (good bool, err error)) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		good, err := run(cmd, args)
		switch {
		case err != nil:
			return fail(cmd, err)
		case !good:
			cmd.SilenceErrors = true
			return errNotGood
		}
		return nil
	}
}

// fail ends with status 2. Only Caddy's own wrapper can make another status than
// 1 of an error; it logs the error as Caddy does.
func fail(cmd *cobra.Command, err error) error {
	return caddycmd.WrapCommandFuncForCobra(func(caddycmd.Flags) (int, error) { return 2, err })(cmd, nil)
}
