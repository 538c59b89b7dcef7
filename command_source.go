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
	path            string // which of several; "" if there is one
}

func (s *source) flags(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&s.config, "config", "c", "", "Configuration file (default: the Caddyfile in this directory)")
	cmd.Flags().StringVarP(&s.adapter, "adapter", "a", "", "Name of the config adapter that reads it")
	cmd.Flags().StringVar(&s.path, "handler", "", "The path of the handler, where there are several")
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
	var handlers []*Handler
	for _, raw := range configuredHandlers(config) {
		h := new(Handler)
		if err := caddy.StrictUnmarshalJSON(raw, h); err != nil {
			return nil, fmt.Errorf("reading the %s handler: %w", directive, err)
		}
		h.setDefaults()
		handlers = append(handlers, h)
	}
	return s.pick(handlers)
}

func (s *source) pick(handlers []*Handler) (*Handler, error) {
	if len(handlers) == 0 {
		return nil, fmt.Errorf("there is no %s handler in the configuration", directive)
	}
	paths := make([]string, len(handlers))
	for i, h := range handlers {
		paths[i] = h.Path
	}
	there := strings.Join(paths, " ")
	if s.path != "" {
		handlers = slices.DeleteFunc(handlers, func(h *Handler) bool { return h.Path != s.path })
	}
	switch {
	case len(handlers) == 0:
		return nil, fmt.Errorf("no %s handler has the path %s (there are: %s)", directive, s.path, there)
	case len(handlers) == 1:
		return handlers[0], nil
	case s.path != "":
		return nil, fmt.Errorf("%d %s handlers have the path %s", len(handlers), directive, s.path)
	}
	return nil, fmt.Errorf("there are %d %s handlers: pick one with --handler (%s)", len(handlers), directive, there)
}

// configuredHandlers finds the handlers of this module in a JSON configuration,
// wherever a route can stand, each without the key that names the module. One
// site at several ports is adapted to as many servers with the same handler:
// what is there twice is returned once.
func configuredHandlers(config json.RawMessage) []json.RawMessage {
	var found []json.RawMessage
	var walk func(json.RawMessage)
	walk = func(raw json.RawMessage) {
		// A value of another type stays nil, and has nothing below it.
		var object map[string]json.RawMessage
		var array []json.RawMessage
		_ = json.Unmarshal(raw, &object)
		_ = json.Unmarshal(raw, &array)
		if string(object["handler"]) == `"`+directive+`"` {
			delete(object, "handler")
			handler, _ := json.Marshal(object) // was JSON a moment ago: cannot fail
			if !slices.ContainsFunc(found, func(other json.RawMessage) bool { return bytes.Equal(handler, other) }) {
				found = append(found, handler)
			}
			return
		}
		for _, name := range slices.Sorted(maps.Keys(object)) {
			walk(object[name])
		}
		for _, element := range array {
			walk(element)
		}
	}
	var whole struct {
		Apps struct {
			HTTP json.RawMessage `json:"http"`
		} `json:"apps"`
	}
	if json.Unmarshal(config, &whole) == nil {
		walk(whole.Apps.HTTP)
	}
	return found
}
