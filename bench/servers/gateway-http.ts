// This package with everything on and no framework around it.
import { setup } from '../lib/channel.ts';
import { createGateway } from '../lib/package.ts';
import { gatewayOptions } from './gateway-options.ts';
import { listen, type ServerSetup } from './listen.ts';

listen(createGateway(gatewayOptions(setup<ServerSetup>().upstreams)));
