const { createGateway, GATEWAY_ERRORS } = require('nordlys-proxy');
const { fakeUpstream } = require('nordlys-proxy/testing');
const manifest = require('nordlys-proxy/package.json');

const gateway = createGateway({
  keys: ['k'],
  providers: { demo: { baseUrl: 'http://127.0.0.1:1/v1', models: ['m'] } },
});
const { candidates } = gateway.plan({ model: 'm', messages: [{ role: 'user', content: 'hi' }] });
console.log(manifest.name, typeof fakeUpstream, GATEWAY_ERRORS.invalid_api_key.status, candidates[0].slug);
