package main

// picture is a plot of the report.
type picture struct {
	file, title string
	decimals    int
	bars        []bar
}

// plots are those that there are figures for.
func (r *Results) plots() []picture {
	throughput := picture{file: "throughput.svg", title: "throughput, the bare proxy's is 1", decimals: 2}
	cpu := picture{file: "cpu.svg", title: "CPU per request, µs", decimals: 0}
	for _, f := range r.Figures {
		ours := isOurs(f.Scenario)
		throughput.bars = append(throughput.bars, bar{f.Scenario, f.Ratio, ours})
		cpu.bars = append(cpu.bars, bar{f.Scenario, f.CPU, ours})
	}
	all := []picture{throughput, cpu}
	if k := r.Keycloak; k != nil {
		all = append(all, picture{file: "keycloak.svg", title: "refused a second, on one core", decimals: 0, bars: []bar{
			{"bad token, here", k.RefuseToken.Subject, true},
			{"by Keycloak", k.RefuseToken.Base, false},
			{"bad scope, here", k.RefusePolicy.Subject, true},
			{"by Keycloak", k.RefusePolicy.Base, false},
		}})
	}
	return all
}

// isOurs tells whether the gateway answers a scenario.
func isOurs(name string) bool {
	switch name {
	case bare, bareRead, respond, peerNginx, peerHAProxy, peerHAProxyRefuse:
		return false
	}
	return true
}
