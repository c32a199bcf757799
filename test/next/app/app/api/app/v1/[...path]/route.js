import { gateway } from '../../../../../gateway.js';

export const dynamic = 'force-dynamic';
export const GET = gateway.fetch;
export const POST = gateway.fetch;
