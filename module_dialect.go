package smartregistration

import (
	"errors"
	"fmt"
	"strings"

	"go.uber.org/zap"

	"github.com/caddy-smart/smartregistration/internal/upstream"
)

// provisionDialect picks the dialect, as the server's version speaks it.
func (h *Handler) provisionDialect() error {
	dialect, err := upstream.Named(h.Dialect)
	switch {
	case err != nil && h.Dialect == "":
		return fmt.Errorf("dialect: required for upstream_path %q (dialects: %v)", h.UpstreamPath, upstream.Names())
	case err != nil:
		return fmt.Errorf("dialect: %w", err)
	}
	if h.Version != "" && !dialect.Measured(h.Version) {
		h.log.Warn("the gateway was not tried on this version of the authorization server: one that is newer is taken for the newest it was tried on",
			zap.String("version", h.Version))
	}
	h.dialect = dialect.For(h.Version, func(learned upstream.Versions) {
		h.log.Info("the authorization server's replies tell its version", zap.Stringer("version", learned))
	})
	return nil
}

func (h *Handler) checkDialect() []fault {
	if h.Dialect == "" && h.UpstreamPath != "" {
		return []fault{{"upstream_path", fmt.Errorf("dialect is required for upstream_path %q: keycloak or generic", h.UpstreamPath)}}
	}
	if h.Dialect == "keycloak" && strings.Contains(h.UpstreamPath, "/clients-registrations/") &&
		!strings.HasSuffix(h.UpstreamPath, "/openid-connect") {
		return []fault{{"upstream_path", fmt.Errorf("upstream_path %q: only Keycloak's provider openid-connect can be governed; "+
			"the others take Keycloak's own representation of a client", h.UpstreamPath)}}
	}
	return []fault{
		{"dialect", oneOf("dialect", h.Dialect, "", "keycloak", "generic")},
		{"dialect", h.checkVersion()},
	}
}

func (h *Handler) checkVersion() error {
	switch {
	case h.Version == "":
		return nil
	case h.Dialect == "generic":
		return errors.New("dialect generic has no versions")
	}
	if err := upstream.CheckVersion(h.Version); err != nil {
		return fmt.Errorf("dialect: %w", err)
	}
	return nil
}
