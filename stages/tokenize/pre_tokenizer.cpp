#include "stages/tokenize/pre_tokenizer.h"

#include "stages/tokenize/bert_characters.h"
#include "stages/tokenize/utf8.h"

namespace pith {

void PreTokenizerSequence::apply(WordCuts& cuts) const {
  for (const auto& step : steps_) step->apply(cuts);
}

void WhiteSpaceCuts::apply(WordCuts& cuts) const {
  const std::vector<WordCuts::Word> words = std::move(cuts.words);
  cuts.words.clear();
  for (const auto [word_begin, word_end] : words) {
    std::size_t begin = word_begin;
    for (std::size_t at = word_begin; at < word_end;) {
      const Utf8Char c = utf8_char_at(cuts.text.bytes, at);
      const std::size_t next = at + c.bytes;
      const bool blank = white_space(c.code_point);
      if (blank || (punctuation_ && bert_punctuation(c.code_point))) {
        cuts.cut(begin, at);
        if (!blank) cuts.cut(at, next);
        begin = next;
      }
      at = next;
    }
    cuts.cut(begin, word_end);
  }
}

void MetaspaceCuts::apply(WordCuts& cuts) const {
  WordCuts out;
  out.text.reserve(cuts.text.bytes.size() + cuts.words.size() * mark_.size());
  out.words.reserve(cuts.words.size());
  const std::string_view bytes = cuts.text.bytes;
  for (const auto [begin, end] : cuts.words) {
    const std::size_t word_begin = out.text.bytes.size();
    const std::string_view word = bytes.substr(begin, end - begin);
    const ByteSpan front = cuts.text.span(begin, begin + 1);
    const bool wanted =
        prepend_ == Prepend::kAlways || (prepend_ == Prepend::kFirst && front.begin == 0);
    if (wanted && word.front() != ' ' && !word.starts_with(mark_)) {
      out.text.append(mark_, {front.begin, front.begin});
    }
    for (std::size_t at = begin; at < end; ++at) {
      if (bytes[at] == ' ') {
        out.text.append(mark_, cuts.text.origin[at]);
      } else {
        out.text.append(cuts.text, at, at + 1);
      }
    }
    const std::size_t word_end = out.text.bytes.size();
    std::size_t from = word_begin;
    while (split_) {
      // A piece begins at every mark, but the first has one in front of it already or none.
      const std::size_t search =
          out.text.bytes.compare(from, mark_.size(), mark_) == 0 ? from + mark_.size() : from;
      const std::size_t mark = out.text.bytes.find(mark_, search);
      if (mark == std::string::npos || mark >= word_end) break;
      out.cut(from, mark);
      from = mark;
    }
    out.cut(from, word_end);
  }
  cuts = std::move(out);
}

}  // namespace pith
