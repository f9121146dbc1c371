#include "fault_generated.h"
#include "messages/codec/verified.h"

namespace pith {

using codec::malformed;

flatbuffers::DetachedBuffer encode(const Fault& fault) {
  flatbuffers::FlatBufferBuilder builder(256);
  const auto text =
      builder.CreateString(fault.text.data(), std::min(fault.text.size(), kNoteBytesMax));
  return codec::finish(
      builder,
      wire::CreateFault(builder, static_cast<std::uint8_t>(fault.code), fault.retry_after_ms, text),
      wire::FaultIdentifier());
}

Result<Fault> decode_fault(std::span<const std::uint8_t> bytes) {
  if (bytes.size() > kMessageBytesMax) return malformed("Fault", "bytes");
  const codec::AlignedBytes aligned(bytes);
  const auto* wire = codec::verified_root<wire::Fault>(aligned, wire::FaultIdentifier());
  if (wire == nullptr) return malformed("Fault", "not verified");
  if (wire->code() < static_cast<std::uint8_t>(ErrorCode::kMalformedMessage) ||
      wire->code() > static_cast<std::uint8_t>(ErrorCode::kInternal)) {
    return malformed("Fault", "code=" + std::to_string(wire->code()));
  }
  auto text = codec::short_text(wire->text(), kNoteBytesMax);
  if (!text) return malformed("Fault", "text");
  return Fault{.code = static_cast<ErrorCode>(wire->code()),
               .retry_after_ms = wire->retry_after_ms(),
               .text = std::move(*text)};
}

}  // namespace pith
