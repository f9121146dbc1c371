#include "heartbeat_generated.h"
#include "messages/codec/verified.h"
#include "ready_generated.h"

namespace pith {

using codec::malformed;

flatbuffers::DetachedBuffer encode(const Ready& ready) {
  flatbuffers::FlatBufferBuilder builder(256);
  const auto service = builder.CreateString(ready.service);
  const auto policy = builder.CreateString(ready.policy);
  return codec::finish(
      builder,
      wire::CreateReady(builder, ready.instance, service, ready.credit, policy, ready.max_tokens),
      wire::ReadyIdentifier());
}

Result<Ready> decode_ready(std::span<const std::uint8_t> bytes) {
  if (bytes.size() > kMessageBytesMax) return malformed("Ready", "bytes");
  const codec::AlignedBytes aligned(bytes);
  const auto* wire = codec::verified_root<wire::Ready>(aligned, wire::ReadyIdentifier());
  if (wire == nullptr) return malformed("Ready", "not verified");
  auto service = codec::short_text(wire->service());
  auto policy = codec::short_text(wire->policy());
  if (!service || !policy) return malformed("Ready", "service or policy");
  return Ready{.instance = wire->instance(),
               .service = std::move(*service),
               .credit = wire->credit(),
               .policy = std::move(*policy),
               .max_tokens = wire->max_tokens()};
}

flatbuffers::DetachedBuffer encode(const Heartbeat& heartbeat) {
  flatbuffers::FlatBufferBuilder builder(128);
  return codec::finish(
      builder,
      wire::CreateHeartbeat(builder, heartbeat.instance, heartbeat.seq, heartbeat.in_flight,
                            heartbeat.credit, static_cast<std::uint8_t>(heartbeat.state)),
      wire::HeartbeatIdentifier());
}

Result<Heartbeat> decode_heartbeat(std::span<const std::uint8_t> bytes) {
  if (bytes.size() > kMessageBytesMax) return malformed("Heartbeat", "bytes");
  const codec::AlignedBytes aligned(bytes);
  const auto* wire = codec::verified_root<wire::Heartbeat>(aligned, wire::HeartbeatIdentifier());
  if (wire == nullptr) return malformed("Heartbeat", "not verified");
  if (wire->state() < static_cast<std::uint8_t>(PeerState::kServing) ||
      wire->state() > static_cast<std::uint8_t>(PeerState::kDraining)) {
    return malformed("Heartbeat", "state=" + std::to_string(wire->state()));
  }
  return Heartbeat{.instance = wire->instance(),
                   .seq = wire->seq(),
                   .in_flight = wire->in_flight(),
                   .credit = wire->credit(),
                   .state = static_cast<PeerState>(wire->state())};
}

}  // namespace pith
