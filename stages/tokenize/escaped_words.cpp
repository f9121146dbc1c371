#include "stages/tokenize/escaped_words.h"

#include <algorithm>

namespace pith {

void join_at_escapes(std::span<const ByteSpan> escapes, std::vector<Word>& words) {
  if (escapes.empty() || words.empty()) return;
  auto escape = std::upper_bound(escapes.begin(), escapes.end(), words.front().begin,
                                 [](std::uint32_t at, const ByteSpan& e) { return at < e.end; });
  std::size_t last = 0;
  for (std::size_t i = 1; i < words.size(); ++i) {
    while (escape != escapes.end() && escape->end <= words[i].begin) ++escape;
    if (escape != escapes.end() && escape->begin < words[i].begin) {
      words[last].text_end = words[i].text_end;
      words[last].end = words[i].end;
    } else {
      words[++last] = words[i];
    }
  }
  words.resize(last + 1);
}

}  // namespace pith
