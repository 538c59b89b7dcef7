package smartregistration

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/caddy-smart/smartregistration/internal/filewatch"
	"github.com/caddy-smart/smartregistration/internal/registration"
	"github.com/caddy-smart/smartregistration/internal/telemetry"
	"github.com/caddy-smart/smartregistration/internal/upstream"
	"github.com/caddy-smart/smartregistration/policy"
)

// PolicyConfig is a policy, written here or in a file.
type PolicyConfig struct {
	// File is a file that has the policy, instead of all that is beside it: a
	// JSON object with the members metadata_policy, rules, scopes and profiles,
	// or the same in YAML if its name ends in .yaml or .yml. It is read at start,
	// where anything wrong in it is an error, and again when its content has
	// changed, which is looked for every 10 seconds. What is wrong then is logged
	// and the policy stays as it was.
	File string `json:"file,omitempty"`

	policy.Config

	written []writtenPart // only while a Caddyfile is adapted
}

// UnmarshalJSON is strict where encoding/json is not: a part of a policy that is
// null, there twice or spelled otherwise is a mistake, and not no policy.
func (p *PolicyConfig) UnmarshalJSON(text []byte) error {
	document, err := registration.Decode(text)
	if err != nil {
		return errors.New("policy: not a JSON object in which no name occurs twice")
	}
	if file, there := document.Get("file"); there {
		var ok bool
		if p.File, ok = file.(string); !ok || p.File == "" {
			return errors.New("policy: file is not the name of a file")
		}
		document.Delete("file")
	}
	if p.Config, err = policy.Parse(document.Encode()); err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	return nil
}

// fileInterval is how often files are looked at again.
var fileInterval = 10 * time.Second

// provisionPolicy compiles the policy, and again when its file changes.
func (h *Handler) provisionPolicy(ctx caddy.Context) error {
	h.inForce = new(atomic.Pointer[policy.Policy])
	return h.providePolicy(ctx, "policy", h.Policy, func(p *policy.Policy) {
		h.inForce.Store(p)
		h.log.Info("policy in force", zap.String("policy_digest", p.Digest()))
		h.warnOfPolicy(p)
	})
}

// providePolicy compiles a policy and hands it on; of one in a file, each
// version of it.
func (h *Handler) providePolicy(ctx caddy.Context, setting string, from *PolicyConfig, use func(*policy.Policy)) error {
	if from == nil || from.File == "" {
		p, err := h.compile(from, nil)
		if err != nil {
			return fmt.Errorf("%s: %w", setting, err)
		}
		use(p)
		return nil
	}
	path, err := resolve(setting, from.File)
	if err != nil {
		return err
	}
	return h.watch(ctx, setting, path, func(content []byte) error {
		p, err := h.compile(&PolicyConfig{File: path}, content)
		if err == nil {
			use(p)
		}
		return err
	})
}

// watch loads a file now, where it has to be right, and whenever it changes.
func (h *Handler) watch(ctx caddy.Context, setting, path string, load func([]byte) error) error {
	file, err := filewatch.Open(path, load)
	if err != nil {
		return fmt.Errorf("%s: %w", setting, err)
	}
	broken := telemetry.FileBroken(setting, path)
	broken(false)
	log := h.log.With(zap.String("setting", setting), zap.String("file", path))
	go func() {
		defer broken(false) // nobody looks at it any more
		file.Watch(ctx, fileInterval, func(err error) {
			broken(err != nil)
			if err != nil {
				log.Error("the file has changed and is not used: what was read before stays", zap.Error(err))
				return
			}
			log.Info("the file has changed and is used")
		})
	}()
	return nil
}

