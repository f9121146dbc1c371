// One filled-in value of every message, for round trips, the stored old bytes and the fuzz corpus.
#pragma once

#include "messages/codec/codec.h"

namespace pith::sample {

inline CompressRequest request() {
  CompressRequest request;
  request.tenant_hash = 0x1122334455667788ULL;
  request.priority = Priority::kShadow;
  request.policy = "ngram-en";
  request.segments = {
      {.text = "The quick brown fox.", .kind = SegmentKind::kDocument, .query = "fox?"},
      {.text = "Zwölf Boxkämpfer", .kind = SegmentKind::kToolResult, .query = "fox?"},
      {.text = "plain", .kind = SegmentKind::kPlain, .query = {}}};
  request.options.target_rate = 0.4F;
  request.options.reader = "cl100k_base";
  request.options.protect = kProtectNumbers | kProtectUrls;
  request.options.force_tokens = {"quick", "fox"};
  request.options.min_tokens = 12;
  request.options.min_gain = 0.05F;
  request.options.structure = false;
  request.options.prose = false;
  request.options.repeat_markers = true;
  return request;
}

/// Fits request().
inline CompressReply reply() {
  CompressReply reply;
  reply.policy = std::string(64, 'a');
  reply.policy_name = "ngram-en";
  reply.segments.resize(3);
  reply.segments[0] = {.kept = {{0, 4}, {10, 20}},
                       .markers = {{12, 3}},
                       .origin_tokens = 5,
                       .compressed_tokens = 3,
                       .threshold = 0.5F,
                       .transforms = {"prose"},
                       .notes = {"kept 1 number"}};
  reply.segments[1].kept = {{0, 18}};
  reply.segments[2].kept = {{0, 5}};
  reply.queue_us = 17;
  reply.compute_us = 420;
  return reply;
}

inline Ready ready() {
  return {.instance = 99, .service = "compressd", .credit = 64, .policy = "abc", .max_tokens = 0};
}
inline Heartbeat heartbeat() {
  return {.instance = 99, .seq = 3, .in_flight = 2, .credit = 64, .state = PeerState::kDraining};
}
inline Fault fault() {
  return {.code = ErrorCode::kOverloaded, .retry_after_ms = 50, .text = "full: in_flight=256"};
}
inline Decision decision() {
  Decision decision;
  decision.decision_id = "018f2b6c-0000-7000-8000-000000000001";
  decision.conversation = std::string(32, 'c');
  decision.tenant = "default";
  decision.t_us = 1'700'000'000'000'000;
  decision.kind = DecisionKind::kBypass;
  decision.api = "openai-chat";
  decision.model = "gpt-4o";
  decision.status = "bypass:deadline_exceeded";
  decision.target_rate = 0.5F;
  decision.tokens_before = 1000;
  decision.tokens_after = 600;
  decision.new_tokens_before = 500;
  decision.new_tokens_after = 100;
  decision.num_texts = 3;
  decision.num_new = 1;
  decision.queue_us = 1;
  decision.compute_us = 2;
  decision.total_us = 3;
  return decision;
}
inline Reward reward() {
  Reward reward;
  reward.event_id = std::string(32, 'e');
  reward.decision_id = "018f2b6c-0000-7000-8000-000000000001";
  reward.metric = "thumbs";
  reward.source = "user";
  reward.value = 1.0;
  reward.weight = 0.5;
  reward.t_us = 1'700'000'000'000'001;
  reward.final = true;
  return reward;
}

inline std::span<const std::uint8_t> bytes(const flatbuffers::DetachedBuffer& buffer) {
  return {buffer.data(), buffer.size()};
}

}  // namespace pith::sample
