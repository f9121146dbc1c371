#include "stages/llmlingua2/result_format.h"

#include <array>
#include <cstdio>

namespace pith {
namespace {

std::string one_decimal(double value) {
  std::array<char, 352> digits{};
  const int size = std::snprintf(digits.data(), digits.size(), "%.1f", value);
  return {digits.data(), static_cast<std::size_t>(size)};
}

}  // namespace

Llmlingua2Result formatted_result(std::vector<std::string> compressed, std::uint64_t origin_tokens,
                                  const TokenCounter& counter) {
  Llmlingua2Result out;
  out.origin_tokens = origin_tokens;
  for (const std::string& text : compressed) {
    if (&text != &compressed.front()) out.compressed_prompt += "\n\n";
    out.compressed_prompt += text;
    out.compressed_tokens += counter.count(text);
  }
  out.compressed_prompt_list = std::move(compressed);
  const auto origin = static_cast<double>(origin_tokens);
  const auto left = static_cast<double>(out.compressed_tokens);
  const double ratio = out.compressed_tokens == 0 ? 1.0 : origin / left;
  // In this order, and negative where the text grew: "$-0.0".
  const double saving = (origin - left) * 0.06 / 1000;
  out.ratio = one_decimal(ratio) + "x";
  out.rate = one_decimal(1 / ratio * 100) + "%";
  out.saving = ", Saving $" + one_decimal(saving) + " in GPT-4.";
  return out;
}

void LabelLine::add(std::string_view word, bool kept) {
  if (!empty_) line_ += word_sep_;
  empty_ = false;
  line_.append(word).append(label_sep_).push_back(kept ? '1' : '0');
}

}  // namespace pith
