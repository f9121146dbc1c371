#include <cmath>

#include "compress_request_generated.h"
#include "messages/codec/verified.h"

namespace pith {
namespace {

using codec::malformed;
constexpr std::string_view kTable = "CompressRequest";

bool in_range(float value, float low, float high) {
  return std::isfinite(value) && value >= low && value <= high;
}

template <class T>
std::optional<T> to_std(flatbuffers::Optional<T> value) {
  return value ? std::optional<T>(*value) : std::nullopt;
}

Result<CompressOptions> read_options(const wire::Options& wire) {
  CompressOptions options;
  options.target_rate = to_std(wire.target_rate());
  options.target_tokens = to_std(wire.target_tokens());
  options.threshold = to_std(wire.threshold());
  const int dials = int{options.target_rate.has_value()} + int{options.target_tokens.has_value()} +
                    int{options.threshold.has_value()};
  if (dials > 1) return malformed(kTable, "more than one dial");
  if (options.target_rate &&
      !(in_range(*options.target_rate, 0.0F, 1.0F) && *options.target_rate > 0.0F)) {
    return malformed(kTable, "target_rate");
  }
  if (options.threshold && !in_range(*options.threshold, 0.0F, 1.0F))
    return malformed(kTable, "threshold");
  std::optional<std::string> reader = codec::short_text(wire.reader());
  if (!reader) return malformed(kTable, "reader");
  options.reader = std::move(*reader);
  options.protect = wire.protect();
  if ((options.protect & ~std::uint32_t{kProtectAll}) != 0) return malformed(kTable, "protect");
  auto force_tokens = codec::short_texts(wire.force_tokens(), kForceTokensMax, kNoteBytesMax);
  if (!force_tokens) return malformed(kTable, "force_tokens");
  options.force_tokens = std::move(*force_tokens);
  for (const std::string& token : options.force_tokens) {
    if (token.empty()) return malformed(kTable, "empty force token");
  }
  options.min_tokens = wire.min_tokens();
  options.min_gain = wire.min_gain();
  if (!in_range(options.min_gain, 0.0F, 1.0F)) return malformed(kTable, "min_gain");
  options.structure = wire.structure();
  options.prose = wire.prose();
  options.repeat_markers = wire.repeat_markers();
  return options;
}

Result<Segment> read_segment(const wire::Segment& wire) {
  if (wire.kind() < static_cast<std::uint8_t>(SegmentKind::kPlain) ||
      wire.kind() > static_cast<std::uint8_t>(SegmentKind::kAssistant)) {
    return malformed(kTable, "segment kind=" + std::to_string(wire.kind()));
  }
  // The text itself may be any bytes: what is not UTF-8 is returned unchanged by the tokenize
  // stage.
  Segment segment{
      .text = wire.text()->str(), .kind = static_cast<SegmentKind>(wire.kind()), .query = {}};
  if (wire.query() != nullptr) segment.query = wire.query()->str();
  return segment;
}

}  // namespace

std::size_t encoded_bytes_max(const CompressRequest& request) {
  // Generous: vtables, offsets, lengths and padding of a segment are below 64 bytes.
  std::size_t bytes = 512 + request.policy.size() + request.options.reader.size();
  for (const Segment& segment : request.segments)
    bytes += 64 + segment.text.size() + segment.query.size();
  for (const std::string& token : request.options.force_tokens) bytes += 16 + token.size();
  return bytes;
}

flatbuffers::DetachedBuffer encode(const CompressRequest& request) {
  flatbuffers::FlatBufferBuilder builder(encoded_bytes_max(request));
  std::vector<flatbuffers::Offset<wire::Segment>> segments;
  segments.reserve(request.segments.size());
  const std::string* last_query = nullptr;
  flatbuffers::Offset<flatbuffers::String> last_query_offset;
  for (const Segment& segment : request.segments) {
    const auto text = builder.CreateString(segment.text);
    // Segments of one tool call often carry the same query: it is written once.
    if (segment.query.empty()) {
      last_query_offset = {};
    } else if (last_query == nullptr || *last_query != segment.query) {
      last_query_offset = builder.CreateString(segment.query);
    }
    last_query = segment.query.empty() ? nullptr : &segment.query;
    segments.push_back(wire::CreateSegment(builder, text, static_cast<std::uint8_t>(segment.kind),
                                           last_query_offset));
  }
  const CompressOptions& from = request.options;
  const auto reader = builder.CreateString(from.reader);
  const auto force_tokens = builder.CreateVectorOfStrings(from.force_tokens);
  wire::OptionsBuilder options(builder);
  if (from.target_rate) options.add_target_rate(*from.target_rate);
  if (from.target_tokens) options.add_target_tokens(*from.target_tokens);
  if (from.threshold) options.add_threshold(*from.threshold);
  options.add_reader(reader);
  options.add_protect(from.protect);
  options.add_force_tokens(force_tokens);
  options.add_min_tokens(from.min_tokens);
  options.add_min_gain(from.min_gain);
  options.add_structure(from.structure);
  options.add_prose(from.prose);
  options.add_repeat_markers(from.repeat_markers);
  const auto options_offset = options.Finish();
  const auto policy = builder.CreateString(request.policy);
  const auto segment_vector = builder.CreateVector(segments);
  return codec::finish(builder,
                       wire::CreateCompressRequest(builder, request.tenant_hash,
                                                   static_cast<std::uint8_t>(request.priority),
                                                   policy, segment_vector, options_offset),
                       wire::CompressRequestIdentifier());
}

Result<CompressRequest> decode_compress_request(std::span<const std::uint8_t> bytes) {
  if (bytes.size() > kMessageBytesMax)
    return malformed(kTable, "bytes=" + std::to_string(bytes.size()));
  const codec::AlignedBytes aligned(bytes);
  const auto* wire =
      codec::verified_root<wire::CompressRequest>(aligned, wire::CompressRequestIdentifier());
  if (wire == nullptr) return malformed(kTable, "not verified");
  CompressRequest request;
  request.tenant_hash = wire->tenant_hash();
  if (wire->priority() < static_cast<std::uint8_t>(Priority::kLive) ||
      wire->priority() > static_cast<std::uint8_t>(Priority::kShadow)) {
    return malformed(kTable, "priority=" + std::to_string(wire->priority()));
  }
  request.priority = static_cast<Priority>(wire->priority());
  std::optional<std::string> policy = codec::short_text(wire->policy());
  if (!policy) return malformed(kTable, "policy");
  request.policy = std::move(*policy);
  const std::size_t num_segments = wire->segments()->size();
  if (num_segments == 0 || num_segments > kSegmentsMax) {
    return malformed(kTable, "num_segments=" + std::to_string(num_segments));
  }
  Result<CompressOptions> options = read_options(*wire->options());
  if (!options) return options.error();
  request.options = std::move(*options);
  // A crafted buffer can point many segments at one long text: what is copied out stays bounded,
  // too.
  std::size_t text_bytes = 0;
  request.segments.reserve(num_segments);
  for (const wire::Segment* from : *wire->segments()) {
    text_bytes += from->text()->size() + (from->query() != nullptr ? from->query()->size() : 0);
    if (text_bytes > 4 * kMessageBytesMax) return malformed(kTable, "texts overlap");
    Result<Segment> segment = read_segment(*from);
    if (!segment) return segment.error();
    request.segments.push_back(std::move(*segment));
  }
  return request;
}

}  // namespace pith
