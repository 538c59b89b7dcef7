package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json"
	"go.yaml.in/yaml/v3"

	"github.com/caddy-smart/smartregistration/internal/registration"
)

// Parse reads a policy as files hold it: a JSON object with the members of
// [Config] (metadata_policy, rules, scopes, profiles). What is not known and what
// is there twice is an error. It is not compiled, see [New].
func Parse(document []byte) (Config, error) {
	var c Config
	read, err := registration.Decode(document)
	if err != nil {
		return c, policyText(err)
	}
	if err := noNulls("", read); err != nil {
		return c, err
	}
	return c, readInto(&c, read)
}

// noNulls refuses null where it would be taken for nothing: whoever wrote it
// meant something. What operators are given is theirs.
func noNulls(path string, m *Metadata) error {
	for _, member := range m.Members() {
		at := path + "/" + member.Name
		switch v := member.Value.(type) {
		case nil:
			return fmt.Errorf("%s is null; leave it out", at)
		case *Metadata:
			if member.Name == "metadata_policy" || member.Name == "metadata" {
				continue
			}
			if err := noNulls(at, v); err != nil {
				return err
			}
		case []any:
			for i, element := range v {
				switch element := element.(type) {
				case nil:
					return fmt.Errorf("%s/%d is null; leave it out", at, i)
				case *Metadata:
					if err := noNulls(at+"/"+index(i), element); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

// ParseYAML is [Parse] for YAML 1.2. JSON is YAML too, and is read more strictly
// by Parse.
func ParseYAML(document []byte) (Config, error) {
	var c Config
	var node yaml.Node
	documents := yaml.NewDecoder(bytes.NewReader(document))
	switch err := documents.Decode(&node); {
	case errors.Is(err, io.EOF):
		return c, errors.New("the policy is empty")
	case err != nil:
		return c, err
	}
	if err := documents.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return c, errors.New("there is more than one YAML document")
	}
	datesAreText(&node)
	var plain any
	if err := node.Decode(&plain); err != nil { // names that occur twice, aliases that explode
		return c, err
	}
	text, err := json.Marshal(plain)
	if err != nil {
		return c, fmt.Errorf("what is no JSON cannot be a policy: %w", err)
	}
	return Parse(text)
}

// datesAreText keeps what looks like a date as it is written: JSON has none.
func datesAreText(node *yaml.Node) {
	if node.ShortTag() == "!!timestamp" {
		node.Tag = "!!str"
	}
	for _, below := range node.Content {
		datesAreText(below)
	}
}

// readInto reads a document into a structure whose members are all that there
// may be.
func readInto(to any, document *Metadata) error {
	// encoding/json takes "Rules" for "rules", and the last of the two counts.
	err := json.Unmarshal(document.Encode(), to, json.RejectUnknownMembers(true))
	semantic, ok := errors.AsType[*json.SemanticError](err)
	switch {
	case !ok:
		return err
	case semantic.Err != nil:
		return fmt.Errorf("%s: %w", semantic.JSONPointer, semantic.Err)
	}
	return fmt.Errorf("%s: it cannot be a %s", semantic.JSONPointer, semantic.JSONKind)
}

// policyText is what is wrong with a text, without the words for a caller.
func policyText(err error) error {
	refusal, ok := errors.AsType[*registration.Error](err)
	if !ok || len(refusal.Violations) == 0 {
		return err
	}
	first := refusal.Violations[0]
	detail := strings.Replace(first.Detail, "the request body", "the policy", 1)
	if first.Pointer != "" {
		return fmt.Errorf("%s: %s", first.Pointer, detail)
	}
	return errors.New(detail)
}