// compile makes a policy of what is configured, and of the file's content where
// there is a file. It needs no context, so that the policy of a configuration
// can be tried without starting anything.
func (h *Handler) compile(from *PolicyConfig, content []byte) (*policy.Policy, error) {
	var config policy.Config
	switch {
	case from == nil:
	case from.File != "":
		parse := policy.Parse
		if extension := filepath.Ext(from.File); extension == ".yaml" || extension == ".yml" {
			parse = policy.ParseYAML
		}
		var err error
		if config, err = parse(content); err != nil {
			return nil, err
		}
	default:
		config = from.Config
	}
	config.BuiltIn = policy.BuiltIn{
		AllowGrants: h.AllowGrants, Off: h.BuiltIn.Off, Widening: policy.Widening(h.Widening), ReadOnly: policy.ReadOnly(h.ReadOnly),
	}
	config.Unreturned = h.unreturned()
	return policy.New(config)
}

// checkPolicies compiles what is written out, for a Caddyfile that is adapted. Files
// are read when it is started.
func (h *Handler) checkPolicies() []fault {
	var faults []fault
	for _, p := range []struct {
		setting string
		config  *PolicyConfig
	}{{"policy", h.Policy}, {"shadow", h.Shadow}} {
		if p.config == nil || p.config.File != "" {
			continue
		}
		if _, err := h.compile(p.config, nil); err != nil {
			faults = append(faults, fault{"widening", fmt.Errorf("%s: %w", p.setting, err)})
		}
	}
	return faults
}

// policyNow is a policy as it is configured and its file is now.
func (h *Handler) policyNow(setting string, from *PolicyConfig) (*policy.Policy, error) {
	var content []byte
	if from != nil && from.File != "" {
		path, err := resolve(setting, from.File)
		if err != nil {
			return nil, err
		}
		if content, err = os.ReadFile(path); err != nil {
			return nil, err
		}
		from = &PolicyConfig{File: path}
	}
	p, err := h.compile(from, content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", setting, err)
	}
	return p, nil
}

// unreturned tells which members the server does not return.
func (h *Handler) unreturned() func(member string) bool {
	dialect, err := upstream.Named(h.Dialect)
	if err != nil {
		return nil // which is an error elsewhere
	}
	return dialect.Unreturned
}

// startPlaceholder is one that other settings have replaced at start. A policy has not:
// it is compiled when a Caddyfile is adapted, where they are not known.
var startPlaceholder = regexp.MustCompile(`\{(env|file)\.[^{}"]+\}`)

// warnOfPolicy points out what is allowed and seldom meant: operators about members
// that are not registered metadata, a slip of the pen or a member of somebody's
// own, which is judged and never sent; what nothing can ever be or match; and what
// holds for new registrations only.
func (h *Handler) warnOfPolicy(p *policy.Policy) {
	for _, member := range p.Members() {
		if registration.KindOf(member) == 0 {
			h.log.Warn("the policy has operators on a member, or compares one with another, that is not registered client metadata",
				zap.String("member", member))
		}
	}
	if profiles := p.OutOfReach(h.ways()); len(profiles) > 0 {
		h.log.Warn("no token that is admitted can meet the conditions of these profiles", zap.Strings("profiles", profiles))
	}
	if values := p.RefusedValues(); len(values) > 0 {
		h.log.Warn("the policy has values that the built-in rules refuse", zap.Strings("values", values))
	}
	if scopes := p.DoubtfulScopes(); len(scopes) > 0 {
		h.log.Warn("the policy lists scopes that look like SMART's and are none: slips of the pen, or a server's own words",
			zap.Strings("scopes", scopes))
	}
	if placeholders := startPlaceholder.FindAllString(string(p.Document().Encode()), -1); placeholders != nil {
		slices.Sort(placeholders) // a policy is in each of its profiles
		h.log.Warn("placeholders in a policy are not replaced: they are compared letter by letter",
			zap.Strings("placeholders", slices.Compact(placeholders)))
	}
	members := slices.DeleteFunc(p.CreateOnly(), func(member string) bool { return registration.KindOf(member) == 0 })
	if len(members) > 0 {
		h.log.Warn("essential holds for new registrations only: the authorization server does not return these members, "+
			"so an update cannot be asked for them", zap.Strings("members", members))
	}
}
