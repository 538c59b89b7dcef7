package main

import (
	_ "embed"
	"net"
	"regexp"
	"slices"
	"strings"
)

//go:embed Caddyfile
var measuredCaddyfile string

// caddySites are the sites of the Caddyfile. Each has its port in the variable
// that is named after it.
var caddySites = []string{bare, gateway, es256, es256Many, rs256, passthrough, respond}

func variable(site string) string { return "BENCH_" + strings.ToUpper(site) }

// settings are the variables of the Caddyfile, for an environment: where sites
// and upstream are, and the directory of the files.
func settings(upstream string, sites map[string]string, admin, state string) []string {
	ports := make([]string, len(caddySites))
	for i, site := range caddySites {
		_, port, _ := net.SplitHostPort(sites[site]) // which freeAddresses made, or nobody
		ports[i] = variable(site) + "=" + port
	}
	return slices.Concat(ports, []string{
		"BENCH_UPSTREAM=" + upstream,
		"BENCH_ADMIN=" + admin,
		"BENCH_STATE=" + state,
		"BENCH_ISSUER=" + issuer,
		"BENCH_AUDIENCE=" + audience,
		"BENCH_SECRET=" + secret,
		"BENCH_CREDENTIAL=" + strings.Repeat("credential", 60), // as long as an access token of Keycloak's
		"XDG_DATA_HOME=" + state,
		"XDG_CONFIG_HOME=" + state,
	})
}

// siteBlock is a site in the Caddyfile, with the variable of its port.
var siteBlock = regexp.MustCompile(`(?ms)^http://\S+\{\$(\w+)\} \{\n.*?^\}\n`)

// caddyfileOf is the Caddyfile with one site only.
func caddyfileOf(site string) string {
	return siteBlock.ReplaceAllStringFunc(measuredCaddyfile, func(block string) string {
		if siteBlock.FindStringSubmatch(block)[1] == variable(site) {
			return block
		}
		return ""
	})
}
