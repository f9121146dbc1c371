#include "stages/llmlingua2/force_tokens.h"

#include <algorithm>

#include "stages/llmlingua2/python_text.h"

namespace pith {
namespace {

constexpr std::size_t kReplacedBytesMax = std::size_t{64} << 20U;

std::string stand_in(std::size_t place) { return "[NEW" + std::to_string(place) + "]"; }

}  // namespace

std::vector<std::string> ForceTokens::stand_ins() {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < kCountMax; ++i) all.push_back(stand_in(i));
  return all;
}

Result<ForceTokens> ForceTokens::of(const std::vector<std::string>& tokens,
                                    const PieceCount& pieces) {
  if (tokens.size() > kCountMax) {
    return Error{ErrorCode::kInvalidArgument,
                 "force_tokens: " + std::to_string(tokens.size()) + " of at most 100"};
  }
  ForceTokens out;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    out.tokens_.insert(tokens[i]);
    if (pieces(tokens[i]) == 1) continue;
    const auto same = [&](const auto& entry) { return entry.first == tokens[i]; };
    const auto earlier = std::find_if(out.map_.begin(), out.map_.end(), same);
    if (earlier == out.map_.end()) {
      out.map_.emplace_back(tokens[i], stand_in(i));
    } else {
      earlier->second = stand_in(i);
    }
  }
  for (const auto& [token, stand_in] : out.map_) out.stand_ins_.insert(stand_in);
  return out;
}

Result<std::string> ForceTokens::replaced(std::string text) const {
  for (const auto& [token, stand_in] : map_) {
    text = python_replaced(text, token, stand_in);
    if (text.size() > kReplacedBytesMax) {
      return Error{ErrorCode::kPromptTooLong, "force_tokens: the text with [NEWi] is too long"};
    }
  }
  return text;
}

std::string ForceTokens::restored(std::string text) const {
  for (const auto& [token, stand_in] : map_) {
    if (text.find(stand_in) != std::string::npos) text = python_replaced(text, stand_in, token);
  }
  return text;
}

std::set<std::string, std::less<>> ForceTokens::chunk_ends(
    const std::vector<std::string>& ends) const {
  std::set<std::string, std::less<>> out(ends.begin(), ends.end());
  for (const auto& [token, stand_in] : map_) {
    if (std::find(ends.begin(), ends.end(), token) != ends.end()) out.insert(stand_in);
  }
  return out;
}

}  // namespace pith
