#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "compress_reply_generated.h"
#include "messages/codec/verified.h"

namespace pith {
namespace {

using codec::malformed;
constexpr std::string_view kTable = "CompressReply";

// Spans are copied as bytes: there may be a million of them.
static_assert(std::endian::native == std::endian::little);
static_assert(sizeof(wire::Span) == sizeof(ByteSpan) &&
              sizeof(wire::Marker) == sizeof(RepeatMarker));

template <class Value, class Wire>
std::vector<Value> copy_structs(const flatbuffers::Vector<const Wire*>* from) {
  if (from == nullptr) return {};
  std::vector<Value> values(from->size());
  if (!values.empty()) std::memcpy(values.data(), from->Data(), values.size() * sizeof(Value));
  return values;
}

template <class Wire, class Value>
flatbuffers::Offset<flatbuffers::Vector<const Wire*>> write_structs(
    flatbuffers::FlatBufferBuilder& builder, const std::vector<Value>& values) {
  return builder.CreateVectorOfStructs(reinterpret_cast<const Wire*>(values.data()), values.size());
}

bool markers_ordered(const std::vector<RepeatMarker>& markers) {
  for (std::size_t i = 0; i < markers.size(); ++i) {
    if (markers[i].count == 0 || (i > 0 && markers[i].at < markers[i - 1].at)) return false;
  }
  return true;
}

Result<SegmentReply> read_segment(const wire::SegmentReply& wire) {
  SegmentReply segment;
  segment.kept = copy_structs<ByteSpan>(wire.kept());
  if (!spans_valid(segment.kept, std::numeric_limits<std::uint32_t>::max()))
    return malformed(kTable, "kept");
  segment.markers = copy_structs<RepeatMarker>(wire.markers());
  if (!markers_ordered(segment.markers)) return malformed(kTable, "markers");
  segment.origin_tokens = wire.origin_tokens();
  segment.compressed_tokens = wire.compressed_tokens();
  segment.threshold = wire.threshold();
  if (!std::isfinite(segment.threshold)) return malformed(kTable, "threshold");
  auto transforms = codec::short_texts(wire.transforms(), kNotesMax, kNameBytesMax);
  if (!transforms) return malformed(kTable, "transforms");
  segment.transforms = std::move(*transforms);
  auto notes = codec::short_texts(wire.notes(), kNotesMax, kNoteBytesMax);
  if (!notes) return malformed(kTable, "notes");
  segment.notes = std::move(*notes);
  return segment;
}

}  // namespace

flatbuffers::DetachedBuffer encode(const CompressReply& reply) {
  std::size_t bytes = 512;
  for (const SegmentReply& segment : reply.segments) {
    bytes += 256 + 8 * (segment.kept.size() + segment.markers.size());
  }
  flatbuffers::FlatBufferBuilder builder(bytes);
  std::vector<flatbuffers::Offset<wire::SegmentReply>> segments;
  segments.reserve(reply.segments.size());
  for (const SegmentReply& segment : reply.segments) {
    const auto kept = write_structs<wire::Span>(builder, segment.kept);
    const auto markers = write_structs<wire::Marker>(builder, segment.markers);
    const auto transforms = builder.CreateVectorOfStrings(segment.transforms);
    const auto notes = builder.CreateVectorOfStrings(segment.notes);
    segments.push_back(wire::CreateSegmentReply(builder, kept, markers, segment.origin_tokens,
                                                segment.compressed_tokens, segment.threshold,
                                                transforms, notes));
  }
  const auto policy = builder.CreateString(reply.policy);
  const auto policy_name = builder.CreateString(reply.policy_name);
  const auto segment_vector = builder.CreateVector(segments);
  return codec::finish(builder,
                       wire::CreateCompressReply(builder, policy, policy_name, segment_vector,
                                                 reply.queue_us, reply.compute_us),
                       wire::CompressReplyIdentifier());
}

Result<CompressReply> decode_compress_reply(std::span<const std::uint8_t> bytes) {
  if (bytes.size() > kReplyBytesMax)
    return malformed(kTable, "bytes=" + std::to_string(bytes.size()));
  const codec::AlignedBytes aligned(bytes);
  const auto* wire =
      codec::verified_root<wire::CompressReply>(aligned, wire::CompressReplyIdentifier());
  if (wire == nullptr) return malformed(kTable, "not verified");
  CompressReply reply;
  auto policy = codec::short_text(wire->policy());
  auto policy_name = codec::short_text(wire->policy_name());
  if (!policy || !policy_name) return malformed(kTable, "policy");
  reply.policy = std::move(*policy);
  reply.policy_name = std::move(*policy_name);
  reply.queue_us = wire->queue_us();
  reply.compute_us = wire->compute_us();
  if (wire->segments()->size() > kSegmentsMax) return malformed(kTable, "num_segments");
  // A crafted buffer can point many segments at one span list: what is copied out stays bounded,
  // too.
  std::size_t copied = 0;
  for (const wire::SegmentReply* from : *wire->segments()) {
    if (from->kept() != nullptr) copied += from->kept()->size() * sizeof(ByteSpan);
    if (from->markers() != nullptr) copied += from->markers()->size() * sizeof(RepeatMarker);
    if (copied > kReplyBytesMax) return malformed(kTable, "spans overlap");
    Result<SegmentReply> segment = read_segment(*from);
    if (!segment) return segment.error();
    reply.segments.push_back(std::move(*segment));
  }
  return reply;
}

Result<Done> reply_fits(const CompressReply& reply, const CompressRequest& request) {
  if (reply.segments.size() != request.segments.size()) return malformed(kTable, "num_segments");
  for (std::size_t i = 0; i < reply.segments.size(); ++i) {
    const std::string& text = request.segments[i].text;
    const SegmentReply& segment = reply.segments[i];
    if (!spans_valid(segment.kept, text.size())) return malformed(kTable, "kept outside the text");
    if (!spans_on_characters(text, segment.kept))
      return malformed(kTable, "kept inside a character");
    if (segment.kept.empty() && !text.empty()) return malformed(kTable, "nothing kept");
    if (!markers_ordered(segment.markers)) return malformed(kTable, "markers");
    for (const RepeatMarker& marker : segment.markers) {
      const ByteSpan at{marker.at, marker.at};
      if (marker.at > text.size() || !spans_on_characters(text, {&at, 1}))
        return malformed(kTable, "markers");
    }
  }
  return Done{};
}

}  // namespace pith
