import { createGateway } from '../../../src/gateway.js';
import { UPDATE } from '../../../src/gateway/update.js';
import { ERROR_HANDLER, errorHandler } from '../../../src/request/error-handler.js';
import { DRAIN } from '../../../src/runtime/drain.js';
import { STATUS_PAGE, statusPage } from '../../../src/status-page/status-page.js';
import { gateway, PROVIDERS, TYPES, type PublicGroup } from './public-group.js';

/** Functions beside `createGateway` and the stages. */
export const functionGroups: readonly PublicGroup[] = [
  {
    heading: '`gateway.update(options)`',
    text: 'Absent options stay as they are; `null` restores the default.',
    group: UPDATE,
    type: ['RouteOptions', TYPES],
    at: '',
    base: { providers: PROVIDERS },
    take: (options) => gateway({}).update(options as never),
  },
  {
    heading: '`gateway.drain(options)`',
    text: '',
    group: DRAIN,
    type: ['DrainOptions', 'runtime/drain.ts'],
    at: 'drain: ',
    base: {},
    take: (options) => DRAIN.parse(options),
  },
  {
    heading: '`errorHandler(options)`',
    text: '',
    group: ERROR_HANDLER,
    type: ['ErrorHandlerOptions', 'request/error-handler.ts'],
    at: 'errorHandler: ',
    base: {},
    take: errorHandler,
  },
  {
    heading: '`statusPage(gateway, options)`',
    text: 'Of `nordlys-proxy/status-page`.',
    group: STATUS_PAGE,
    type: ['StatusPageOptions', 'status-page/status-page.ts'],
    at: 'statusPage: ',
    base: {},
    take: (options) => {
      const shown = createGateway({ keys: ['demo-key'], providers: PROVIDERS });
      statusPage(shown, options);
      void shown.close();
    },
  },
];
