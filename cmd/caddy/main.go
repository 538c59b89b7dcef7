// Command caddy is Caddy with its standard modules and smart_registration.
package main

import (
	caddycmd "github.com/caddyserver/caddy/v2/cmd"

	_ "github.com/caddyserver/caddy/v2/modules/standard"

	_ "github.com/caddy-smart/smartregistration"
)

func main() {
	caddycmd.Main()
}
