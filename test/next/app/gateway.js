import { createGateway } from 'nordlys-proxy';

export const gateway = createGateway({
  keys: ['demo-key'],
  providers: { demo: { baseUrl: process.env.UPSTREAM, models: ['m'] } },
});
