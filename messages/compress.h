// What is asked of a compressor and what it answers: the value types behind schema/compress.fbs.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/byte_span.h"
#include "messages/result.h"

namespace pith {

/// 16 random bytes; unique per request of a process pair.
struct RequestId {
  std::array<std::uint8_t, 16> bytes{};
  friend auto operator<=>(const RequestId&, const RequestId&) = default;
};

/// Where a text stood in its request. On the wire: append, never renumber.
enum class SegmentKind : std::uint8_t {
  kPlain = 1,       ///< Stand-alone text: shell tools, sidecar.
  kUserText = 2,    ///< A user turn or part: its first and last paragraph are kept.
  kDocument = 3,    ///< A document block or search result.
  kToolResult = 4,  ///< Output of a tool.
  kSystem = 5,
  kAssistant = 6,
};

/// Classes of spans that are always kept, each switchable. Bits of CompressOptions::protect.
enum ProtectClass : std::uint32_t {
  kProtectNumbers = 1U << 0,      ///< Words with a digit.
  kProtectNegations = 1U << 1,    ///< not, never, nicht, не, 不 ...
  kProtectCode = 1U << 2,         ///< Fenced and indented code, inline `code`, diffs.
  kProtectUrls = 1U << 3,
  kProtectPaths = 1U << 4,
  kProtectIdentifiers = 1U << 5,  ///< snake_case, camelCase, dotted.names, HTTP_STATUS, hashes.
  kProtectQuoted = 1U << 6,       ///< Quoted strings and error messages.
  kProtectJsonKeys = 1U << 7,     ///< Keys and structure of JSON.
  kProtectTags = 1U << 8,         ///< <pith-keep>...</pith-keep>, and <system-reminder> like tags.
  kProtectNames = 1U << 9,        ///< Capitalised words inside a sentence.
  kProtectJsonText = 1U << 10,    ///< Long prose in the string values of JSON; else only that is shortened there.
  kProtectAll = (1U << 11) - 1,
};
inline constexpr std::uint32_t kProtectDefault =
    kProtectAll & ~(static_cast<std::uint32_t>(kProtectNames) | static_cast<std::uint32_t>(kProtectJsonText));

/// Parses "numbers", "negations", "code", "urls", "paths", "identifiers", "quoted", "json_keys", "tags", "names",
/// "json_text"; 0 when unknown.
std::uint32_t protect_class(std::string_view name);

struct CompressOptions {
  // At most one of the three dials; none: target_rate 0.5.
  std::optional<float> target_rate;            ///< kept / original reader tokens, in (0, 1].
  std::optional<std::uint32_t> target_tokens;  ///< Caps each segment on its own.
  std::optional<float> threshold;              ///< Keeps words with keep_prob > threshold, in [0, 1].
  std::string reader = "o200k_base";           ///< Tokenizer that counts.
  std::uint32_t protect = kProtectDefault;
  std::vector<std::string> force_tokens;       ///< Words equal to or containing one of these are kept.
  std::uint32_t min_tokens = 0;                ///< A segment below this is returned unchanged.
  float min_gain = 0.0F;                       ///< Unchanged unless 1 - compressed/origin is at least this.
  bool structure = true;                       ///< Lossless cuts first (JSON minify, log folding).
  bool prose = true;                           ///< Score and drop words; false: lossless cuts only.
  bool repeat_markers = false;                 ///< Insert " [x N]" where duplicate log lines were folded.
};

struct Segment {
  std::string text;  ///< UTF-8; the decoded string, not its JSON form.
  SegmentKind kind = SegmentKind::kPlain;
  std::string query;  ///< What the reader will look for in it; empty: unknown.
};

/// Live requests go before shadow ones.
enum class Priority : std::uint8_t { kLive = 1, kShadow = 2 };

struct CompressRequest {
  RequestId id;
  std::uint64_t tenant_hash = 0;
  Priority priority = Priority::kLive;
  std::string policy;  ///< A policy id (sha256, hex) or name; empty: the champion.
  std::vector<Segment> segments;
  CompressOptions options;
};

struct SegmentReply {
  std::vector<ByteSpan> kept;  ///< The whole text as one span when unchanged.
  std::vector<RepeatMarker> markers;
  std::uint32_t origin_tokens = 0;  ///< In the reader's tokenizer.
  std::uint32_t compressed_tokens = 0;
  float threshold = 0.0F;                ///< keep_prob of the word of least value kept by choice.
  std::vector<std::string> transforms;   ///< "json_minify", "log_fold", "blank_fold", "prose", "json_prose"; empty: unchanged.
  std::vector<std::string> notes;        ///< Why the dial was missed, what was protected.
};

struct CompressReply {
  RequestId id;
  std::string policy;       ///< Id of the policy that scored.
  std::string policy_name;
  std::vector<SegmentReply> segments;  ///< One per segment of the request, in order.
  std::uint32_t queue_us = 0;
  std::uint32_t compute_us = 0;
};

}  // namespace pith
