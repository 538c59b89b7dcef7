package smartregistration

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"

	"github.com/caddyserver/caddy/v2"
	"github.com/spf13/cobra"
)

// source is where a command finds its handler.
type source struct {
	config, adapter string // as for caddy run
	path            string // which of several, with the site's host before it or without; "" if there is one
}

func (s *source) flags(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&s.config, "config", "c", "", "Configuration file (default: the Caddyfile in this directory)")
	cmd.Flags().StringVarP(&s.adapter, "adapter", "a", "", "Name of the config adapter that reads it")
	cmd.Flags().StringVar(&s.path, "handler", "", "The path of the handler, where there are several, with the host of its site before it if need be (auth.example.org/register)")
}

// handler reads the configuration and returns the handler in it, with its
// defaults but not provisioned.
func (s *source) handler() (*Handler, error) {
	config, _, _, err := caddycmd.LoadConfig(s.config, s.adapter)
	if err != nil {
		return nil, err
	}
	if len(config) == 0 {
		return nil, errors.New("there is no Caddyfile in this directory: name a configuration with --config")
	}
	var handlers []configured
	for _, found := range configuredHandlers(config) {
		found.Handler = new(Handler)
		if err := caddy.StrictUnmarshalJSON(found.raw, found.Handler); err != nil {
			return nil, fmt.Errorf("reading the %s handler: %w", directive, err)
		}
		found.setDefaults()
		handlers = append(handlers, found)
	}
	return s.pick(handlers)
}

func (s *source) pick(handlers []configured) (*Handler, error) {
	if len(handlers) == 0 {
		return nil, fmt.Errorf("there is no %s handler in the configuration", directive)
	}
	all := handlers
	if s.path != "" {
		handlers = slices.DeleteFunc(slices.Clone(all), func(c configured) bool {
			return c.Path != s.path && !slices.Contains(c.addresses(), s.path)
		})
	}
	switch {
	case len(handlers) == 0:
		return nil, fmt.Errorf("no %s handler has the path %s (there are: %s)", directive, s.path, addressesOf(all))
	case len(handlers) == 1:
		return handlers[0].Handler, nil
	case s.path != "":
		return nil, fmt.Errorf("%d %s handlers have the path %s (there are: %s)", len(handlers), directive, s.path, addressesOf(all))
	}
	return nil, fmt.Errorf("there are %d %s handlers: pick one with --handler (%s)", len(handlers), directive, addressesOf(all))
}

// configured is a handler as it stands in a configuration.
type configured struct {
	*Handler
	raw   json.RawMessage
	hosts []string // of the sites that have it, as far as they are named
}

// addresses are what the handler can be picked by, besides its path.
func (c configured) addresses() []string {
	if len(c.hosts) == 0 {
		return []string{c.Path}
	}
	addresses := make([]string, len(c.hosts))
	for i, host := range c.hosts {
		addresses[i] = host + c.Path
	}
	return addresses
}

func addressesOf(handlers []configured) string {
	var all []string
	for _, c := range handlers {
		all = append(all, c.addresses()...)
	}
	return strings.Join(all, " ")
}

// configuredHandlers finds the handlers of this module in a JSON configuration,
// wherever a route can stand, each without the key that names the module. One
// site at several ports is adapted to as many servers with the same handler:
// what is there twice is returned once, with the hosts of all.
func configuredHandlers(config json.RawMessage) []configured {
	var found []configured
	add := func(handler json.RawMessage, hosts []string) {
		i := slices.IndexFunc(found, func(c configured) bool { return bytes.Equal(handler, c.raw) })
		if i < 0 {
			found = append(found, configured{raw: handler, hosts: slices.Clone(hosts)})
			return
		}
		for _, host := range hosts {
			if !slices.Contains(found[i].hosts, host) {
				found[i].hosts = append(found[i].hosts, host)
			}
		}
	}
	var walk func(raw json.RawMessage, hosts []string)
	walk = func(raw json.RawMessage, hosts []string) {
		// A value of another type stays nil, and has nothing below it.
		var object map[string]json.RawMessage
		var array []json.RawMessage
		_ = json.Unmarshal(raw, &object)
		_ = json.Unmarshal(raw, &array)
		if string(object["handler"]) == `"`+directive+`"` {
			delete(object, "handler")
			handler, _ := json.Marshal(object) // was JSON a moment ago: cannot fail
			add(handler, hosts)
			return
		}
		if own := matchedHosts(object["match"]); own != nil {
			hosts = own
		}
		for _, name := range slices.Sorted(maps.Keys(object)) {
			walk(object[name], hosts)
		}
		for _, element := range array {
			walk(element, hosts)
		}
	}
	var whole struct {
		Apps struct {
			HTTP json.RawMessage `json:"http"`
		} `json:"apps"`
	}
	if json.Unmarshal(config, &whole) == nil {
		walk(whole.Apps.HTTP, nil)
	}
	return found
}

// matchedHosts are the hosts that a route is for, nil where it does not say.
func matchedHosts(match json.RawMessage) (hosts []string) {
	var sets []struct {
		Host []string `json:"host"`
	}
	_ = json.Unmarshal(match, &sets) // what is of another form names no host
	for _, set := range sets {
		hosts = append(hosts, set.Host...)
	}
	return hosts
}
