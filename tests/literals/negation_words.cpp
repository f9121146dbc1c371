#include <algorithm>
#include <array>
#include <string>

#include "tests/literals/extract.h"
#include "tests/literals/letters.h"

namespace pith::literals {
namespace {

/// Whole words, in lower case. The language of a text is not known, so all lists always count.
constexpr auto kWords = std::to_array<std::string_view>(
    {// English
     "not", "no", "never", "none", "nothing", "nobody", "nowhere", "neither", "nor", "without",
     "cannot", "dont", "cant", "wont", "isnt", "doesnt", "didnt",
     // German
     "nicht", "nichts", "nie", "niemals", "niemand", "ohne", "weder", "nein", "kein", "keine",
     "keinen", "keinem", "keiner", "keines", "keinerlei",
     // French
     "ne", "pas", "jamais", "rien", "aucun", "aucune", "sans", "ni", "non",
     // Spanish
     "nunca", "jamás", "sin", "nada", "nadie", "ningún", "ninguno", "ninguna", "tampoco",
     // Russian
     "не", "нет", "ни", "никогда", "ничего", "никто", "нельзя", "без", "никак", "никакой",
     "никакие", "никаких", "нету", "невозможно", "Не", "Нет", "Ни", "Никогда", "Ничего", "Никто",
     "Нельзя", "Без", "НЕ", "НЕТ"});

/// Anywhere in Chinese or Japanese text.
constexpr auto kCjk =
    std::to_array<std::string_view>({"不", "没", "沒", "未", "无", "無", "勿", "ない", "なかっ",
                                     "なけれ", "ません", "なくて", "ずに", "なし"});

std::string lower(std::string_view word) {
  std::string low(word);
  std::ranges::transform(low, low.begin(),
                         [](char c) { return is_upper(c) ? static_cast<char>(c | 0x20) : c; });
  return low;
}

/// The end of a word with its inner apostrophes: don't, n'est, l’.
std::size_t word_end(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    const CodePoint c = code_point_at(text, at);
    const bool apostrophe = (c.value == '\'' || c.value == 0x2019) &&
                            is_word_char(code_point_at(text, at + c.length).value);
    if (!is_word_char(c.value) && !apostrophe) break;
    at += c.length;
  }
  return at;
}

bool negates(std::string_view word) {
  const std::string low = lower(word);
  for (const std::string_view mark : {"'", "’"}) {
    if (low.ends_with("n" + std::string(mark) + "t")) return true;
    if (low.starts_with("n" + std::string(mark))) return true;  // n'est
  }
  return std::ranges::find(kWords, low) != kWords.end();
}

}  // namespace

void append_negations(std::string_view text, std::vector<Literal>& out) {
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = code_point_at(text, at);
    std::size_t end = at;
    if (is_cjk(c.value)) {
      for (const std::string_view word : kCjk) {
        if (text.substr(at).starts_with(word)) end = std::max(end, at + word.size());
      }
      if (end > at) out.push_back({LiteralClass::kNegation, at, end});
    } else if (is_word_char(c.value)) {
      end = word_end(text, at);
      if (negates(text.substr(at, end - at))) out.push_back({LiteralClass::kNegation, at, end});
    }
    at = std::max(end, at + c.length);
  }
}

}  // namespace pith::literals
