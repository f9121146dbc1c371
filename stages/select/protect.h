// Which words may not be dropped: literals that the reader cannot guess, and what the user asked
// for.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "messages/byte_span.h"
#include "messages/compress.h"
#include "stages/structure/region.h"
#include "stages/tokenize/word.h"

namespace pith {

/// Reasons beyond the ProtectClass bits, in the same 32 bits.
enum ProtectReason : std::uint32_t {
  kProtectCutWord = 1U << 27,    ///< The last word of a JSON string that is cut short.
  kProtectEscapes = 1U << 28,    ///< Letters that JSON spells out: don\u2019t.
  kProtectForced = 1U << 29,     ///< A force token of the request.
  kProtectHeadings = 1U << 30,   ///< Markdown headings.
  kProtectParagraph = 1U << 31,  ///< First or last paragraph of a user's text.
};

struct ProtectedSpan {
  ByteSpan span;
  std::uint32_t reason = 0;  ///< One ProtectClass or ProtectReason.
};

/// Spans of the prose regions that must stay, in no order; spans of different reasons may overlap.
/// Each class only when its bit is in options.protect; force tokens, user paragraphs, escaped
/// letters and cut words always. Linear in text.size() (times the number of force tokens).
std::vector<ProtectedSpan> protected_spans(std::string_view text, const Structure& structure,
                                           SegmentKind kind, const CompressOptions& options);

/// The reasons of every word, or'ed: a word that a span touches is protected. [num_words]
std::vector<std::uint32_t> protected_words(std::span<const ProtectedSpan> spans,
                                           std::span<const Word> words);

/// "numbers", "urls", ...: the names that the option `protect` takes, and those of ProtectReason.
std::string_view protect_name(std::uint32_t reason);

}  // namespace pith
