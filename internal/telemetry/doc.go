// Package telemetry names what this module leaves behind: log fields and
// metrics, in one place, so that a dashboard can be written from this page.
//
// Every decision is one log line of the logger
// http.handlers.smart_registration.decision, "client registration" with how it
// ended, see [Decision.Message]: at info for a success and for a
// refusal, at warn where the authorization server or a part of the gateway
// failed, or a member that matters for security is not as decided and the caller
// was told; at error where the server may hold a client that nobody knows of, an
// update failed whose caller may have lost its token, or a rule of the policy could
// not be evaluated. Its fields are the Field constants. A field that has nothing to
// say is left out.
//
// The access log line of the request carries registration_operation,
// registration_outcome and registration_client_id.
//
// The metrics, in Caddy's registry:
//
//	caddy_smart_registration_decisions_total{operation,outcome}     counter
//	caddy_smart_registration_upstream_duration_seconds{operation}   histogram
//	caddy_smart_registration_quirks_total{quirk}                    counter
//	caddy_smart_registration_mismatches_total{settled}              counter
//	caddy_smart_registration_possible_orphans_total                 counter
//	caddy_smart_registration_policy_errors_total{rule}              counter
//	caddy_smart_registration_shadow_decisions_total{result}         counter
//	caddy_smart_registration_file_broken{setting,file}              gauge
//
// Label values are from closed lists, those of rules and files being the
// operator's: nothing that a caller sends becomes one.
//
// Where the shadow policy decides otherwise than the one in force, the logger
// http.handlers.smart_registration.shadow has a line at info, with result
// (stricter, looser, different) and the fields of what the shadow policy decided;
// enforced_violations are those of the policy in force, and request_id joins the
// line to the decision's.
//
// No token, secret or whole document is ever logged. Tokens appear as the first
// 16 hexadecimal digits of their SHA-256; values in violations and changes are
// cut to [MaxValue] bytes and the error to [MaxError], and members that hold a
// secret are named without their value.
package telemetry
