// Which pieces the next one of a summary may be copied from the text.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "apps/reader/summary_pieces.h"

namespace pith {

/// Why a piece is likelier, or less likely, than the decoder alone says. The decoder has an output
/// row for each reason; its logit is added to the logits of all pieces that have the reason, so
/// that the decoder learns when to copy (the idea of See et al. 2017, with facts in the place of an
/// attention). `pieces` are counted from 0 in a summary.
enum class CopyReason : std::uint8_t {
  kInText = 0,       ///< Stands in the text.
  kWordInText = 1,   ///< Another piece of the same word does.
  kFollows = 2,      ///< Stands in the text behind the last piece of the summary.
  kFollowsTwo = 3,   ///< Behind the last two.
  kWritten = 4,      ///< Stands in the summary already.
  kWouldRepeat = 5,  ///< Stands in the summary behind the last two, already.
};

struct CopyHint {
  std::int32_t id = 0;
  CopyReason reason = CopyReason::kInText;
};

/// Of one text, which must outlive it with the pieces.
class CopyHints {
 public:
  CopyHints(const SummaryPieces& pieces, std::span<const std::int32_t> text);

  /// Of the piece behind `written`: each (id, reason) once; those of the text first, always the
  /// same.
  void next(std::span<const std::int32_t> written, std::vector<CopyHint>& hints) const;

 private:
  std::span<const std::int32_t> text_;
  std::vector<CopyHint> of_text_;
};

/// Adds the gates' logits to those of the hinted pieces; ids that are no pieces (but the end)
/// cannot be chosen any more. logits [vocab_size].
void apply_hints(const SummaryPieces& pieces, std::span<const CopyHint> hints,
                 std::span<float> logits);

/// A piece that would make `length` pieces in a row stand in the summary twice cannot be chosen any
/// more; length 0: every piece can.
void forbid_repeats(std::span<const std::int32_t> written, std::size_t length,
                    std::span<float> logits);

}  // namespace pith
