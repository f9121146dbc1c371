// Text that must stay, and the [NEWi] tokens that stand for it inside the model.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "messages/result.h"

namespace pith {

/// Tokens that the tokenizer spells in one piece are themselves; the others are replaced in the
/// text by [NEWi], i being their place in the list.
class ForceTokens {
 public:
  static constexpr std::size_t kCountMax = 100;
  /// "[NEW0]".."[NEW99]".
  static std::vector<std::string> stand_ins();

  /// How many pieces a text has.
  using PieceCount = std::function<std::size_t(std::string_view text)>;
  /// Errors: kInvalidArgument: more than kCountMax.
  static Result<ForceTokens> of(const std::vector<std::string>& tokens, const PieceCount& pieces);

  /// One of the list, in its own spelling.
  bool contains(std::string_view word) const { return tokens_.contains(word); }
  /// One of the [NEWi] in use.
  bool stands_in(std::string_view piece) const { return stand_ins_.contains(piece); }

  /// Puts the [NEWi] in, one token after the other: what one has put in is text for the next.
  /// Errors: kPromptTooLong: tokens that occur in [NEWi] let the text grow without bound.
  Result<std::string> replaced(std::string text) const;
  /// Takes them out again, in the same order.
  std::string restored(std::string text) const;
  /// `ends`, and the [NEWi] of those that have one.
  std::set<std::string, std::less<>> chunk_ends(const std::vector<std::string>& ends) const;

 private:
  std::set<std::string, std::less<>> tokens_;
  std::set<std::string, std::less<>> stand_ins_;
  std::vector<std::pair<std::string, std::string>> map_;  ///< Token, [NEWi]; no token twice.
};

}  // namespace pith
