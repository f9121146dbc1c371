// Whether the literals of a text are still there after compression.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "messages/compress.h"
#include "tests/literals/extract.h"

namespace pith::literals {

enum class Loss {
  kCut,    ///< A byte of it that is not a blank is gone.
  kGlued,  ///< Its bytes are there, grown together with a neighbour that was not one before.
  kHalf,   ///< An escape is cut in two: no longer JSON.
  kOrder,  ///< Not found in the compressed text at or after the literal before it.
};

struct LostLiteral {
  Literal literal;
  Loss loss;
};

struct Survival {
  std::array<std::size_t, kNumLiteralClasses> listed{};
  std::array<std::size_t, kNumLiteralClasses> lost{};
  /// Gone together with a whole line, an equal copy of which stays: the lossless log fold, which
  /// names itself in `transforms`.
  std::size_t folded = 0;
  std::size_t literal_bytes = 0;  ///< Of the text: inside at least one literal.
  std::vector<LostLiteral> losses;
  std::string view;  ///< What the offsets of `losses` mean: the text as it is read.
};

/// Long strings in JSON are read decoded (see reader_view.h). Every occurrence counts. A literal
/// survives when each of its bytes is kept (runs of blanks inside may shrink, not vanish between
/// letters), when no letter, digit or sign that was apart from it now touches it, and when the
/// compressed text shows the literals of a class in order.
Survival check_survival(std::string_view text, const SegmentReply& reply);

}  // namespace pith::literals
