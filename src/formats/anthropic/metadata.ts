import { isRecord } from '../../util/json-object.js';
import type { ChatRequest } from '../../chat/types.js';
import type { Translation } from './translation.js';

const MAX_USER_ID = 256;

/**
 * `metadata.user_id`, which must be opaque: `safety_identifier`, else the caller's own `metadata.user_id`, else `user`
 * where the host states that it holds no mail address or phone number.
 */
export function sentMetadata(
  request: ChatRequest,
  { dropped, options }: Translation,
): { readonly user_id: string } | undefined {
  const metadata = isRecord(request.metadata) ? request.metadata : {};
  const wanted: readonly (readonly [member: string, value: unknown])[] = [
    ['safety_identifier', request['safety_identifier']],
    ['metadata', metadata['user_id']],
    ['user', options.sendUser ? request.user : undefined],
  ];
  const [member, id] = wanted.find(([, value]) => isText(value)) ?? ['', ''];
  const others = Object.keys(metadata).filter((key) => key !== 'user_id' || member !== 'metadata');
  if (others.length > 0) dropped.add('metadata');
  if (!isText(id)) return undefined;
  if (id.length <= MAX_USER_ID) return { user_id: id };
  dropped.add(member);
  return undefined;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
