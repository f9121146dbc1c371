// A query and a text as the pieces that a summarising decoder reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "apps/reader/summary_pieces.h"
#include "apps/reader/summary_query.h"

namespace pith {

struct SummaryPrompt {
  std::vector<std::int32_t> ids;  ///< <s> query | text separator
  std::size_t text_begin = 0, text_size = 0;
  std::span<const std::int32_t> text() const {
    return std::span(ids).subspan(text_begin, text_size);
  }
};

/// At most `length_max` ids. Of a longer text those stretches of up to 48 pieces are read, in
/// their order, that have the query's rarest words; without such words, two thirds from its
/// beginning and one from its end.
SummaryPrompt summary_prompt(const SummaryPieces& pieces, const SummaryQuery& query,
                             std::size_t length_max);

/// The stretches themselves: places [begin, end) in `text`, ascending, at most `room` pieces.
struct PieceSpan {
  std::size_t begin = 0, end = 0;
  bool operator==(const PieceSpan&) const = default;
};
std::vector<PieceSpan> stretches_to_read(const SummaryPieces& pieces,
                                         std::span<const std::int32_t> text,
                                         std::span<const std::int32_t> query, std::size_t room);

}  // namespace pith
