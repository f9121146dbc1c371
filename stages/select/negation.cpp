#include "stages/select/negation.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <array>
#include <string>
#include <unordered_set>

namespace pith {
namespace {

using Text = std::string_view;

const std::unordered_set<Text>& negations() {
  static const std::unordered_set<Text> kWords = {
      // en
      "no", "not", "never", "none", "nobody", "nothing", "neither", "nor", "nowhere", "cannot",
      "without", "unless", "except", "hardly", "scarcely", "barely", "dont", "cant", "wont",
      "doesnt", "didnt", "isnt", "wasnt", "arent", "couldnt", "shouldnt", "wouldnt", "havent",
      "hasnt", "hadnt", "aint", "nope", "nah",
      // de
      "nicht", "nichts", "nie", "niemals", "niemand", "niemanden", "niemandem", "nirgends",
      "nirgendwo", "nein", "keinerlei", "weder", "ohne", "keinesfalls", "keineswegs", "niemandes",
      "außer",
      // fr
      "ne", "pas", "jamais", "rien", "aucun", "aucune", "ni", "sans", "non", "nul", "nulle",
      "personne", "sauf",
      // es
      "nunca", "jamás", "nada", "nadie", "ningún", "ninguno", "ninguna", "ningunos", "ningunas",
      "sin", "tampoco", "salvo",
      // it
      "mai", "niente", "nulla", "nessuno", "nessuna", "nessun", "né", "senza", "neanche", "nemmeno",
      "neppure",
      // pt
      "não", "nao", "ninguém", "nenhum", "nenhuma", "nem", "sem", "jamais", "exceto",
      // ru
      "не", "нет", "ни", "никогда", "ничего", "ничто", "никто", "никого", "никому", "нельзя", "без",
      "никак", "нигде", "никакой", "никаких", "нету", "кроме", "никуда", "невозможно",
      // ko
      "안", "아니", "아닌", "아니다", "아니라", "없이"};
  return kWords;
}

std::string folded(Text word) {
  std::string out;
  out.reserve(word.size());
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(word.data());
  const auto size = static_cast<std::int32_t>(word.size());
  for (std::int32_t i = 0; i < size;) {
    UChar32 c = 0;
    U8_NEXT(bytes, i, size, c);
    if (c < 0) continue;
    if (c == 0x2019) c = '\'';
    c = u_tolower(c);
    std::array<char, U8_MAX_LENGTH> buffer{};
    std::int32_t n = 0;
    U8_APPEND_UNSAFE(buffer.data(), n, c);
    out.append(buffer.data(), static_cast<std::size_t>(n));
  }
  return out;
}

bool is_ascii(Text word) {
  for (const char c : word) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

}  // namespace

bool is_negation(std::string_view word) {
  constexpr std::size_t kLongest = 28;
  if (word.size() < 2 || word.size() > kLongest) return false;
  std::array<char, kLongest> small{};
  std::string wide;
  Text lower;
  if (is_ascii(word)) {
    for (std::size_t i = 0; i < word.size(); ++i) {
      const char c = word[i];
      small[i] = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
    lower = Text(small.data(), word.size());
  } else {
    wide = folded(word);
    lower = wide;
  }
  if (lower.size() <= 20 && negations().contains(lower)) return true;
  if (lower.ends_with("n't") || lower.starts_with("n'") || lower.ends_with("'no")) return true;
  if (lower.starts_with("kein") && lower.size() <= 7)
    return true;  // kein, keine, keinen, keinem, keiner, keines
  if (lower.find("d'aucun") == 0 || lower.find("qu'aucun") == 0) return true;
  // Korean writes them inside the verb.
  return lower.find("않") != Text::npos || lower.find("없") != Text::npos ||
         lower.find("못") != Text::npos;
}

std::size_t negation_bytes_at(std::string_view text, std::size_t at) {
  constexpr auto kSigns = std::to_array<Text>(
      {"不", "没", "沒",   "無",     "无",     "未",     "非",   "勿",     "否",   "莫",   "别",
       "別", "毋", "ない", "なかっ", "なけれ", "なくて", "なく", "ません", "ずに", "せず", "なし"});
  const Text rest = text.substr(at);
  for (const Text sign : kSigns) {
    if (!rest.starts_with(sign)) continue;
    if (sign == "非") return rest.starts_with("非常") ? 0 : sign.size();  // "very"
    if (sign == "别" || sign == "別") {
      // 特别, 区别, 类别, 分别, 性别, 级别, 个别, 识别, 判别, 差别: no negation there; nor in 别人.
      constexpr std::array<Text, 16> kBefore = {"特", "区", "區", "类", "類", "分", "性", "级",
                                                "級", "个", "個", "识", "識", "判", "差", "个"};
      for (const Text before : kBefore) {
        if (text.substr(0, at).ends_with(before)) return 0;
      }
    }
    return sign.size();
  }
  return 0;
}

}  // namespace pith
