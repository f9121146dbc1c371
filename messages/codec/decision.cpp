#include <cmath>

#include "decision_generated.h"
#include "messages/codec/verified.h"

namespace pith {

using codec::malformed;

flatbuffers::DetachedBuffer encode(const Decision& decision) {
  flatbuffers::FlatBufferBuilder builder(512);
  const auto decision_id = builder.CreateString(decision.decision_id);
  const auto conversation = builder.CreateString(decision.conversation);
  const auto tenant = builder.CreateString(decision.tenant);
  const auto api = builder.CreateString(decision.api);
  const auto model = builder.CreateString(decision.model);
  const auto policy = builder.CreateString(decision.policy);
  const auto status = builder.CreateString(decision.status);
  return codec::finish(
      builder,
      wire::CreateDecision(builder, decision_id, conversation, tenant, decision.t_us,
                           static_cast<std::uint8_t>(decision.kind), api, model, policy, status,
                           decision.target_rate, decision.tokens_before, decision.tokens_after,
                           decision.new_tokens_before, decision.new_tokens_after,
                           decision.num_texts, decision.num_new, decision.queue_us,
                           decision.compute_us, decision.total_us),
      wire::DecisionIdentifier());
}

Result<Decision> decode_decision(std::span<const std::uint8_t> bytes) {
  if (bytes.size() > kMessageBytesMax) return malformed("Decision", "bytes");
  const codec::AlignedBytes aligned(bytes);
  const auto* wire = codec::verified_root<wire::Decision>(aligned, wire::DecisionIdentifier());
  if (wire == nullptr) return malformed("Decision", "not verified");
  Decision decision;
  const auto read = [](const flatbuffers::String* from, std::string& to) {
    auto text = codec::short_text(from);
    if (text) to = std::move(*text);
    return text.has_value();
  };
  if (!read(wire->decision_id(), decision.decision_id) ||
      !read(wire->conversation(), decision.conversation) ||
      !read(wire->tenant(), decision.tenant) || !read(wire->api(), decision.api) ||
      !read(wire->model(), decision.model) || !read(wire->policy(), decision.policy) ||
      !read(wire->status(), decision.status)) {
    return malformed("Decision", "a name is too long or not UTF-8");
  }
  if (decision.decision_id.size() != 36) return malformed("Decision", "decision_id");
  if (wire->kind() < static_cast<std::uint8_t>(DecisionKind::kGreedy) ||
      wire->kind() > static_cast<std::uint8_t>(DecisionKind::kReuse)) {
    return malformed("Decision", "kind=" + std::to_string(wire->kind()));
  }
  decision.kind = static_cast<DecisionKind>(wire->kind());
  decision.t_us = wire->t_us();
  decision.target_rate = wire->target_rate();
  if (!std::isfinite(decision.target_rate) || decision.target_rate < 0.0F ||
      decision.target_rate > 1.0F) {
    return malformed("Decision", "target_rate");
  }
  decision.tokens_before = wire->tokens_before();
  decision.tokens_after = wire->tokens_after();
  decision.new_tokens_before = wire->new_tokens_before();
  decision.new_tokens_after = wire->new_tokens_after();
  decision.num_texts = wire->num_texts();
  decision.num_new = wire->num_new();
  if (decision.num_new > decision.num_texts) return malformed("Decision", "num_new");
  decision.queue_us = wire->queue_us();
  decision.compute_us = wire->compute_us();
  decision.total_us = wire->total_us();
  return decision;
}

}  // namespace pith
