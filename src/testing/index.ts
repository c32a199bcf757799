/** The test kit: scripted upstreams, and contract suites for stores, wire formats and transports of your own. */

// Scripted upstreams.
export { fakeUpstream } from './fake-upstream.js';
export type { FakeUpstream, FakeUpstreamOptions } from './fake-upstream.js';
export type { LedgerEntry, ReceivedRequest } from './request-log.js';
export type { Clock, Timer } from '../contracts/clock.js';

// Scripts: what an upstream does with one request.
export { chat, completion, stream } from './chat-responses.js';
export { error, json, raw } from './responses.js';
export { sse } from './event-streams.js';
export { anthropicError, anthropicEvents, anthropicReply } from './anthropic-upstream.js';
export { awsEventStream, converseBody, converseFrames } from './aws-responses.js';
export { AWS_EVENT_STREAM_HEADERS, awsErrorFrame, awsFrame, cutFrame, withBadCrc } from './aws-frames.js';
export { converseError, converseReply } from './converse-upstream.js';
export { geminiError, geminiReply, geminiResponses } from './gemini-upstream.js';
export {
  close,
  keepAliveOnly,
  earlyResponse,
  hang,
  ignoreAbort,
  reset,
  stale,
  stall,
  stopReading,
} from './interruptions.js';
export type { CompletionOptions, StreamOptions } from './chat-responses.js';
export type { ChatBodyOptions, ChunkOptions, FakeToolCall, StreamPart } from './chat-bodies.js';
export type { ResponseOptions, RawOptions } from './responses.js';
export type { AnthropicReply, AnthropicReplyOptions } from './anthropic-upstream.js';
export type { ConverseOptions } from './aws-responses.js';
export type { AwsFrame } from './aws-frames.js';
export type { ConverseReply, ConverseReplyOptions } from './converse-upstream.js';
export type { GeminiReply, GeminiReplyOptions } from './gemini-upstream.js';
export type { BlockReply } from './native-replies.js';
export type { EventStreamOptions, StreamEnding, StreamEvent } from './event-streams.js';
export type { DripOptions, InterruptionOptions, Moment, StallOptions } from './interruptions.js';
export type { ResponseHeaders } from './wire.js';
export type { Ending, Piece, Script, ScriptSource, Step } from './script.js';

// Faults and hostile responses, by name.
export { faults } from './faults.js';
export { anthropicFaults } from './anthropic-faults.js';
export { awsFaults } from './aws-faults.js';
export { geminiFaults } from './gemini-faults.js';
export { hostileHeads } from './hostile-heads.js';
export type { Fault } from './fault.js';
export type { FaultName } from './faults.js';
export type { HostileHead } from './hostile-head.js';

// Contract suites.
export { storeContract } from './store-contract.js';
export { limitStoreContract } from './limit-store-contract.js';
export { providerContract } from './provider-contract.js';
export { transportContract } from './transport-contract.js';
export type { ContractTest } from './contract-test.js';
export type { MakeStore, StoreContractOptions } from './store-contract.js';
export type { LimitStoreContractOptions, MakeLimitStore } from './limit-store-contract.js';
export type { StreamFixture } from './contract-values.js';
export type { ExchangeFixture } from './exchange-cases.js';
export type { ProviderFixtures } from './provider-contract.js';
export type { TransportContractOptions } from './transport-contract.js';
