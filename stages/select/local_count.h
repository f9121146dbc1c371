// How many tokens one word more or less costs, without counting the whole text again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "stages/select/layout.h"
#include "stages/tokenize/token_counter.h"

namespace pith {

/// Counts a window around the word, cut where no token can reach across: before a blank that
/// follows a non-blank, since the split patterns of the readers put a blank at the start of a token
/// only.
class LocalCount {
 public:
  LocalCount(const Layout& layout, const TokenCounter& reader) : layout_(layout), reader_(reader) {}

  /// Tokens that the text gains when `atom` joins the atoms in `kept` (which does not hold it).
  std::int64_t gain(std::size_t atom, const std::vector<bool>& kept);

  /// Whether every window so far ended where no token can reach across: then the gains are exact.
  bool exact() const { return exact_; }

 private:
  void left_context(std::size_t atom, const std::vector<bool>& kept, std::string& out);
  void right_context(std::size_t atom, const std::vector<bool>& kept, std::string& out);

  const Layout& layout_;
  const TokenCounter& reader_;
  bool exact_ = true;
  std::string with_, without_, left_, right_, gap_;
};

}  // namespace pith
