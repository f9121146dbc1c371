#include "stages/llmlingua2/chunks.h"

namespace pith {

std::vector<std::string> chunk_texts(std::span<const SpelledPiece> pieces,
                                     const std::set<std::string, std::less<>>& ends,
                                     const PieceDecoder& decoder) {
  constexpr std::size_t kReach = kModelPieces - 2;
  std::vector<std::string> chunks;
  std::vector<std::string> spellings;
  for (std::size_t begin = 0; begin < pieces.size();) {
    std::size_t end = pieces.size();
    if (begin + kReach < pieces.size()) {
      end = begin + kReach + 1;
      // The first piece of a chunk is never its end.
      for (std::size_t last = begin + kReach; last > begin; --last) {
        if (!ends.contains(pieces[last].spelling)) continue;
        end = last + 1;
        break;
      }
    }
    spellings.clear();
    for (std::size_t at = begin; at < end; ++at) spellings.push_back(pieces[at].spelling);
    chunks.push_back(decoder.decode(spellings));
    begin = end;
  }
  return chunks;
}

}  // namespace pith
