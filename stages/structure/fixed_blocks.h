// Blocks that announce themselves: fences, front matter, diffs, block comments, JSON documents.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "messages/byte_span.h"
#include "stages/structure/json_scan.h"
#include "stages/structure/lines.h"
#include "stages/structure/region.h"

namespace pith {

/// Lines [first, last) are of one kind, whatever they look like.
struct FixedBlock {
  std::size_t first = 0;
  std::size_t last = 0;
  RegionKind kind = RegionKind::kCode;
  std::vector<ByteSpan> cuts;     ///< Blanks that JSON does not need.
  std::vector<ByteSpan> strings;  ///< The long string values of JSON.
  std::optional<std::uint32_t>
      begin;  ///< Where it begins inside its first line, when not at the line's begin.
};

/// Finds the blocks line by line; remembers what it has searched in vain, so that all calls
/// together are linear.
class FixedBlockFinder {
 public:
  FixedBlockFinder(std::string_view text, const std::vector<Line>& lines);

  /// The block that begins at `line`, if one does. Lines must be asked for in ascending order.
  std::optional<FixedBlock> at(std::size_t line);

 private:
  std::optional<FixedBlock> fence(std::size_t line) const;
  bool fenced_json(const FixedBlock& block, bool closed, JsonScan& scan) const;
  std::optional<FixedBlock> front_matter(std::size_t line) const;
  std::optional<FixedBlock> diff_hunk(std::size_t line) const;
  std::optional<FixedBlock> comment(std::size_t line);
  std::optional<FixedBlock> json(std::size_t line);
  std::size_t line_of(std::uint32_t offset, std::size_t from) const;

  std::string_view text_;
  const std::vector<Line>& lines_;
  std::uint32_t json_end_;  ///< Where a document that is cut short ends, at the text's end.
  std::uint32_t json_from_ =
      0;  ///< No JSON value begins before this: what failed is not tried again.
  std::size_t no_comment_end_ = 0;
};

}  // namespace pith
