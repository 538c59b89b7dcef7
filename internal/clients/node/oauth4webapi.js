// Registers a client with oauth4webapi, as its documentation shows it, and then
// does what else it is asked on standard input. RFC 7592 is not part of the
// library: the client configuration endpoint is any protected resource to it.
import * as oauth from 'oauth4webapi'
import { job, report } from './job.js'

const insecure = { [oauth.allowInsecureRequests]: true }

async function run({ issuer, token, metadata, manage, grant }) {
	const url = new URL(issuer)
	const as = await oauth
		.discoveryRequest(url, { ...insecure, algorithm: 'oidc' })
		.then((response) => oauth.processDiscoveryResponse(url, response))
	const registered = await oauth
		.dynamicClientRegistrationRequest(as, metadata, { ...insecure, initialAccessToken: token })
		.then(oauth.processDynamicClientRegistrationResponse)
	const result = { registered }
	if (grant) {
		const auth = oauth.ClientSecretBasic(registered.client_secret)
		result.token = await oauth
			.clientCredentialsGrantRequest(as, registered, auth, { scope: grant }, insecure)
			.then((response) => oauth.processClientCredentialsResponse(as, registered, response))
	}
	if (manage) {
		const ask = (accessToken, method, document) =>
			oauth.protectedResourceRequest(
				accessToken,
				method,
				new URL(registered.registration_client_uri),
				new Headers({ 'content-type': 'application/json' }),
				document && JSON.stringify(document),
				insecure,
			)
		result.read = await ask(registered.registration_access_token, 'GET').then((r) => r.json())
		result.updated = await ask(registered.registration_access_token, 'PUT', { ...result.read, ...manage }).then((r) => r.json())
		result.deleted = (await ask(result.updated.registration_access_token, 'DELETE')).status
	}
	return result
}

report(run(await job()))
