// Registers a client with openid-client, as its documentation shows it, and then
// does what else it is asked on standard input. RFC 7592 is not part of the
// library: the client configuration endpoint is any protected resource to it.
import * as client from 'openid-client'
import { job, report } from './job.js'

async function run({ issuer, token, metadata, manage, grant }) {
	const config = await client.dynamicClientRegistration(new URL(issuer), metadata, undefined, {
		initialAccessToken: token,
		execute: [client.allowInsecureRequests],
	})
	const registered = config.clientMetadata()
	const result = { registered }
	if (grant) {
		result.token = await client.clientCredentialsGrant(config, { scope: grant })
	}
	if (manage) {
		const ask = (accessToken, method, document) =>
			client.fetchProtectedResource(
				config,
				accessToken,
				new URL(registered.registration_client_uri),
				method,
				document && JSON.stringify(document),
				new Headers({ 'content-type': 'application/json' }),
			)
		result.read = await ask(registered.registration_access_token, 'GET').then((r) => r.json())
		result.updated = await ask(registered.registration_access_token, 'PUT', { ...result.read, ...manage }).then((r) => r.json())
		result.deleted = (await ask(result.updated.registration_access_token, 'DELETE')).status
	}
	return result
}

report(run(await job()))
