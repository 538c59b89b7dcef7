// An authorization server that keeps to RFC 7591 and 7592, for the contract. What
// it says of itself to the tests is below /test/, on the same port.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { Provider } from 'oidc-provider'

const { issuer, scopes } = JSON.parse(process.argv[2])

const provider = new Provider(issuer, {
  scopes: ['openid', 'offline_access', ...scopes],
  responseTypes: ['code'],
  clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
  cookies: { keys: ['for tests alone'] },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    registration: { enabled: true, initialAccessToken: true },
    registrationManagement: { enabled: true, rotateRegistrationAccessToken: true }
  }
})
provider.proxy = true

provider.use(async (ctx, next) => {
  if (ctx.path === '/test/initial-access-token') {
    ctx.body = { token: await new provider.InitialAccessToken({}).save() }
  } else if (ctx.path.startsWith('/test/client/')) {
    const client = await provider.Client.find(ctx.path.slice('/test/client/'.length))
    ctx.body = client ? client.metadata() : {}
  } else {
    await next()
  }
})

const server = createServer(provider.callback())
server.listen(0, '127.0.0.1')
await once(server, 'listening')
console.log(JSON.stringify({ port: server.address().port }))

// It ends with whoever started it, however that ends.
process.stdin.on('end', () => process.exit(0)).resume()
