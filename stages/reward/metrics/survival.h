// What of a reference survives in a shortened text: proxies of quality that need no reader. They
// say whether the words are still there, not whether a reader can use them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stages/reward/metrics/answer_score.h"

namespace pith {

/// Whether one of `answers` stands in `text` word by word (kCharacters: character by character),
/// after SQuAD's normalisation of both.
bool answer_survives(std::string_view text, std::span<const std::string> answers, AnswerUnit unit);

/// Lower-case runs of letters, marks and digits of any script, cut where small letters or digits
/// meet a capital (camelCase); a letter of a script without blanks is a word of its own.
std::vector<std::string> plain_words(std::string_view text);

/// plain_words(), each once, without English function words and single ASCII letters.
std::vector<std::string> content_words(std::string_view text);

/// Share of content_words(reference) that are among plain_words(text); 1 when there are none.
double content_word_recall(std::string_view text, std::string_view reference);

}  // namespace pith
