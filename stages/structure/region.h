// What kind of text each stretch of a segment is: only prose is compressed by words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "messages/byte_span.h"
#include "messages/compress.h"

namespace pith {

enum class RegionKind : std::uint8_t {
  kProse = 1,  ///< Words are scored and may be dropped.
  kCode = 2,   ///< Fenced, indented or bare code, diffs, tagged blocks: kept as it is.
  kJson = 3,   ///< Minified without loss when valid. Long prose inside its string values is kProse.
  kLog = 4,    ///< Lines with time stamps or levels: blank runs and exact duplicates folded, lines
               ///< otherwise kept.
  kTable = 5,  ///< CSV, TSV, aligned columns: kept.
};

struct Region {
  ByteSpan span;
  RegionKind kind = RegionKind::kProse;
};

/// The regions of a text and the lossless cuts inside them.
struct Structure {
  std::vector<Region> regions;  ///< Sorted, disjoint, together the whole text.
  std::vector<ByteSpan>
      cuts;  ///< Bytes to delete without loss, sorted, disjoint, never inside prose words.
  std::vector<RepeatMarker> markers;  ///< For folded duplicate lines; empty unless asked for.
  std::vector<std::string>
      transforms;  ///< "json_minify", "blank_fold", "log_fold", each at most once.

  /// The insides of JSON string values that hold prose regions of their own. Sorted.
  std::vector<ByteSpan> opened;
  /// Empty without opened values; else as long as the text and equal to it but for the escapes in
  /// opened values, in whose place stand as many bytes that look like what the escape means (see
  /// shown_value.h). Whoever looks at words reads this; what goes out and is counted is the text.
  std::string plain;
  /// The escapes in opened values that do not mean blanks: no word may end inside one. Sorted.
  std::vector<ByteSpan> escapes;
  /// In the last word of an opened value that the text's end cuts short. It stays, as what follows
  /// may be the rest of it. Empty in other texts.
  ByteSpan cut_word;

  /// The text as words are looked at.
  std::string_view seen(std::string_view text) const { return plain.empty() ? text : plain; }
};

/// Pure function of its arguments; linear in text.size(). With options.structure false: regions
/// only, no cuts.
Structure find_structure(std::string_view text, SegmentKind kind, const CompressOptions& options);

}  // namespace pith
