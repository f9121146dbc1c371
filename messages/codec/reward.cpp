#include <cmath>

#include "messages/codec/verified.h"
#include "reward_generated.h"

namespace pith {

using codec::malformed;

flatbuffers::DetachedBuffer encode(const Reward& reward) {
  flatbuffers::FlatBufferBuilder builder(256);
  const auto event_id = builder.CreateString(reward.event_id);
  const auto decision_id = builder.CreateString(reward.decision_id);
  const auto conversation = builder.CreateString(reward.conversation);
  const auto metric = builder.CreateString(reward.metric);
  const auto source = builder.CreateString(reward.source);
  return codec::finish(
      builder,
      wire::CreateReward(builder, event_id, decision_id, conversation, metric, source, reward.value,
                         reward.weight, reward.t_us, reward.final),
      wire::RewardIdentifier());
}

Result<Reward> decode_reward(std::span<const std::uint8_t> bytes) {
  if (bytes.size() > kMessageBytesMax) return malformed("Reward", "bytes");
  const codec::AlignedBytes aligned(bytes);
  const auto* wire = codec::verified_root<wire::Reward>(aligned, wire::RewardIdentifier());
  if (wire == nullptr) return malformed("Reward", "not verified");
  Reward reward;
  const auto read = [](const flatbuffers::String* from, std::string& to) {
    auto text = codec::short_text(from);
    if (text) to = std::move(*text);
    return text.has_value();
  };
  if (!read(wire->event_id(), reward.event_id) || !read(wire->decision_id(), reward.decision_id) ||
      !read(wire->conversation(), reward.conversation) || !read(wire->metric(), reward.metric) ||
      !read(wire->source(), reward.source)) {
    return malformed("Reward", "a name is too long or not UTF-8");
  }
  if (reward.event_id.size() != 32) return malformed("Reward", "event_id");
  if (reward.decision_id.empty() == reward.conversation.empty()) {
    return malformed("Reward", "exactly one of decision_id and conversation must be set");
  }
  if (reward.metric.empty()) return malformed("Reward", "metric");
  reward.value = wire->value();
  reward.weight = wire->weight();
  if (!std::isfinite(reward.value)) return malformed("Reward", "value");
  if (!std::isfinite(reward.weight) || reward.weight < 0.0) return malformed("Reward", "weight");
  reward.t_us = wire->t_us();
  reward.final = wire->final();
  return reward;
}

}  // namespace pith
